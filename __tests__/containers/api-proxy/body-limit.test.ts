import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../../src/shared/providers.ts';
import { post, send, sendRaw } from '../../../testing/sidecar/client.ts';
import { eventually, INFERENCE, useSidecar, UNREAD } from '../../../testing/sidecar/sidecar.ts';

const LIMIT = 100_000;
const CHUNK = `2710\r\n${'x'.repeat(10_000)}\r\n`;

describe('D3 the limit of a request body', () => {
  const t = useSidecar({ config: { ...UNREAD, maxBodyBytes: LIMIT } });

  test('accepts a body of exactly that length', async () => {
    expect((await post(t.port('openai'), '/v1/responses', Buffer.alloc(LIMIT))).status).toBe(200);
    expect(Buffer.concat(t.upstream.requests[0]!.body)).toHaveLength(LIMIT);
    const chunked = { 'transfer-encoding': 'chunked' };
    expect((await post(t.port('openai'), '/v1/responses', Buffer.alloc(LIMIT), chunked)).status).toBe(200);
  });

  test.each(PROVIDERS)('$id: refuses a longer one at once, by its declared length', async ({ id, errorBody }) => {
    const head = `POST ${INFERENCE[id]} HTTP/1.1\r\nHost: a\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`;
    const answer = await sendRaw(t.port(id), head);
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    const shape = errorBody({ status: 413, code: 'body_too_large', message: 'M' }) as object;
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(Object.keys(shape));
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ status: 413 }]);
  });

  test('refuses a longer one without a length once its octets have been counted', async () => {
    const head = 'POST /v1/responses HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await sendRaw(t.port('openai'), head + CHUNK.repeat(11));
    expect(answer.status).toBe(413);
    await eventually('upstream aborted', () => t.upstream.requests.every(({ aborted }) => aborted));
    expect(t.upstream.requests.some(({ complete }) => complete)).toBe(false);
    expect(await t.records(1)).toMatchObject([{ status: 413, error: 'body_too_large' }]);
  });

  test('refuses before 100 Continue, so that the body is never sent', async () => {
    const lines = [`Content-Length: ${LIMIT + 1}`, 'Expect: 100-continue'];
    const answer = await sendRaw(
      t.port('openai'),
      `POST /v1/responses HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
    expect(answer.text).not.toContain('100 Continue');
    expect(await t.records(1)).toMatchObject([{ status: 413 }]);
  });

  test('a client that sends all of it first can still read the refusal', async () => {
    const answer = await post(t.port('openai'), '/v1/responses', Buffer.alloc(8 * 1024 * 1024));
    expect(answer.status).toBe(413);
  });

  /** Resolves once the server has ended the connection. */
  const sendForEver = (path: string, start: 'at once' | 'after the answer' = 'at once'): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(t.port('openai'), '127.0.0.1');
      let timer: NodeJS.Timeout | undefined;
      const send = (): void => {
        timer = setInterval(() => socket.write(CHUNK), 1);
      };
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}`);
      if (start === 'at once') send();
      else socket.once('data', send);
      socket.resume();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(timer);
        resolve();
      });
    });

  test('a client that never stops sending is cut off', async () => {
    await sendForEver('/v1/chat/completions');
    await eventually('its record', () =>
      t.lines.some((line) => 'path' in line && line.path === '/v1/chat/completions'),
    );
    expect(t.lines).toContainEqual(
      expect.objectContaining({ path: '/v1/chat/completions', status: 413, upstreamStatus: null }),
    );
  });

  test('a client that never stops sending after an early answer is cut off', async () => {
    t.upstream.handler = (_, response) => response.writeHead(401).end();
    await sendForEver('/v1/embeddings', 'after the answer');
    await t.records(1);
    expect(t.lines).toContainEqual(
      expect.objectContaining({ path: '/v1/embeddings', status: 401, upstreamStatus: 401 }),
    );
  });
});

describe('D2 many requests at once', () => {
  const t = useSidecar({ limits: { concurrentRequests: 2 } });

  test('are refused beyond the limit, and the sidecar recovers', async () => {
    const release: (() => void)[] = [];
    t.upstream.handler = (_, response) => release.push(() => response.end());
    const held = [send(t.port('openai')), send(t.port('openai'))];
    await eventually('two under way', () => release.length === 2);
    expect((await send(t.port('openai'))).status).toBe(429);
    for (const end of release) end();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    t.upstream.handler = (_, response) => response.end();
    expect((await send(t.port('openai'))).status).toBe(200);
  });

  test('are answered despite 1,000 idle connections', async () => {
    const idle = Array.from({ length: 1_000 }, () => connect(t.port('openai'), '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect((await send(t.port('openai'))).status).toBe(200);
    expect((await send(t.port('openai'), { path: '/health' })).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });
});
