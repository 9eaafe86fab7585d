import { describe, expect, test } from 'vitest';
import { sendRaw } from '../../../../testing/sidecar/client.ts';
import { eventually, useSidecar } from '../../../../testing/sidecar/sidecar.ts';

const GET = (target: string, ...lines: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n');
const POST = (body: string, ...lines: string[]): string =>
  ['POST /v1/responses HTTP/1.1', 'Host: a', ...lines, '', body].join('\r\n');
const EMPTY_CHUNKED = '0\r\n\r\n';

describe('admission', () => {
  const t = useSidecar({ limits: { headTimeoutMs: 150, checkIntervalMs: 20 } });
  const send = (octets: string) => sendRaw(t.port('openai'), octets);

  test.each([
    ['F1 TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['F1 OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['F1 CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n', 405],
    ['F1 PROPFIND', 'PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['F1 an unknown method', 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['F1 HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['HTTP/2.0 on a request line', 'GET /v1/models HTTP/2.0\r\nHost: a\r\n\r\n', 400],
    ['HTTP/0.9 on a request line', 'GET /v1/models HTTP/0.9\r\nHost: a\r\n\r\n', 400],
    ['F2 two leading slashes', GET('//evil.example/x'), 403],
    ['F2 two leading slashes and a port', GET('//evil.example:443/v1/models'), 403],
    ['F2 two leading slashes, one encoded', GET('/%2fevil.example/v1/models'), 400],
    ['F2 three leading slashes', GET('///v1/models'), 400],
    ['F9 dot segments behind two slashes', GET('//../v1/models'), 400],
    ['F2 a backslash', GET('/\\evil.example'), 400],
    ['F2 absolute form', GET('http://evil.example/x'), 400],
    ['F2 absolute form, https', GET('https://evil.example/x'), 400],
    ['F2 two Hosts', GET('/v1/models', 'Host: b'), 400],
    ['F2 two equal Hosts', GET('/v1/models', 'host: a'), 400],
    ['F2 no Host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400],
    ['F2 a user in front', GET('/@evil.example//x'), 400],
    ['F2 no slash', GET('v1/x'), 400],
    ['F5 length and chunked', POST(EMPTY_CHUNKED, 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['F5 chunked and length', POST(EMPTY_CHUNKED, 'Transfer-Encoding: chunked', 'Content-Length: 5'), 400],
    ['F5 two lengths', POST('abc', 'Content-Length: 3', 'Content-Length: 3'), 400],
    ['F5 two different lengths', POST('abc', 'Content-Length: 3', 'Content-Length: 4'), 400],
    ['F5 a list of lengths', POST('abc', 'Content-Length: 3, 3'), 400],
    ['F5 a signed length', POST('abc', 'Content-Length: +3'), 400],
    ['F5 another coding', POST(EMPTY_CHUNKED, 'Transfer-Encoding: gzip, chunked'), 400],
    [
      'F5 another coding on a line of its own',
      POST(EMPTY_CHUNKED, 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['F5 chunked twice', POST(EMPTY_CHUNKED, 'Transfer-Encoding: chunked, chunked'), 400],
    ['F5 identity', POST('', 'Transfer-Encoding: identity'), 400],
    [
      'F5 chunked in HTTP/1.0',
      `POST /v1/responses HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${EMPTY_CHUNKED}`,
      400,
    ],
    ['F5 a space before the colon', POST('abc', 'Content-Length : 3'), 400],
    ['F5 a folded line', POST('abc', 'Content-Length: 3', 'X: a', ' b'), 400],
    [
      'F5 oversized chunk extensions',
      POST(`1;${'a'.repeat(20_000)}\r\nx\r\n${EMPTY_CHUNKED}`, 'Transfer-Encoding: chunked'),
      400,
    ],
    ['F5 a chunk that lies', POST('zz\r\nabc\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'), 400],
    ['F6 NUL in the path', GET('/v1/\0x'), 400],
    ['F6 a line feed in the path', GET('/v1/\nx'), 400],
    ['F6 NUL in a header', GET('/v1/models', 'X-Request-Id: a\0b'), 400],
    ['F6 a bare CR in a header', GET('/v1/models', 'X-Request-Id: a\rAuthorization: b'), 400],
    ['F6 a high octet in the path', GET('/v1/\xe9'), 400],
    ['F9 dot segments', GET('/v1/../v1/files'), 400],
    ['F9 one dot', GET('/v1/./files'), 400],
    ['F9 dots at the end', GET('/v1/..'), 400],
    ['F9 encoded dots', GET('/v1/%2e%2E/files'), 400],
    ['F9 half encoded dots', GET('/v1/.%2e/files'), 400],
    ['F9 a path parameter', GET('/v1/..;/files'), 400],
    ['F9 an encoded path parameter', GET('/v1/..%3b/files'), 400],
    ['F9 double encoding', GET('/v1/%252e%252e/files'), 400],
    ['F9 an escape that decoding makes', GET('/v1/%2%35%32e/files'), 400],
    ['F9 an encoded slash', GET('/v1%2ffiles'), 400],
    ['F9 an encoded backslash', GET('/v1%5Cfiles'), 400],
    ['F9 an encoded NUL', GET('/v1/models%00'), 400],
    ['F9 an encoded line break', GET('/v1/models%0d%0aX: y'), 400],
    ['F9 an overlong dot', GET('/v1/%c0%ae%c0%ae/files'), 400],
    ['F9 a full-width dot', GET('/v1/%ef%bc%8e%ef%bc%8e/files'), 400],
    ['F9 an encoded question mark', GET('/v1/models%3fkey=y'), 400],
    ['F9 no hexadecimal digits', GET('/v1/%zz'), 400],
    ['F9 a fragment', GET('/v1/models#/../files'), 400],
    ['F9 an inner empty segment', GET('/v1//files'), 400],
    ['an unknown expectation', POST('abc', 'Content-Length: 3', 'Expect: 200-maybe'), 417],
    [
      'a head that is too large',
      GET('/v1/models', ...Array.from({ length: 20 }, () => `X-A: ${'a'.repeat(1_000)}`)),
      431,
    ],
    ['one header line too many', GET('/v1/models', ...Array<string>(100).fill('A:')), 431],
    ['as many header lines as the head has room for', GET('/v1/models', ...Array<string>(4_000).fill('A:')), 431],
    [
      'one header line too many, of a WebSocket',
      GET('/v1/responses', 'Connection: Upgrade', 'Upgrade: websocket', ...Array<string>(98).fill('A:')),
      431,
    ],
  ])('%s is refused and nothing goes upstream', async (_, octets, status) => {
    const answer = await send(octets);
    expect(answer.status).toBe(status);
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(['error']);
    // A body that becomes malformed after its head may have started to flow, but it never completes.
    expect(t.upstream.requests.filter(({ complete }) => complete)).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ status, upstreamStatus: null }]);
  });

  test.each([
    [GET('/v1/../v1/files'), 'The path has a dot segment.'],
    [GET('/v1//files'), 'The path has an empty segment or a character that is not allowed.'],
    [GET('/v1/models?a=b#c'), 'The query has a character that is not allowed.'],
    [
      POST('abc', 'Content-Length: 3', 'Expect: 200-maybe'),
      'The only Expect that the api-proxy accepts is 100-continue.',
    ],
  ])('%j is refused with its reason', async (octets, reason) => {
    expect((await send(octets)).body).toContain(reason);
  });

  test.each([
    ['/v1/%6dodels', '/v1/models'],
    ['/v1/models/a%3Ab', '/v1/models/a:b'],
    ['/v1/models/a%20b%5b', '/v1/models/a%20b%5B'],
    ['/v1/models/...', '/v1/models/...'],
    ['/v1/models?api-version=//..%2e&%61pi-version=\\', '/v1/models?api-version=//..%2e&%61pi-version=\\'],
    ['/v1/models?', '/v1/models'],
    ['//v1/models', '/v1/models'],
  ])('F9 %s goes upstream as %s', async (target, forwarded) => {
    expect((await send(GET(target))).status).toBe(200);
    expect(t.upstream.requests[0]!.url).toBe(forwarded);
  });

  test('F3 forwards no headers about another request', async () => {
    const names = ['X-Forwarded-Host', 'X-Forwarded-For', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL'];
    const hopByHop = ['TE', 'Trailer', 'Keep-Alive', 'Proxy-Connection', 'Upgrade', 'Via', 'Origin'];
    const override = ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method'];
    const lines = [...names, ...hopByHop, ...override].map((name) => `${name}: evil`);
    expect((await send(GET('/v1/models', ...lines, 'Accept: a/b', 'Accept-Encoding: br'))).status).toBe(200);
    const sent = t.upstream.requests[0]!.rawHeaders.filter((__, i) => i % 2 === 0);
    expect(sent.map((name) => name.toLowerCase()).sort()).toEqual(
      ['accept', 'accept-encoding', 'authorization', 'connection', 'host'].sort(),
    );
  });

  test('a request with the largest permitted number of header lines passes', async () => {
    const answer = await send(GET('/v1/models', ...Array<string>(98).fill('A:'), 'Accept: a/b'));
    expect(answer.status).toBe(200);
    expect(t.upstream.requests[0]!.headers).toMatchObject({ accept: 'a/b' });
  });

  test('F2 the upstream never sees another Host', async () => {
    await send('GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(t.upstream.requests[0]!.headers.host).toBe('api.openai.com');
  });

  test('trailers do not become headers', async () => {
    const body = '2\r\n{}\r\n0\r\nAuthorization: stolen\r\nX-Request-Id: stolen\r\n\r\n';
    expect((await send(POST(body, 'Transfer-Encoding: chunked', 'Trailer: Authorization'))).status).toBe(200);
    expect(JSON.stringify(t.upstream.requests[0]!.rawHeaders)).not.toContain('stolen');
  });

  test('a body that turns out to be malformed ends the upstream request', async () => {
    const head = POST('2\r\n{}\r\n', 'Transfer-Encoding: chunked');
    t.upstream.handler = () => undefined;
    expect((await send(`${head}zz\r\n`)).status).toBe(400);
    await eventually('upstream request aborted', () => t.upstream.requests.every(({ aborted }) => aborted));
  });

  test('D2 of a thousand requests in a row, no more than two get as far as the log', async () => {
    await sendRaw(t.port('openai'), POST('{}', 'Content-Length: 2') + GET('/v1/models').repeat(1_000));
    expect((await t.records(1)).length).toBeLessThanOrEqual(2);
    expect((await send(GET('/health'))).status).toBe(200);
  });

  test('a second request before the first answer is refused, and the first one is answered', async () => {
    const answer = await send(GET('/v1/models/first') + GET('/v1/models/second'));
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(answer.closed).toBe(true);
    expect(t.upstream.requests.map(({ url }) => url)).toEqual(['/v1/models/first']);
  });

  // The trailer makes Node's parser pause. During that pause the refusal is sent, before the next request is parsed.
  test.each([
    ['two codings', POST('0\r\nX: y\r\n\r\n', 'Transfer-Encoding: gzip, chunked')],
    ['a coding that is none', POST('0\r\nX: y\r\n\r\n', 'Transfer-Encoding: x', 'Transfer-Encoding: chunked')],
    ['a body and two Hosts', POST('0\r\nX: y\r\n\r\n', 'Transfer-Encoding: chunked', 'Host: b')],
  ])('F5 nothing after a request with %s in the same packet goes upstream', async (_, first) => {
    // With an open tunnel, a smuggled request would arrive before its connection is closed.
    await send(GET('/v1/models'));
    const answer = await send(first + GET('/v1/models/smuggled'));
    expect(answer).toMatchObject({ status: 400, closed: true });
    await send(GET('/v1/models'));
    expect(t.upstream.requests.map(({ url }) => url)).toEqual(['/v1/models', '/v1/models']);
  });

  test('any other upgrade is ignored, as HTTP permits', async () => {
    const answer = await send(POST('{}', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'Content-Length: 2'));
    expect(answer.status).toBe(200);
    expect(t.upstream.requests[0]!.headers).not.toHaveProperty('upgrade');
  });

  test('the api-proxy itself answers Expect: 100-continue', async () => {
    const answer = await send(POST('{}', 'Content-Length: 2', 'Expect: 100-continue'));
    expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(t.upstream.requests[0]!.headers).not.toHaveProperty('expect');
  });

  test('HTTP/1.0 passes', async () => {
    const answer = await send('GET /v1/models HTTP/1.0\r\n\r\n');
    expect(answer).toMatchObject({ status: 200, body: '{"ok":true}', closed: true });
  });

  test('D2 a slow head is cut off, and others are answered meanwhile', async () => {
    const [slow, silent, other] = await Promise.all([
      sendRaw(t.port('openai'), 'GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Slow: ', 1_000),
      sendRaw(t.port('openai'), '', 1_000),
      send(GET('/v1/models')),
    ]);
    expect(slow).toMatchObject({ status: 408, closed: true });
    expect(silent.closed).toBe(true);
    expect(other.status).toBe(200);
  });
});
