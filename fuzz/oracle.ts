/**
 * Decides for each request that arrived upstream whether the rules derive it from what a client sent. The rules are
 * written from the specification and the list of attacks, independently of the sidecar's code: an error that both make
 * is not found, so they share nothing but the provider table.
 */

import { WireError, WireReader, valuesOf, type Field } from '../testing/sidecar/http-wire.ts';
import type { RawRequest } from '../testing/sidecar/raw-upstream.ts';
import type { Endpoint } from '../src/shared/endpoints.ts';
import type { Provider } from '../src/shared/providers.ts';

/** One provider's port of one sidecar, and the rules for its requests. */
export interface Lane {
  readonly provider: Provider;
  /** The index of the sidecar. */
  readonly sidecar: number;
  readonly port: number;
  /** The TLS server name of its upstream, and its `Host`, which includes a non-default port. */
  readonly host: string;
  readonly authority: string;
  readonly basePath: string;
  readonly credential: string;
  /**
   * Whether the target is custom. It is then asked for uncompressed answers, in which a repeated credential is visible.
   */
  readonly isCustom: boolean;
  readonly maxBodyBytes: number;
  readonly maxHeaderLines: number;
}

/** A client's request, parsed strictly. */
export interface ClientRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly Field[];
  readonly body: Buffer;
  /** False if the request was cut off or is malformed further on. */
  readonly complete: boolean;
  readonly chunked: boolean;
}

/** RFC 9112, section 3, lets a server accept several spaces as one. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) +([!-~]+) +HTTP\/(1\.[01])$/;

/**
 * RFC 9112, section 2.2, lets a server ignore empty lines before a request line. Node's parser treats a lone CR as one.
 */
function readerAfterEmptyLines(octets: Buffer): WireReader {
  const reader = new WireReader();
  reader.push(octets.subarray(/^[\r\n]*/.exec(octets.toString('latin1'))?.[0].length ?? 0));
  reader.end();
  return reader;
}

/** Reads as many requests as there are, strictly. If a request has a malformed body, it reads the valid part. */
export function readRequests(octets: Buffer): ClientRequest[] {
  const requests: ClientRequest[] = [];
  let reader = readerAfterEmptyLines(octets);
  const add = (startLine: string, fields: readonly Field[], body: Buffer, complete: boolean): boolean => {
    const [, method, target, version] = REQUEST_LINE.exec(startLine) ?? [];
    if (method === undefined || target === undefined || version === undefined) return false;
    const chunked = valuesOf(fields, 'transfer-encoding').length > 0;
    requests.push({ method, target, version, fields, body, complete, chunked });
    return true;
  };
  try {
    while (reader.rest.length > 0) {
      const step = reader.message('none', () => true).next();
      if (step.done !== true || !add(step.value.startLine, step.value.fields, step.value.body, true)) break;
      reader = readerAfterEmptyLines(reader.rest);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const head = reader.partialHead;
    if (head) add(head.startLine, head.fields, Buffer.concat(reader.partialBody), false);
  }
  return requests;
}

/** Specification, section 4: no other header of a client is forwarded. */
const FORWARDED = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
];
const MORE_FORWARDED = [
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-client-request-id',
  'x-request-id',
];
const ALWAYS_FORWARDED: readonly string[] = [...FORWARDED, ...MORE_FORWARDED];

const looksLikeCredential = (name: string): boolean => {
  const words = name.split(/[-_]/);
  const last = words.at(-1) ?? '';
  return (
    [
      'auth',
      'authorization',
      'authorisation',
      'token',
      'secret',
      'cookie',
      'credential',
      'credentials',
      'password',
      'apikey',
    ].includes(last) ||
    (last === 'key' && words.at(-2) === 'api')
  );
};

function mayPass(lane: Lane, name: string): boolean {
  const names = [...ALWAYS_FORWARDED, 'x-stainless-*', ...lane.provider.requestHeaders];
  const listed = names.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
  return listed && !looksLikeCredential(name) && !(lane.isCustom && name === 'accept-encoding');
}

