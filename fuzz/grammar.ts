/** Requests as octets (latin1), from well-formed ones to those that RFC 9112 forbids, and mutations of both. */

import fc from 'fast-check';
import { latin1, mutate, mutations, often } from './octets.ts';
import { PROVIDERS, type Provider } from '../src/shared/providers.ts';

/** Marks every place where a client hides a credential of its own. Upstream it may only appear in a body. */
export const MARKER = 'stolen';

export interface FuzzCase {
  readonly octets: string;
  /** Octets were changed at random afterwards, so that a marker may have moved to a value that is forwarded. */
  readonly mutated: boolean;
}

const SEGMENTS = ['gpt-4', 'a', 'resp_1', 'a%20b', 'a:b', '...', '%41', 'x@y', '~', '*'];
const PATH_ODDITIES = [
  '/../',
  '/./',
  '//',
  '/..;/',
  '%2e%2e/',
  '/%2E/',
  '%2f',
  '%5c',
  '\\',
  '%252e',
  ';x=y',
  '%00',
  '%zz',
];
const MORE_PATH_ODDITIES = [
  '\0',
  '\t',
  ' ',
  '#',
  '%',
  '\xe9',
  '%c0%ae',
  '@evil.example',
  '..',
  '/.',
  '%3f',
  '%0d%0a',
  '{}',
];
const PREFIXES = [
  'http://evil.example',
  'https://api.openai.com',
  '//evil.example',
  '/\\evil.example',
  'evil.example:443',
  '*',
  '',
];
const QUERIES = ['?', '?alt=sse', '?api-version=1', '?beta=true', '?model=m&intent=x', '?include[]=a', '?%61lt=sse'];
const STOLEN_QUERIES = [
  'key',
  'KEY',
  'k%65y',
  '$key',
  'access_token',
  'oauth_token',
  'alt=sse&key',
  'alt=sse;key',
  ';key',
].map((name) => `?${name}=${MARKER}`);
const OTHER_ENDPOINTS = ['/v1/files', '/v1/organizations/api_keys', '/v1/fine_tuning/jobs', '/health', '/', '/metrics'];

function target({ endpoints }: Provider): fc.Arbitrary<{ method: string; target: string; websocket: boolean }> {
  const path = fc.oneof(
    {
      weight: 25,
      arbitrary: fc.tuple(fc.constantFrom(...endpoints), fc.constantFrom(...SEGMENTS)).map(([endpoint, segment]) => ({
        method: endpoint.method === 'WEBSOCKET' ? 'GET' : endpoint.method,
        path: endpoint.path.replaceAll('*', segment),
        websocket: endpoint.method === 'WEBSOCKET',
      })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...OTHER_ENDPOINTS).map((other) => ({ method: 'GET', path: other, websocket: false })),
    },
  );
  const odd = often(
    fc.constant(undefined),
    fc.tuple(
      fc.nat(40),
      fc.constantFrom('', ...PATH_ODDITIES, ...MORE_PATH_ODDITIES),
      often(fc.constant(''), fc.constantFrom(...PREFIXES), 1),
    ),
    8,
  );
  const escaped = often(fc.constant(undefined), fc.nat(30));
  const query = fc.oneof(
    { weight: 12, arbitrary: fc.constant('') },
    { weight: 6, arbitrary: fc.constantFrom(...QUERIES) },
    { weight: 4, arbitrary: fc.constantFrom(...STOLEN_QUERIES) },
    { weight: 1, arbitrary: fc.constantFrom('#', '%', '&', ';', '\\', '\xe9', ' ', '?').map((text) => `?a${text}`) },
  );
  return fc.tuple(path, odd, escaped, query).map(([chosen, oddity, at, search]) => {
    let text = chosen.path;
    if (at !== undefined && at < text.length && text[at] !== '%') {
      text = `${text.slice(0, at)}%${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`;
    }
    if (oddity) text = `${oddity[2]}${text.slice(0, oddity[0])}${oddity[1]}${text.slice(oddity[0])}`;
    return { method: chosen.method, target: text + search, websocket: chosen.websocket };
  });
}

const method = fc.constantFrom(
  'TRACE',
  'OPTIONS',
  'CONNECT',
  'HEAD',
  'PUT',
  'DELETE',
  'PATCH',
  'FOO',
  'get',
  '',
  'PRI',
  'POST ',
);
const version = often(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', ''),
  30,
);

