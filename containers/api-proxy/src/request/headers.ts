import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { nameMatcher } from '../../../../src/shared/name-patterns.ts';
import type { Provider } from '../../../../src/shared/providers.ts';
import type { SidecarProvider } from '../../../../src/shared/sidecar-config.ts';
import { ProxyError } from '../errors.ts';
import { connectionOptions, type AdmittedRequest } from './admission.ts';
import { eachHeader, headerNames, headerValue, headerValues, withoutHeaders, type RawHeaders } from './raw-headers.ts';

/** Request headers that are forwarded to every provider; a trailing `*` matches any ending. */
const COMMON_REQUEST_HEADERS: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-client-request-id',
  'x-request-id',
  'x-stainless-*',
];

/** RFC 9110, section 7.6.1, and the older names that proxies still meet. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whatever prefix a list allows, a header with such a name may carry a credential and is never forwarded. */
const CREDENTIAL_NAME = /(?:^|[-_])(?:api[-_]?key|auth|authori[sz]ation|token|secret|cookie|credentials?|password)$/;

/**
 * The same for a host whose clients send any header: `X-Auth-Key`, `X-RapidAPI-Key`, `X-Functions-Key` and the like, and
 * Artifactory's own.
 */
const HOST_CREDENTIAL_NAME = /^x-jfrog-art-api$|(?<!idempotency)-key$/;

/** What the sidecar composes itself, and the handshake of a WebSocket, which is checked on its own. */
const FRAMING: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'expect',
  'http2-settings',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
]);

const NO_BODY_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE']);

/**
 * Headers that some servers believe more than the request line or `Host`, so rules would decide about one request and the
 * server about another. Via and the like tell of proxies that the client cannot speak for.
 */
const OVERRIDES =
  /^(?:x-forwarded-.*|forwarded|via|x-real-ip|x-(?:original|rewrite)-.*|x-host|x-http-(?:host|method|path).*|.*method-override|front-end-https)$/;

/** A service's rules, prepared once. */
export interface HeaderRules {
  /** @param name lower case */
  readonly passes: (name: string) => boolean;
  /** The header that carries the real credential; undefined for a request without one. */
  readonly injected: readonly [name: string, value: string] | undefined;
  /** Sent if the client does not send a header of that name. */
  readonly defaults: readonly (readonly [name: string, value: string])[];
  /** Added to the client's header of that name, which is a list. */
  readonly entries: readonly (readonly [name: string, entry: string])[];
}

/** @param plainOnly asks for answers that are not compressed */
export function headerRules(
  { requestHeaders }: Provider,
  { credential, injection }: Pick<SidecarProvider, 'credential' | 'injection'>,
  plainOnly: boolean,
): HeaderRules {
  const { header, prefix, defaults, entries, ids } = injection;
  const isListed = nameMatcher([...COMMON_REQUEST_HEADERS, ...requestHeaders]);
  return {
    passes: (name) =>
      isListed(name) && name !== header && !CREDENTIAL_NAME.test(name) && !(plainOnly && name === 'accept-encoding'),
    injected: [header, `${prefix}${credential}`],
    defaults: [
      ...Object.entries(defaults),
      ...ids.map((name) => [name, randomUUID()] as const),
      ...(plainOnly ? [['accept-encoding', 'identity'] as const] : []),
    ],
    entries: Object.entries(entries),
  };
}

/**
 * The rules of a host that is no provider's. Its clients send headers that no list could name, so all pass that carry no
 * credential and override nothing.
 *
 * @param injected header with the credential
 * @param plainOnly asks for answers that are not compressed
 */
export function hostHeaderRules(injected: HeaderRules['injected'], plainOnly: boolean): HeaderRules {
  return {
    passes: (name) =>
      !FRAMING.has(name) &&
      !HOP_BY_HOP.has(name) &&
      !CREDENTIAL_NAME.test(name) &&
      !HOST_CREDENTIAL_NAME.test(name) &&
      !OVERRIDES.test(name) &&
      name !== injected?.[0] &&
      !(plainOnly && name === 'accept-encoding'),
    injected,
    defaults: plainOnly ? [['accept-encoding', 'identity']] : [],
    entries: [],
  };
}

