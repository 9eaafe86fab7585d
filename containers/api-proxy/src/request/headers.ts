import type { IncomingMessage } from 'node:http';
import { nameMatcher } from '../../../../src/shared/name-patterns.ts';
import type { Provider } from '../../../../src/shared/providers.ts';
import { connectionOptions, type AdmittedRequest } from './admission.ts';
import { ProxyError } from '../errors.ts';

/** Request headers that pass to every provider; a trailing `*` is a prefix. */
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

/** No prefix on a list lets one of these through, whatever a provider calls it. */
const CREDENTIAL_NAME = /(?:^|[-_])(?:api[-_]?key|auth|authori[sz]ation|token|secret|cookie|credentials?|password)$/;

const NO_BODY_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE']);

/** A provider's rules, prepared once. */
export interface HeaderRules {
  /** @param name lower case */
  readonly passes: (name: string) => boolean;
  /** The header with the real credential. */
  readonly injected: readonly [name: string, value: string];
  /** Sent where the client sends none. */
  readonly defaults: readonly (readonly [name: string, value: string])[];
}

/**
 * The value of one header, without making an object of all of them as `headers` does.
 *
 * @param name lower case
 * @returns undefined where it is not there; the values of duplicates joined, as RFC 9110, section 5.2, has it
 */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] ?? '';
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] ?? '';
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

/** @param plainOnly asks for answers that are not compressed */
export function headerRules(provider: Provider, credential: string, plainOnly: boolean): HeaderRules {
  const { header, prefix, defaults } = provider.injection;
  const isListed = nameMatcher([...COMMON_REQUEST_HEADERS, ...provider.requestHeaders]);
  return {
    passes: (name) =>
      isListed(name) && name !== header && !CREDENTIAL_NAME.test(name) && !(plainOnly && name === 'accept-encoding'),
    injected: [header, `${prefix}${credential}`],
    defaults: [...Object.entries(defaults), ...(plainOnly ? [['accept-encoding', 'identity'] as const] : [])],
  };
}

/**
 * The headers of the upstream request, composed anew: from the client only what a list names, less what its
 * `Connection` nominates; then framing, defaults and the credential, so that no nomination touches those.
 *
 * @param host the target's authority
 * @returns names (lower case) and values in turn
 */
export function upstreamRequestHeaders(
  rawHeaders: readonly string[],
  request: AdmittedRequest,
  rules: HeaderRules,
  host: string,
): string[] {
  const headers = ['host', host];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    if (rules.passes(name) && !request.nominated.includes(name)) headers.push(name, rawHeaders[i + 1] ?? '');
  }
  for (const [name, value] of rules.defaults) {
    if (headerValue(headers, name) === undefined) headers.push(name, value);
  }
  if (request.body === 'chunked') headers.push('transfer-encoding', 'chunked');
  else if (request.body > 0 || !NO_BODY_METHODS.has(request.method)) {
    headers.push('content-length', String(request.body));
  }
  headers.push(rules.injected[0], rules.injected[1]);
  return headers;
}

/** What {@link upstreamRequestHeaders} does to the client's, by name only: a value may be somebody's secret. */
export function headerChanges(
  rawHeaders: readonly string[],
  { nominated }: AdmittedRequest,
  { passes, injected, defaults }: HeaderRules,
): { readonly stripped: string[]; readonly injected: string[] } {
  const names = [...new Set(rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()))];
  const isKept = (name: string): boolean => passes(name) && !nominated.includes(name);
  return {
    stripped: names.filter((name) => !isKept(name)),
    injected: [
      ...defaults.map(([name]) => name).filter((name) => !names.some((n) => n === name && isKept(n))),
      injected[0],
    ],
  };
}

/**
 * The headers of the answer: the upstream's, in its order and spelling and with duplicates, less those of its own hop.
 *
 * @throws ProxyError 502 when the body has a transfer coding beside chunked, which nobody asked for
 */
export function clientResponseHeaders(rawHeaders: readonly string[]): string[] {
  const headers: string[] = [];
  const nominated: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const lowerCase = name.toLowerCase();
    if (!HOP_BY_HOP.has(lowerCase)) {
      headers.push(name, value);
    } else if (lowerCase === 'connection' && value.toLowerCase() !== 'keep-alive' && value.toLowerCase() !== 'close') {
      nominated.push(...connectionOptions(value));
    } else if (lowerCase === 'transfer-encoding' && value.toLowerCase() !== 'chunked') {
      throw new ProxyError('upstream_bad_response', 'The provider answered with an unknown Transfer-Encoding.');
    }
  }
  return nominated.length === 0 ? headers : withoutNames(headers, nominated);
}

/**
 * The trailers of the answer, by the rules of its headers, and without a length: none may change the framing (RFC 9110,
 * section 6.5.1). The `Trailer` header that announces them is of its own hop, as Node sees it too.
 *
 * @returns names and values in turn
 */
export function clientResponseTrailers({ rawHeaders, rawTrailers }: IncomingMessage): string[] {
  if (rawTrailers.length === 0) return [];
  const nominated = rawHeaders.flatMap((value, i) =>
    i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'connection' ? connectionOptions(value) : [],
  );
  const dropped = new Set([...HOP_BY_HOP, ...nominated, 'content-length']);
  return rawTrailers.filter((_, i) => !dropped.has((rawTrailers[i - (i % 2)] ?? '').toLowerCase()));
}

function withoutNames(headers: readonly string[], names: readonly string[]): string[] {
  // The length is not a hop's to withdraw: without it, a cut answer would look complete.
  const dropped = new Set(names.filter((name) => name !== 'content-length'));
  return headers.filter((_, i) => !dropped.has((headers[i - (i % 2)] ?? '').toLowerCase()));
}