const PASSING = [
  'Accept',
  'accept-encoding',
  'CONTENT-TYPE',
  'User-Agent',
  'X-Request-Id',
  'x-stainless-lang',
  'Traceparent',
];
const PREFIXED = PROVIDERS.flatMap(({ requestHeaders }) => requestHeaders).map((name) => name.replace('*', 'beta'));
const HIDDEN = PROVIDERS.flatMap(({ requestHeaders }) => requestHeaders)
  .filter((name) => name.endsWith('*'))
  .flatMap((name) => ['api-key', 'token', 'authorization', 'Secret', 'cookie'].map((end) => name.replace('*', end)));
const CREDENTIALS = [
  ...PROVIDERS.map(({ injection }) => injection.header),
  'api-key',
  'cookie',
  'x-auth-token',
  'x_api_key',
];
const MORE_CREDENTIALS = [
  'Proxy-Authorization',
  'X-Amz-Security-Token',
  'x-stainless-api-key',
  'Set-Cookie',
  'X-Authorization',
];
const REDIRECTING = [
  'X-Forwarded-Host',
  'X-Forwarded-For',
  'Forwarded',
  'X-Original-URL',
  'X-HTTP-Method-Override',
  'Via',
  'Origin',
];
const HOP = [
  'TE',
  'Trailer',
  'Keep-Alive',
  'Proxy-Connection',
  'Upgrade',
  'Transfer-Encoding',
  'Content-Length',
  'Host',
  'Expect',
];

/** Changes letters to upper or lower case at random. */
const recased = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), fc.nat(0xffff))
    .map(([name, bits]) =>
      Array.from(name, (character, i) => ((bits >> (i % 16)) & 1 ? character.toUpperCase() : character)).join(''),
    );