/**
 * Composes the headers of the upstream request anew. Of the client's headers only listed ones are taken, and none that
 * its `Connection` header nominates. Framing, defaults and the credential come after that, so no nomination can remove
 * them.
 *
 * @param host the target's authority
 * @returns raw headers, names in lower case
 */
export function upstreamRequestHeaders(
  rawHeaders: RawHeaders,
  request: AdmittedRequest,
  rules: HeaderRules,
  host: string,
): string[] {
  const headers = ['host', host];
  eachHeader(rawHeaders, (name, value) => {
    if (rules.passes(name) && !request.nominated.includes(name)) headers.push(name, value);
  });
  for (const [name, value] of rules.defaults) {
    if (headerValue(headers, name) === undefined) headers.push(name, value);
  }
  for (const [name, entry] of rules.entries) addEntry(headers, name, entry);
  if (request.body === 'chunked') headers.push('transfer-encoding', 'chunked');
  else if (request.body > 0 || !NO_BODY_METHODS.has(request.method)) {
    headers.push('content-length', String(request.body));
  }
  if (rules.injected) headers.push(rules.injected[0], rules.injected[1]);
  return headers;
}

/** RFC 9110, section 5.3: the lines of a list are one list. */
function addEntry(headers: string[], name: string, entry: string): void {
  const entries = headerValues(headers, name).flatMap((value) => value.split(',').map((one) => one.trim()));
  if (entries.includes(entry)) return;
  const at = headers.findIndex((one, index) => index % 2 === 0 && one === name);
  if (at === -1) headers.push(name, entry);
  else headers[at + 1] = `${headers[at + 1] ?? ''},${entry}`;
}

/** What {@link upstreamRequestHeaders} does to the client's headers. Only names are told: any value may be a secret. */
export function headerChanges(
  rawHeaders: RawHeaders,
  { nominated }: AdmittedRequest,
  { passes, injected, defaults, entries }: HeaderRules,
): { readonly stripped: string[]; readonly injected: string[] } {
  const names = headerNames(rawHeaders);
  const isKept = (name: string): boolean => passes(name) && !nominated.includes(name);
  const added = defaults.map(([name]) => name).filter((name) => !names.includes(name) || !isKept(name));
  const extended = entries.map(([name]) => name);
  return {
    stripped: names.filter((name) => !isKept(name)),
    injected: [...added, ...extended, ...(injected ? [injected[0]] : [])],
  };
}

/**
 * The headers of the answer: the upstream's, in its order and spelling and with duplicates, without those that concern
 * only its own hop.
 *
 * @throws ProxyError 502 if the body has a transfer coding other than chunked, which nobody asked for
 */
export function clientResponseHeaders(rawHeaders: RawHeaders): string[] {
  const headers: string[] = [];
  const nominated: string[] = [];
  eachHeader(rawHeaders, (name, value, spelling) => {
    if (!HOP_BY_HOP.has(name)) {
      headers.push(spelling, value);
    } else if (name === 'connection' && value.toLowerCase() !== 'keep-alive' && value.toLowerCase() !== 'close') {
      nominated.push(...connectionOptions(value));
    } else if (name === 'transfer-encoding' && value.toLowerCase() !== 'chunked') {
      throw new ProxyError('upstream_bad_response', 'The provider answered with an unknown Transfer-Encoding.');
    }
  });
  if (nominated.length === 0) return headers;
  // A hop must not withdraw the length: without it, a truncated answer would look complete.
  return withoutHeaders(headers, new Set(nominated.filter((name) => name !== 'content-length')));
}

/**
 * The trailers of the answer, under the same rules as its headers, and without a length: RFC 9110, section 6.5.1,
 * forbids trailers that change the framing. The `Trailer` header that announces them concerns its own hop; Node treats
 * it so too.
 *
 * @returns raw headers
 */
export function clientResponseTrailers({ rawHeaders, rawTrailers }: IncomingMessage): string[] {
  if (rawTrailers.length === 0) return [];
  const nominated = headerValues(rawHeaders, 'connection').flatMap(connectionOptions);
  return withoutHeaders(rawTrailers, new Set([...HOP_BY_HOP, ...nominated, 'content-length']));
}
