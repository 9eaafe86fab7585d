/** What an upstream may send, as octets (latin1): usual answers, those that no server should send, and frames. */

import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { latin1, mutated, often } from './octets.ts';

const REASONS = ['', ' ', '\t', 'a\x01b', '\x7f', '\0', '\xe9', 'x'.repeat(300)];
const STATUSES = ['204', '304', '400', '401', '402', '403', '404', '407', '413', '429', '500', '502', '529'];
const ODD_STATUSES = ['000', '099', '101', '600', '999', '1000', '20', 'x', ''];
const INTERIM = ['100', '101', '102', '103', '150', '199'];
const VERSIONS = ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'ICY', ''];
const HEADERS = [
  ...['gzip', 'br', 'deflate', 'zstd', 'gzip, br', 'x'].map((coding) => `content-encoding: ${coding}`),
  ...['close', 'keep-alive, x-a', 'upgrade', 'x-a, \x01'].map((value) => `connection: ${value}`),
  ...['timeout=0', 'timeout=99999999999'].map((value) => `keep-alive: ${value}`),
  ...['set-cookie: a=b', 'x-a: \x01', 'x-a: \xe9', 'x-b:', ': x', 'x y: z', 'x\0: y', `x-long: ${'y'.repeat(20_000)}`],
  ...['upgrade: websocket', 'upgrade: h2c', 'trailer: x', 'location: http://[', 'date: x', 'retry-after: x', ' folded'],
  ...['sec-websocket-protocol: a', 'sec-websocket-extensions: permessage-deflate', 'sec-websocket-accept: x'],
];
const TEXTS = [
  ...['{}', '[]', 'null', '"', '{"a":', '\xef\xbb\xbf{}', '{"error":{"message":"\\ud800"}}'],
  '{"usage":{"prompt_tokens":1e999,"completion_tokens":-1}}',
  '{"model":"__proto__","usage":{"input_tokens":null,"output_tokens":{}}}',
  '{"model":"constructor","usage":{"prompt_tokens":5,"completion_tokens":9007199254740993}}',
  '{"usageMetadata":{"promptTokenCount":"3","candidatesTokenCount":1.5}}',
  '{"__proto__":{"usage":[]},"usage":{"toString":2}}',
  '{"data":[{"id":"m"},{"id":5},null]}',
  'data: {"usage":{"total_tokens":1}}\n\n',
  'event: message_start\ndata: {"type":"message_start","message":{"model":"x","usage":{"input_tokens":5}}}\n\n',
  ...['data: [DONE]\n\n', 'data:\n\n\r\r\n', '['.repeat(5_000), '{"a":'.repeat(3_000)],
];

const compressed = (compress: (text: Buffer) => Buffer) => (text: string) =>
  compress(Buffer.from(text, 'latin1')).toString('latin1');

/** Messages as clients and providers write them, and some that they do not. */
export const content: fc.Arbitrary<string> = fc
  .tuple(
    often(fc.constantFrom(...TEXTS), latin1(200), 3),
    often(
      fc.constant((text: string) => text),
      fc.constantFrom(compressed(gzipSync), compressed(brotliCompressSync)),
      4,
    ),
  )
  .map(([text, encode]) => encode(text));

/** In one or two chunks. */
export const chunked: fc.Arbitrary<string> = fc
  .tuple(
    content,
    fc.nat(300),
    often(fc.constant('\r\n'), fc.constantFrom('\n', ';x=y\r\n', ' \r\n')),
    often(fc.constant('0\r\n\r\n'), fc.constantFrom('', '0\r\nx-t: \x01\r\n\r\n', '0\r\nauthorization: \xe9\r\n\r\n')),
  )
  .map(([text, at, end, last]) =>
    [text.slice(0, at), text.slice(at)]
      .filter((part) => part !== '')
      .map((part) => `${part.length.toString(16)}${end}${part}\r\n`)
      .concat(last)
      .join(''),
  );

const framed = fc.oneof(
  content.map((text) => [`content-length: ${text.length}`, text] as const),
  chunked.map((text) => ['transfer-encoding: chunked', text] as const),
  fc
    .tuple(fc.constantFrom('content-length: -1', 'content-length: 3, 3', 'transfer-encoding: gzip, x', 'x: y'), content)
    .map(([line, text]) => [line, text] as const),
);

const startLine = (statuses: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      often(fc.constant('HTTP/1.1'), fc.constantFrom(...VERSIONS), 12),
      statuses,
      often(fc.constant('OK'), fc.constantFrom(...REASONS), 3),
    )
    .map((parts) => parts.join(' '));

const headers = fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 });

const head = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

const interim = fc
  .tuple(startLine(fc.constantFrom(...INTERIM)), headers)
  .map(([start, lines]) => head([start, ...lines]));

const final = fc
  .tuple(
    startLine(often(often(fc.constant('200'), fc.constantFrom(...STATUSES), 2), fc.constantFrom(...ODD_STATUSES))),
    headers,
    framed,
  )
  .map(([start, lines, [framing, text]]) => head([start, framing, ...lines]) + text);

/** Frames (RFC 6455, section 5.2), masked or not, most of them with an opcode that there is. */
export const frames: fc.Arbitrary<string> = fc
  .array(
    fc
      .tuple(
        often(fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8a, 0xc1), fc.nat(255), 3),
        fc.boolean(),
        content.filter(({ length }) => length < 60_000),
      )
      .map(([first, isMasked, text]) => {
        const [mask, key] = isMasked ? [0x80, '\0\0\0\0'] : [0, ''];
        const length = text.length < 126 ? [mask | text.length] : [mask | 126, text.length >> 8, text.length & 0xff];
        return String.fromCharCode(first, ...length) + key + text;
      }),
    { maxLength: 5 },
  )
  .map((all) => all.join(''));

const handshake = fc
  .tuple(startLine(fc.constant('101')), headers, frames)
  .map(([start, lines, text]) => (request: string): string => {
    const key = /^sec-websocket-key: *([^\r\n]*)/im.exec(request)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const usual = ['upgrade: websocket', 'connection: upgrade', `sec-websocket-accept: ${accept}`];
    return head([start, ...usual, ...lines]) + text;
  });

const answer = mutated(
  fc.tuple(fc.array(interim, { maxLength: 2 }), final).map(([before, last]) => before.join('') + last),
);

/** Answers to a request with these octets. */
export const reaction: fc.Arbitrary<(request: string) => string> = fc.tuple(answer, handshake, fc.boolean()).map(
  ([text, agree, agrees]) =>
    (request) =>
      agrees && /^upgrade: *websocket/im.test(request) ? agree(request) : text,
);
