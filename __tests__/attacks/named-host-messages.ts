/** Requests that a named host's rules must not be fooled by: N6 and N7. */

import { OTHER, REGISTRY, request, UNLISTED } from './named-host-world.ts';

/** A request whose connection ends with its answer. */
export const get = (path: string, host: string, ...more: string[]): string =>
  request(`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...more);

export const SMUGGLED = get('/smuggled', REGISTRY);
export const upload = (headers: readonly string[], body: string): string =>
  request('POST /up/n6 HTTP/1.1', `Host: ${REGISTRY}`, ...headers) + body;
export const CHUNKED = 'Transfer-Encoding: chunked';

/** Each with the octets of a request that has {@link SMUGGLED} behind it, or in its body. */
export const SMUGGLING: readonly (readonly [name: string, octets: string])[] = [
  [
    'a length and chunks, the length first',
    upload([`Content-Length: ${SMUGGLED.length + 5}`, CHUNKED], `0\r\n\r\n${SMUGGLED}`),
  ],
  [
    'chunks and a length, the chunks first',
    upload([CHUNKED, 'Content-Length: 4'], `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
  ],
  ['two lengths', upload(['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED)],
  ['a list of lengths', upload([`Content-Length: 0, ${SMUGGLED.length}`], SMUGGLED)],
  ['a length with a sign', upload(['Content-Length: +0'], SMUGGLED)],
  ['two codings', upload(['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n${SMUGGLED}`)],
  ['another coding', upload(['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`)],
  ['a space before the colon', upload(['Content-Length : 0'], SMUGGLED)],
  ['a folded line', upload(['X: a', ` Content-Length: ${SMUGGLED.length}`], SMUGGLED)],
  ['a folded coding', upload(['Transfer-Encoding:', ' chunked'], `0\r\n\r\n${SMUGGLED}`)],
  ['bare line feeds', upload([CHUNKED], `0\r\n\r\n${SMUGGLED}`).replaceAll('\r\n', '\n')],
  ['a bare line feed after a size', upload([CHUNKED], `5\nhello\r\n0\r\n\r\n${SMUGGLED}`)],
  ['a size with a prefix', upload([CHUNKED], `0x0\r\n\r\n${SMUGGLED}`)],
  ['a NUL in a header', upload(['X: a\0b', 'Content-Length: 0'], SMUGGLED)],
];

/** Each with a request line and the status of the refusal. */
export const TARGETS: readonly (readonly [name: string, line: string, status: number])[] = [
  ['absolute form, another host', `GET https://${OTHER}/n7 HTTP/1.1`, 400],
  ['absolute form, the host itself', `GET https://${REGISTRY}/n7 HTTP/1.1`, 400],
  ['absolute form by http', `GET http://${OTHER}/n7 HTTP/1.1`, 400],
  ['CONNECT in the tunnel', `CONNECT ${UNLISTED}:443 HTTP/1.1`, 405],
  ['the form with an asterisk', 'GET * HTTP/1.1', 400],
  ['a backslash', `GET /\\${OTHER}/n7 HTTP/1.1`, 400],
  ['dot segments out of a rule', 'POST /up/%2e%2e/n7 HTTP/1.1', 400],
  ['a method that no rule has', 'DELETE /up/n7 HTTP/1.1', 403],
  ['a method of no use', 'TRACE /n7 HTTP/1.1', 405],
];