const header = fc.oneof(
  {
    weight: 300,
    arbitrary: fc.tuple(recased([...PASSING, ...PREFIXED]), fc.constantFrom('a/b', '', 'x, y', '\xe9', 'identity')),
  },
  {
    weight: 30,
    arbitrary: fc.tuple(
      recased([...CREDENTIALS, ...MORE_CREDENTIALS, ...HIDDEN]),
      fc.constantFrom(MARKER, `Bearer ${MARKER}`, `Basic ${MARKER}`),
    ),
  },
  { weight: 15, arbitrary: fc.tuple(recased(REDIRECTING), fc.constantFrom('evil.example', '/v1/files', MARKER)) },
  {
    weight: 15,
    arbitrary: fc.tuple(
      fc.constantFrom('Connection', 'connection'),
      fc
        .array(recased([...PASSING, ...CREDENTIALS, ...HOP, 'close', 'keep-alive', '']), { maxLength: 4 })
        .map((all) => all.join(', ')),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(recased(HOP), fc.constantFrom('trailers', 'chunked', 'websocket', '3', '100-continue', MARKER)),
  },
  { weight: 1, arbitrary: fc.tuple(latin1(8), latin1(8)) },
);
const SEPARATORS = [' : ', ':\t', ':', ': \t ', ' ', ':\0', ':\r', '\t:'];
const ENDS = ['\n', '\r', '\r\n ', '\r\n\t', ' \r\n', '\0\r\n', '\r\r\n', '\r\n\r\n'];
const line = fc
  .tuple(
    header,
    often(fc.constant(': '), fc.constantFrom(...SEPARATORS), 60),
    often(fc.constant('\r\n'), fc.constantFrom(...ENDS), 90),
  )
  .map(([[name, value], separator, end]) => `${name}${separator}${value}${end}`);

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const websocketLines = fc
  .subarray([...WEBSOCKET, ...WEBSOCKET.slice(2)], { minLength: 3 })
  .chain((some) =>
    fc
      .constantFrom(
        '',
        `Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.${MARKER}\r\n`,
        'Sec-WebSocket-Extensions: permessage-deflate, x\r\n',
      )
      .map((more) => `${(some.length < 4 ? WEBSOCKET : some).map((text) => `${text}\r\n`).join('')}${more}`),
  );

const body = fc.oneof(
  latin1(40),
  fc.constantFrom('{}', '', '0\r\n\r\n', 'GET /v1/files HTTP/1.1\r\n\r\n', 'x'.repeat(3_000)),
);
const chunkSize = often(
  fc.constant((size: number) => size.toString(16)),
  fc.constantFrom<((size: number) => string)[]>(
    (size) => `0${size.toString(16).toUpperCase()}`,
    (size) => `${size.toString(16)};a=b`,
    (size) => `${size.toString(16)};${'a'.repeat(300)}`,
    (size) => `${size.toString(16)} `,
    (size) => `+${size}`,
    (size) => `0x${size.toString(16)}`,
    (size) => (size + 1).toString(16),
    (size) => `-${size}`,
    () => 'ffffffffffffffff1',
  ),
  8,
);
const chunks = fc
  .tuple(
    fc.array(
      fc.tuple(
        latin1(20).filter((text) => text !== ''),
        chunkSize,
        often(fc.constant('\r\n'), fc.constantFrom('', '\n', '\r', 'x\r\n'), 25),
      ),
      { maxLength: 5 },
    ),
    often(fc.constant('0\r\n'), fc.constantFrom('', '00\r\n', '0;x\r\n', '0\n', '0'), 15),
    often(
      fc.constantFrom('\r\n', `Authorization: ${MARKER}\r\n\r\n`),
      fc.constantFrom('Content-Length: 3\r\n\r\n', 'X: y\n\r\n', ''),
      15,
    ),
  )
  .map(
    ([all, last, end]) =>
      `${all.map(([text, size, stop]) => `${size(text.length)}\r\n${text}${stop}`).join('')}${last}${end}`,
  );

/** The header lines for the framing, and what follows the head. */
const framed = fc.oneof(
  { weight: 20, arbitrary: fc.constant(['', '']) },
  { weight: 25, arbitrary: body.map((text) => [`Content-Length: ${text.length}\r\n`, text]) },
  { weight: 25, arbitrary: chunks.map((text) => ['Transfer-Encoding: chunked\r\n', text]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('+3', '3, 3', '0x3', '', '99999999999999999999', '3 ', '-1', '1e1', '30000'), body)
      .map(([length, text]) => [`Content-Length: ${length}\r\n`, text]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'gzip, chunked',
          'chunked, chunked',
          'identity',
          'Chunked',
          ' chunked',
          'chunked;q=1',
          'xchunked',
        ),
        chunks,
      )
      .map(([coding, text]) => [`Transfer-Encoding: ${coding}\r\n`, text]),
  },
  { weight: 1, arbitrary: chunks.map((text) => ['Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', text]) },
);

const host = often(
  fc.constant('Host: a\r\n'),
  fc.constantFrom('', 'Host: a\r\nHost: evil.example\r\n', 'Host:\r\n', 'Host: evil.example\r\n'),
  15,
);
const many = often(
  fc.constant(''),
  fc
    .tuple(
      fc.constantFrom('A:\r\n', 'Accept: a\r\n', 'X-Long: abcdefghijklmnop\r\n'),
      fc.constantFrom(50, 98, 101, 1_500),
    )
    .map(([text, count]) => text.repeat(count)),
  25,
);

const request = (provider: Provider): fc.Arbitrary<string> =>
  fc
    .record({
      to: target(provider),
      method: often(fc.constant(undefined), method, 12),
      version,
      host,
      many,
      lines: fc.array(line, { maxLength: 6 }),
      framed,
      websocketLines,
    })
    .map((random) => {
      const [framing = '', content = ''] = random.to.websocket ? [random.websocketLines] : random.framed;
      const start = `${random.method ?? random.to.method} ${random.to.target} ${random.version}\r\n`;
      return [start, random.host, ...random.lines, random.many, framing, '\r\n', content].join('');
    });

/** The octets of one connection: usually one request, at most three in a row. */
export function fuzzCase(provider: Provider): fc.Arbitrary<FuzzCase> {
  const requests = fc.oneof(
    { weight: 8, arbitrary: request(provider) },
    { weight: 1, arbitrary: fc.array(request(provider), { minLength: 2, maxLength: 3 }).map((all) => all.join('')) },
  );
  return fc
    .tuple(requests, mutations)
    .map(([text, all]) => ({ octets: all.reduce(mutate, text), mutated: all.length > 0 }));
}
