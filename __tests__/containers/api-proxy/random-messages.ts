/** Random answers and request bodies as octets, for fast-check: what HTTP/1.1 allows but programs rarely send. */

import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Field } from '../../../testing/sidecar/http-wire.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".split('');
const VALUE = [...Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet))].filter((character) =>
  /[\t -~\x80-\xff]/.test(character),
);

/** Names spelled and repeated as providers and gateways do. */
const KNOWN_NAMES = [
  'Content-Type',
  'content-type',
  'DATE',
  'Date',
  'Server',
  'Set-Cookie',
  'set-cookie',
  'Via',
  'ETag',
];
const MORE_NAMES = ['x-request-id', 'X-Request-ID', 'retry-after', 'openai-processing-ms', 'CF-Ray', 'Location', 'Age'];

const name = fc.oneof(
  fc.constantFrom(...KNOWN_NAMES, ...MORE_NAMES),
  fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 24 }).map((token) => `X${token}`),
);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...VALUE), maxLength })
    // Whitespace around a value is not part of it.
    .map((value) => value.replace(/^[\t ]+|[\t ]+$/g, ''));
const value = fc.oneof(
  { weight: 5, arbitrary: text(40) },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: text(3_000) },
);
const fields = (maxLength: number): fc.Arbitrary<Field[]> => fc.array(fc.tuple(name, value), { maxLength });

const filler = (length: number, seed: number): Buffer =>
  length === 0 ? Buffer.alloc(0) : createHash('shake256', { outputLength: length }).update(String(seed)).digest();

const octets = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.nat(600) },
      { weight: 3, arbitrary: fc.nat(20_000) },
      { weight: 1, arbitrary: fc.nat(400_000) },
    ),
    fc.nat(),
  )
  .map(([length, seed]) => filler(length, seed));

const eventStream = fc
  .array(fc.tuple(fc.constantFrom('data: ', 'event: é', ': ping', 'data:{"x":"🙂"}', 'id:1\r\ndata: '), text(60)), {
    maxLength: 30,
  })
  .chain((events) =>
    fc
      .constantFrom('\n\n', '\r\n\r\n', '\r\r', '\n')
      .map((end) => Buffer.from(events.map((e) => e.join('')).join(end))),
  );

const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 })), {
  minLength: 1,
  maxLength: 12,
});

/** @param most at most this many pieces of these lengths; one more takes the rest */
function cut(whole: Buffer, lengths: readonly number[], most: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length;) {
    const length = pieces.length < most ? (lengths[pieces.length % lengths.length] ?? 1) : whole.length;
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const lines = (all: readonly Field[], colon = ': '): string => all.map((field) => `${field.join(colon)}\r\n`).join('');

/** @param decorate returns the extensions that follow a chunk's size */
function chunked(body: Buffer, lengths: readonly number[], decorate: string, trailers: readonly Field[]): Buffer {
  const chunks = cut(body, lengths, 1_500).flatMap((chunk, i) => {
    const size = i % 3 === 0 ? chunk.length.toString(16).toUpperCase() : `0${chunk.length.toString(16)}`;
    return [Buffer.from(`${size}${i % 2 === 0 ? decorate : ''}\r\n`), chunk, Buffer.from('\r\n')];
  });
  return Buffer.concat([...chunks, Buffer.from(`0\r\n${lines(trailers)}\r\n`, 'latin1')]);
}

const extension = fc.constantFrom('', '', ';a', ';a=b', ';a="b;c"');
const encoding = fc.constantFrom('identity', 'gzip', 'br');

function encode(body: Buffer, coding: 'identity' | 'gzip' | 'br'): Buffer {
  if (coding === 'gzip') return gzipSync(body, { level: 1 });
  return coding === 'br' ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }) : body;
}