const isPathCharacter = (character: string): boolean => /^[\w.~!$&'()*+,=:@-]$/.test(character);

/** @returns undefined for a path that a server could read in two ways */
function onlySpelling(path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  const segments: string[] = [];
  // One leading slash too many is removed from a client's path, a second one is not.
  for (const segment of path.replace(/^\/\/?/, '').split('/')) {
    let spelt = '';
    for (let at = 0; at < segment.length; at++) {
      const character = segment[at] ?? '';
      if (isPathCharacter(character)) {
        spelt += character;
        continue;
      }
      const digits = segment.slice(at + 1, at + 3);
      if (character !== '%' || !/^[\da-f]{2}$/i.test(digits)) return undefined;
      const octet = Number.parseInt(digits, 16);
      if (octet < 0x20 || octet > 0x7e || '/\\%;?#'.includes(String.fromCharCode(octet))) return undefined;
      spelt += isPathCharacter(String.fromCharCode(octet)) ? String.fromCharCode(octet) : `%${digits.toUpperCase()}`;
      at += 2;
    }
    segments.push(spelt);
  }
  const inner = segments.slice(0, -1);
  if (inner.includes('') || segments.some((segment) => segment === '.' || segment === '..')) return undefined;
  return `/${segments.join('/')}`;
}

function segmentFits(segment: string, pattern: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return segment === pattern;
  const middle = segment.slice(start.length, segment.length - end.length);
  return (
    segment.length > start.length + end.length &&
    segment.startsWith(start) &&
    segment.endsWith(end) &&
    !(end.startsWith(':') && middle.includes(':'))
  );
}

function isEndpoint({ method, path }: Endpoint, asked: string, at: string): boolean {
  const segments = at.split('/');
  const patterns = path.split('/');
  return (
    (method === asked || (method === 'GET' && asked === 'HEAD')) &&
    segments.length === patterns.length &&
    patterns.every((pattern, i) => segmentFits(segments[i] ?? '', pattern))
  );
}

const decoded = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
const namesIn = (pair: string): string[] =>
  pair.split(';').flatMap((part) => (part === '' ? [] : [decoded(part.split('=')[0] ?? '')]));

/** Programs leave out a version that the provider's own path has, or write one that it has not. */
function spelledOut({ isCustom }: Lane, { spelling }: Endpoint, path: string): string {
  if (spelling === undefined || (isCustom && spelling.ownHostsOnly)) return path;
  return spelling.sent + path.replace(spelling.written, '');
}

/** @returns the only target that may be requested upstream, or undefined if the request must be refused */
function composeTarget(lane: Lane, { method, target }: ClientRequest, websocket: boolean): string | undefined {
  const [path = '', ...rest] = target.split('?');
  const canonical = onlySpelling(path);
  const query = rest.join('?');
  if (canonical === undefined || query.includes('#')) return undefined;
  const secret = lane.provider.credentialQuery.map((name) => name.toLowerCase());
  const pairs = query.split('&').filter((pair) => !namesIn(pair).some((name) => secret.includes(name.toLowerCase())));
  const kept = secret.length === 0 ? query : pairs.join('&');
  const rule = lane.provider.endpoints.find((endpoint) =>
    isEndpoint(endpoint, websocket ? 'WEBSOCKET' : method, canonical),
  );
  if (!rule) return undefined;
  const { query: allowed } = rule;
  const names = kept.split('&').flatMap(namesIn);
  if (allowed !== 'any' && names.some((name) => !allowed.includes(name.replace(/\[\]$/, '')))) return undefined;
  return `${lane.basePath}${spelledOut(lane, rule, canonical)}${kept === '' ? '' : `?${kept}`}`;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns how the headers differ from those that the rules produce, or undefined if they do not */
function wrongFields(
  lane: Lane,
  client: ClientRequest,
  sent: readonly Field[],
  websocket: boolean,
): string | undefined {
  const { header, prefix, defaults, hostDefaults } = lane.provider.injection;
  const ownDefaults = lane.isCustom ? undefined : hostDefaults;
  const nominated = valuesOf(client.fields, 'connection').flatMap((value) =>
    value.split(',').map((option) => option.trim().toLowerCase()),
  );
  const passing = client.fields
    .map(([name, value]): Field => [name.toLowerCase(), value])
    .filter(([name]) => mayPass(lane, name) && !nominated.includes(name));
  const missing = Object.entries({ ...defaults, ...ownDefaults?.defaults }).filter(
    ([name]) => !passing.some(([other]) => other === name),
  );
  const isId = ([name, value]: Field): boolean =>
    ownDefaults?.ids.includes(name.toLowerCase()) === true && UUID.test(value);
  const expected: Field[] = [
    ['host', lane.authority],
    ...passing,
    ...missing,
    ...(lane.isCustom ? [['accept-encoding', 'identity'] as const] : []),
    [header, `${prefix}${lane.credential}`],
    ['connection', websocket ? 'Upgrade' : 'keep-alive'],
  ];
  const length = client.chunked ? 0 : Number(valuesOf(client.fields, 'content-length')[0] ?? 0);
  if (client.chunked) expected.push(['transfer-encoding', 'chunked']);
  else if (length > 0 || !['GET', 'HEAD', 'DELETE'].includes(client.method))
    expected.push(['content-length', String(length)]);
  // An identifier of the run's own stands there where the client sent none.
  const rest = sent
    .filter((field) => !isId(field) || passing.some(([name]) => name === field[0].toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  for (const field of expected) {
    const at = rest.indexOf(field.join(': '));
    if (at < 0) return `${field.join(': ')} is missing`;
    rest.splice(at, 1);
  }
  const unexpected = websocket ? rest.filter((line) => !isOfHandshake(client, line)) : rest;
  return unexpected.length === 0 ? undefined : `${unexpected.join(', ')} does not follow from the rules`;
}

function isOfHandshake(client: ClientRequest, line: string): boolean {
  const offered = (name: string): string[] =>
    valuesOf(client.fields, name).flatMap((value) => value.split(',').map((entry) => entry.trim()));
  const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
  if (line === 'upgrade: websocket' || line === 'sec-websocket-version: 13') return true;
  if (name === 'sec-websocket-key') return valuesOf(client.fields, name).join() === value;
  const entries = value.split(', ');
  if (name === 'sec-websocket-extensions')
    return entries.every((entry) => entry.startsWith('permessage-deflate') && offered(name).includes(entry));
  return (
    name === 'sec-websocket-protocol' &&
    entries.every((entry) => offered(name).includes(entry) && !entry.includes('key'))
  );
}

function wrongBody(lane: Lane, client: ClientRequest, { body, message }: RawRequest): string | undefined {
  if (message && message.trailers.length > 0) return 'trailers were forwarded';
  if (message && !client.complete) return 'complete upstream, although the client’s body is not';
  if (message && body.length > lane.maxBodyBytes) return 'a body above the limit';
  const sent = message ? client.body : client.body.subarray(0, body.length);
  return body.equals(sent) ? undefined : 'another body';
}

/** @returns why this client request does not lead to that upstream request, or undefined if it does */
export function mismatch(lane: Lane, client: ClientRequest, request: RawRequest): string | undefined {
  const { head } = request;
  if (!head) return 'no well-formed head';
  const websocket = valuesOf(head.fields, 'upgrade').length > 0;
  if (
    valuesOf(client.fields, 'host').length !== 1 &&
    !(client.version === '1.0' && valuesOf(client.fields, 'host').length === 0)
  )
    return 'not one Host';
  if (client.fields.length > lane.maxHeaderLines) return 'too many header lines';
  if (client.version === '1.0' && (client.chunked || websocket)) return 'HTTP/1.0 with chunks or a WebSocket';
  const target = composeTarget(lane, client, websocket);
  if (target === undefined) return 'the client’s request must be refused';
  if (head.startLine !== `${client.method} ${target} HTTP/1.1`)
    return `${head.startLine} in place of ${client.method} ${target}`;
  return wrongFields(lane, client, head.fields, websocket) ?? wrongBody(lane, client, request);
}

/** Checks what must hold for every request upstream, whatever the client sent. */
export function breach(lane: Lane, { head, error, message }: RawRequest): string | undefined {
  if (error !== undefined) return `no HTTP: ${error}`;
  if (!head) return undefined;
  const text = [head.startLine, ...head.fields.map((field) => field.join(': '))].join('\n');
  if (text.split(lane.credential).length !== 2) return 'the credential is not there exactly once';
  if (!message && !text.startsWith('GET') && !/\n(?:content-length|transfer-encoding): /.test(text))
    return 'no framing';
  return undefined;
}
