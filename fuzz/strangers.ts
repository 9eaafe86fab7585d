/** What a client may send to those ports that are no provider's: requests to any host, TLS hellos, questions for names. */

import fc from 'fast-check';
import { clientHello, encryptedClientHello, extension, records, serverNames } from '../testing/client-hello.ts';
import { WEBSOCKET_KEY } from '../testing/sidecar/websocket-handshake.ts';
import { chunked, content, frames } from './answers.ts';
import { latin1, mutated, often } from './octets.ts';

/** A host with rules of its own; see `survival.ts`. */
export const NAMED_HOST = 'registry.example';

const HOSTS = [
  ...['a.example', 'api.openai.com', 'github.com'],
  ...['256.256.256.256', '0x7f.1', '127.1', '1.2.3', '0', '[::1]', '[::', '[v1.x]', '::'],
  ...['xn--', 'xn--a', 'xn--55555577', 'a..b', 'a.', '.', '', '-', 'a_b', 'a:99999', 'a:0', 'a:', 'a:b'],
  ...['%41', 'a%00', 'a b', 'a,b', 'a@b', 'a/b', 'a#', 'a?', 'a\\b', '\xe9', '\xad', '\0'],
  ...['x'.repeat(260), 'a.'.repeat(130), 'x'.repeat(64)],
];
const METHODS = ['PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'CONNECT', 'TRACE', 'QUERY', 'PRI', 'M-SEARCH'];
const TARGETS = [
  ...['/', '/packages/a', '/upload/x', '/socket', '/graphql', '/git/info/refs?service=git-upload-pack'],
  ...['*', '//x', '/\\', '/[', '/%00', '/%ff?%zz', '/?a=x;%66', '/\xe9', `/${'a/'.repeat(5_000)}`],
  ...['http://[::1/', 'http://256.256.256.256/', 'http://a%00b/', 'https://a.example/'],
];
const HEADERS = [
  ...['100-continue', '200-ok'].map((value) => `expect: ${value}`),
  ...['gzip', 'x'].map((value) => `content-encoding: ${value}`),
  ...['upgrade: h2c', 'upgrade: tls/1.0', 'connection: upgrade', 'connection: close, x-a', 'te: trailers', 'x-a: \xe9'],
  ...[
    'authorization: Basic x',
    'range: bytes=0-',
    'content-type: application/json; charset=utf-16',
    ': x',
    'x-a: \x01',
  ],
  `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${WEBSOCKET_KEY}`,
];
const framed = fc.oneof(
  fc.constant(['x: y', ''] as const),
  content.map((text) => [`content-type: application/json\r\ncontent-length: ${text.length}`, text] as const),
  chunked.map((text) => ['content-type: application/json\r\ntransfer-encoding: chunked', text] as const),
);

/** A request to a host of the client's choice, perhaps followed by frames. */
export const strangeRequest: fc.Arbitrary<string> = mutated(
  fc
    .record({
      method: often(fc.constantFrom('GET', 'POST'), fc.constantFrom(...METHODS), 2),
      target: fc.constantFrom(...TARGETS),
      version: often(fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/2.0', ''), 12),
      host: often(fc.constant(NAMED_HOST), fc.constantFrom(...HOSTS), 1),
      lines: often<readonly string[]>(fc.constant([]), fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }), 1),
      framed,
      rest: often(fc.constant(''), frames),
    })
    .map(({ method, target, version, host, lines, framed: [framing, text], rest }) => {
      const head = [`${method} ${target} ${version}`, `host: ${host}`, ...lines, framing, '', ''];
      return head.join('\r\n') + text + rest;
    }),
);

/** The first octets of a TLS connection. */
export const hello: fc.Arbitrary<string> = mutated(
  fc
    .tuple(
      fc.constantFrom(NAMED_HOST, ...HOSTS.filter((name) => name.length < 255)),
      fc.constantFrom(20, 16_384),
      often(fc.constant(undefined), fc.tuple(fc.nat(0xffff), latin1(40)), 2),
      fc.boolean(),
    )
    .map(([name, size, more, isEncrypted]) => {
      const others = more === undefined ? [] : [extension(more[0], Buffer.from(more[1], 'latin1'))];
      const extensions = [serverNames(name), ...others, ...(isEncrypted ? [encryptedClientHello()] : [])];
      return records(clientHello(...extensions), size).toString('latin1');
    }),
);

const u16 = (value: number): string => String.fromCharCode(value >> 8, value & 0xff);

/** A question for a name (RFC 1035, section 4), as it is sent over UDP. */
export const question: fc.Arbitrary<string> = mutated(
  fc
    .record({
      flags: often(fc.constant(0x0100), fc.nat(0xffff), 2),
      counts: often<readonly number[]>(
        fc.constant([1, 0, 0, 1]),
        fc.tuple(fc.nat(3), fc.nat(2), fc.nat(2), fc.nat(2)),
        3,
      ),
      name: often(fc.constant(NAMED_HOST), fc.constantFrom('', 'a..b', '\xe9.example', `${'x'.repeat(63)}.example`), 1),
      type: fc.constantFrom(1, 28, 65, 255, 2, 252, 0),
      kind: often(fc.constant(1), fc.nat(0xffff), 3),
      additional: fc.constantFrom('', `\0${u16(41)}${u16(4_096)}\0\0\0\0\0\0`),
    })
    .map(({ flags, counts, name, type, kind, additional }) => {
      const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label);
      return ['\0\x07', ...[flags, ...counts].map(u16), ...labels, '\0', u16(type), u16(kind), additional].join('');
    }),
);