const reason = fc.oneof(
  fc.constantFrom('', ' ', ' OK', ' Very Well', ' Not Found'),
  text(30).map((phrase) => ` ${phrase}`),
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  { weight: 2, arbitrary: fc.constantFrom(204, 304) },
  { weight: 2, arbitrary: fc.constantFrom(201, 205, 206, 302, 400, 401, 404, 413, 418, 429, 500, 503, 529) },
  { weight: 2, arbitrary: fc.integer({ min: 200, max: 999 }) },
);
const interim = fc.array(fc.tuple(fc.constantFrom(100, 102, 103, 103, 150, 199), reason, fields(3)), { maxLength: 2 });
/** Headers that concern only the upstream's hop. */
const hop = fc.constantFrom<Field[]>(
  ...[[], [], []],
  [['Keep-Alive', 'timeout=5']],
  [
    ['Connection', 'X-Hop, keep-alive'],
    ['X-Hop', 'gone'],
  ],
  [['Proxy-Authenticate', 'Basic']],
);

/** Describes a message in the report of a failure. */
const shown = (pieces: readonly Buffer[]) => ({
  [fc.toStringMethod]: () => JSON.stringify(pieces.map((piece) => piece.toString('latin1'))),
});

export interface RandomAnswer {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Each piece should travel in its own packet. */
  readonly pieces: readonly Buffer[];
  /** Whether the connection ends after the answer. */
  readonly closes: boolean;
}

export const randomAnswer: fc.Arbitrary<RandomAnswer> = fc
  .record({
    method: fc.constantFrom<RandomAnswer['method'][]>('GET', 'POST', 'POST', 'HEAD'),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    framing: fc.constantFrom('length', 'chunked', 'chunked', 'close'),
    body: fc.oneof(octets, eventStream),
    pieceLengths: sizes,
    ...{
      interim,
      status,
      reason,
      before: fields(5),
      hop,
      after: fields(4),
      encoding,
      sizes,
      extension,
      trailers: fields(4),
    },
  })
  .map((random) => {
    const { method, version } = random;
    const framing = version === '1.0' && random.framing === 'chunked' ? 'length' : random.framing;
    const hasBody = method !== 'HEAD' && random.status !== 204 && random.status !== 304;
    const body = encode(random.body, random.encoding);
    const frame: Field[] = [];
    if (framing === 'length' && random.status !== 204) frame.push(['content-Length', String(body.length)]);
    // A 204 has none (RFC 9112, section 6.1).
    if (framing === 'chunked' && random.status !== 204) frame.push(['Transfer-Encoding', 'Chunked']);
    if (framing === 'chunked') frame.push(['Trailer', 'X-Checksum']);
    const all: Field[] = [
      ...random.before,
      ...random.hop,
      ...frame,
      ['Content-Encoding', random.encoding],
      ...random.after,
    ];
    const early = version === '1.0' ? [] : random.interim;
    const head = [
      ...early.map(([code, phrase, extra]) => `HTTP/1.1 ${code}${phrase}\r\n${lines(extra)}\r\n`),
      `HTTP/${version} ${random.status}${random.reason}\r\n${lines(all, random.sizes.length % 2 === 0 ? ':' : ': \t')}\r\n`,
    ].join('');
    const framed = framing === 'chunked' ? chunked(body, random.sizes, random.extension, random.trailers) : body;
    const whole = Buffer.concat([Buffer.from(head, 'latin1'), hasBody ? framed : Buffer.alloc(0)]);
    return {
      method,
      pieces: Object.assign(cut(whole, random.pieceLengths, 20), shown(cut(whole, [1_000_000], 1))),
      closes: version === '1.0' || (framing === 'close' && hasBody),
    };
  });

export interface RandomUpload {
  /** `Content-Encoding`, and the header that frames the body. */
  readonly fields: readonly Field[];
  readonly body: Buffer;
  /** The framed body. Each piece should travel in its own packet. */
  readonly pieces: readonly Buffer[];
}

export const randomUpload: fc.Arbitrary<RandomUpload> = fc
  .record({ body: octets, sizes, pieceLengths: sizes, extension, encoding, chunked: fc.boolean(), type: value })
  .map((random) => {
    const body = encode(random.body, random.encoding);
    return {
      fields: [
        ['Content-Encoding', random.encoding],
        ['Content-Type', random.type],
        random.chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)],
      ],
      body,
      pieces: cut(random.chunked ? chunked(body, random.sizes, random.extension, []) : body, random.pieceLengths, 20),
    };
  });
