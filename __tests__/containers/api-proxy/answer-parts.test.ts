import { describe, expect, test } from 'vitest';
import { sendRaw } from '../../../testing/sidecar/client.ts';
import { realCredential, useSidecar } from '../../../testing/sidecar/sidecar.ts';

const GET = 'GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n';
const EARLY =
  'HTTP/1.1 103 early  hints\r\nLink: </a>\r\nlink: </b>; x="\xe9"\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
const chunked = (...trailers: string[]): string =>
  ['HTTP/1.1 200 OK', 'Connection: X-Hop', 'Transfer-Encoding: chunked', '', '2', '{}', '0', ...trailers, '', ''].join(
    '\r\n',
  );

describe('the parts of an answer other than its body', () => {
  const t = useSidecar();
  const answerWith = (octets: string): void => {
    t.upstream.handler = (_, __, socket) => socket.end(Buffer.from(octets, 'latin1'));
  };
  const get = (octets = GET) => sendRaw(t.port('openai'), octets);

  test('an interim answer comes before it, without hop-by-hop headers', async () => {
    answerWith(`${EARLY}HTTP/1.1 100 Continue\r\n\r\n${OK}`);
    const { text } = await get();
    const interim =
      'HTTP/1.1 103 early  hints\r\nLink: </a>\r\nlink: </b>; x="\xe9"\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n';
    expect(text.slice(0, interim.length)).toBe(interim);
    expect(text.slice(interim.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\{\}$/);
  });

  test('an HTTP/1.0 client gets no interim answer', async () => {
    answerWith(`${EARLY}${OK}`);
    expect((await get('GET /v1/models HTTP/1.0\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('trailers follow it, without hop-by-hop ones', async () => {
    answerWith(chunked('X-Sum: 1', 'x-sum: \xe9', 'Transfer-Encoding: gzip', 'X-hop: 1'));
    const { text } = await get();
    expect(text.slice(text.indexOf('\r\n\r\n'))).toBe('\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\nx-sum: \xe9\r\n\r\n');
  });

  test('a length in the trailers breaks it', async () => {
    answerWith(chunked('Content-Length: 5', 'X-Sum: 1'));
    const { text, closed } = await get();
    expect(text).not.toMatch(/X-Sum|\r\n0\r\n/);
    expect(closed).toBe(true);
  });

  test('an HTTP/1.0 client gets no trailers', async () => {
    answerWith(chunked('X-Sum: 1'));
    expect(await get('GET /v1/models HTTP/1.0\r\n\r\n')).toMatchObject({ body: '{}', closed: true });
  });

  test('F8 a credential in either is masked', async () => {
    const secret = realCredential('openai');
    answerWith(`HTTP/1.1 103 ${secret}\r\nLink: ${secret}\r\n\r\n${chunked(`X-Sum: ${secret}`)}`);
    const { text } = await get();
    expect(text).not.toContain(secret);
    expect(text.split('*'.repeat(secret.length))).toHaveLength(4);
  });

  test.each([
    ['an interim answer', `HTTP/1.1 103 x\r\nX: a\x01b\r\n\r\n${OK}`],
    ['a header', OK.replace('OK', 'OK\r\nX: a\x01b')],
    ['a trailer', chunked('X: a\x01b')],
    ['the reason', OK.replace('OK', 'O\x01K')],
    ['the reason of an interim answer', `HTTP/1.1 103 x\x01\r\n\r\n${OK}`],
  ])('a control character in %s breaks only this answer', async (_, octets) => {
    answerWith(octets);
    expect((await get()).text).not.toContain('\x01');
    answerWith(OK);
    expect(await get()).toMatchObject({ status: 200, body: '{}' });
  });

  test.each(['000', '099', '600', '999'])('the odd status %s breaks only this answer', async (status) => {
    answerWith(OK.replace('200', status));
    expect((await get()).text).toMatch(
      Number(status) < 100 ? /^HTTP\/1\.1 502 / : new RegExp(`^HTTP/1.1 ${status} OK`),
    );
    answerWith(OK);
    expect(await get()).toMatchObject({ status: 200, body: '{}' });
  });

  test('octets above 127 are not encoded again', async () => {
    answerWith('HTTP/1.1 200 \xe9\r\nX-Name: \xa4\xe9\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect((await get()).text).toMatch(/^HTTP\/1\.1 200 \xe9\r\nX-Name: \xa4\xe9\r\n/);
  });

  test('its head arrives even if its body is malformed from the first octet', async () => {
    answerWith('HTTP/1.1 200 OK\r\nX-Request-Id: r1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    expect(await get()).toMatchObject({ status: 200, headers: { 'x-request-id': 'r1' }, body: '', closed: true });
    expect(await t.records(1)).toMatchObject([
      { status: 200, error: expect.stringContaining('upstream_broken') as string },
    ]);
  });

  test('more headers arrive than Node keeps by default', async () => {
    answerWith(OK.replace('OK', `OK\r\n${'A: b\r\n'.repeat(3_000)}X-Last: 1`));
    const { text } = await get();
    expect(text.match(/^A: b\r$/gm)).toHaveLength(3_000);
    expect(text).toContain('\r\nX-Last: 1\r\n');
  });
});
