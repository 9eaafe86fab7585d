import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { post, send } from '../../../testing/sidecar/client.ts';
import { eventually, useSidecar, UNREAD } from '../../../testing/sidecar/sidecar.ts';

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe('streaming', () => {
  const t = useSidecar({ config: UNREAD });

  /** Sends a request and resolves with the answer's head, before its body. */
  async function open(method: string, headers: Record<string, string> = {}) {
    const request = httpRequest({
      host: '127.0.0.1',
      port: t.port('anthropic'),
      method,
      path: '/v1/messages',
      headers,
    });
    request.on('error', () => undefined);
    const response = (once(request, 'response') as Promise<[IncomingMessage]>).then(([message]) => message);
    // Some tests hang up before there is an answer.
    response.catch(() => undefined);
    return { request, response };
  }

  test('passes each event on as it arrives, octet for octet', async () => {
    const events = ['event: a\ndata: {"x":"\u00e9"}\n\n', ': ping\r\n\r\n', 'data: unfinished'];
    let next: (() => void) | undefined;
    t.upstream.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      let sent = 0;
      next = () => (sent < events.length ? response.write(events[sent++]) : response.end());
    };
    const { request, response } = await open('POST');
    request.end('{}');
    // The head arrives alone, before any octet of the body exists.
    const answer = await response;
    let received = '';
    answer.setEncoding('utf8').on('data', (text: string) => (received += text));
    for (let sent = 1; sent <= events.length; sent++) {
      next?.();
      await eventually(`event ${sent}`, () => received === events.slice(0, sent).join(''));
    }
    next?.();
    await once(answer, 'end');
    expect(answer.complete).toBe(true);
  });

  test('passes an upload on as it arrives', async () => {
    const { request, response } = await open('POST', { 'transfer-encoding': 'chunked' });
    for (const part of ['first', 'second']) {
      request.write(part);
      await eventually(`${part} upstream`, () => (t.upstream.requests[0]?.body.join('') ?? '').endsWith(part));
    }
    request.end();
    expect((await response).statusCode).toBe(200);
    expect(t.upstream.requests[0]).toMatchObject({ complete: true, headers: { 'transfer-encoding': 'chunked' } });
  });

  test('leaves compression and headers unchanged', async () => {
    const body = gzipSync('{"compressed":true}');
    t.upstream.handler = (request, response) => {
      request.resume();
      response.writeHead(
        200,
        'Very Well',
        [
          ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
          ['Set-Cookie', 'a=1'],
          ['Content-Encoding', 'gzip'],
          ['Set-Cookie', 'b=2'],
          ['X-RateLimit-Remaining', '7'],
          ['Content-Length', String(body.length)],
          ['Proxy-Authenticate', 'Basic'],
          ['X-This-Hop', '1'],
          ['Connection', 'x-this-hop, keep-alive, content-length'],
        ].flat(),
      );
      response.end(body);
    };
    const answer = await post(t.port('anthropic'), '/v1/messages', '{}');
    expect(answer.body.equals(body)).toBe(true);
    expect(answer.rawHeaders.slice(0, 12)).toEqual([
      ...['Date', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Set-Cookie', 'a=1', 'Content-Encoding', 'gzip'],
      ...['Set-Cookie', 'b=2', 'X-RateLimit-Remaining', '7', 'Content-Length', String(body.length)],
    ]);
    expect(answer.rawHeaders.slice(12).map((text) => text.toLowerCase())).not.toContain('x-this-hop');
    expect(answer.headers).not.toHaveProperty('proxy-authenticate');
  });

  test.each([400, 401, 403, 404, 413, 429, 500, 502, 503, 529])(
    'passes on an upstream %i with its body',
    async (status) => {
      t.upstream.handler = (request, response) => {
        request.resume();
        response.writeHead(status, { 'retry-after': '3' }).end(`upstream says ${status}`);
      };
      const answer = await post(t.port('openai'), '/v1/responses', '{}');
      expect({ status: answer.status, body: answer.body.toString(), retry: answer.headers['retry-after'] }).toEqual({
        status,
        body: `upstream says ${status}`,
        retry: '3',
      });
      expect(await t.records(1)).toMatchObject([{ status, upstreamStatus: status, error: null }]);
    },
  );

  test.each([301, 302, 303, 307, 308])('F7 passes on a %i and does not follow it', async (status) => {
    t.upstream.handler = (_, response) => response.writeHead(status, { location: 'https://evil.example/' }).end();
    const answer = await send(t.port('openai'), { path: '/v1/models' });
    expect(answer).toMatchObject({ status, headers: { location: 'https://evil.example/' } });
    expect(t.upstream.requests).toHaveLength(1);
  });

  test('passes answers without a body', async () => {
    t.upstream.handler = (request, response) =>
      request.method === 'HEAD'
        ? response.writeHead(200, { 'content-length': '12345' }).end()
        : response.writeHead(204).end();
    expect(await send(t.port('openai'), { method: 'HEAD' })).toMatchObject({ headers: { 'content-length': '12345' } });
    expect(await send(t.port('openai'), { method: 'POST', path: '/v1/embeddings' })).toMatchObject({ status: 204 });
    expect(t.upstream.requests.map(({ method }) => method)).toEqual(['HEAD', 'POST']);
  });

  test('carries 9 MB unchanged in both directions', async () => {
    t.upstream.handler = (request, response) => {
      response.writeHead(200);
      request.pipe(response);
    };
    const body = randomBytes(9 * 1024 * 1024);
    const answer = await post(t.port('openai'), '/v1/responses', body);
    expect(sha256(answer.body)).toBe(sha256(body));
    expect(await t.records(1)).toMatchObject([{ requestBytes: body.length, responseBytes: body.length }]);
  });

  test('does not buffer for a client that does not read', async () => {
    let written = 0;
    t.upstream.handler = (_, response) => {
      const fill = () => {
        do written += 64 * 1024;
        while (response.write(Buffer.alloc(64 * 1024)) && written < 256 * 1024 * 1024);
      };
      response.on('drain', fill);
      fill();
    };
    const client = connect(t.port('openai'), '127.0.0.1', () =>
      client.write('GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n'),
    );
    client.pause();
    await eventually('upstream writes', () => written > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBeLessThan(64 * 1024 * 1024);
    client.destroy();
    await eventually('upstream aborted', () => t.upstream.requests[0]?.aborted === true);
  });

  test('a client that hangs up ends the upstream request', async () => {
    t.upstream.handler = (_, response) => response.writeHead(200).write('partial');
    const { request, response } = await open('POST');
    request.end('{}');
    await once(await response, 'data');
    request.destroy();
    await eventually('upstream aborted', () => t.upstream.requests[0]?.aborted === true);
    expect(await t.records(1)).toMatchObject([{ status: 200, error: 'client_closed', responseBytes: 7 }]);
  });

  test('a client that hangs up before the answer ends it too', async () => {
    t.upstream.handler = () => undefined;
    const { request } = await open('POST');
    request.end('{}');
    await eventually('request upstream', () => t.upstream.requests[0]?.complete === true);
    request.destroy();
    await eventually('upstream aborted', () => t.upstream.requests[0]?.aborted === true);
    expect(await t.records(1)).toMatchObject([{ status: 0, upstreamStatus: null, error: 'client_closed' }]);
  });

  test.each([
    ['chunked', {}],
    ['counted', { 'content-length': '1000' }],
  ])(
    'an answer (%s) that breaks upstream also breaks for the client, after the part that had arrived',
    async (_, headers) => {
      t.upstream.handler = (__, response, socket) => {
        response.writeHead(200, headers);
        response.write('data: first\n\n', () => socket.destroy());
      };
      const { request, response } = await open('POST');
      request.end('{}');
      const answer = await response;
      let received = '';
      answer.on('data', (chunk: Buffer) => (received += chunk.toString()));
      await expect(once(answer, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(received).toBe('data: first\n\n');
      expect(answer.complete).toBe(false);
      expect(await t.records(1)).toMatchObject([{ status: 200, error: 'upstream_broken (ECONNRESET)' }]);
    },
  );

  test('an answer that arrives before the request is complete is passed on, and the connection stays usable', async () => {
    t.upstream.handler = (request, response) => {
      response.writeHead(401).end('no');
      request.resume();
    };
    const { request, response } = await open('POST', { 'content-length': '100000' });
    request.write('begin');
    const answer = await response;
    expect(answer.statusCode).toBe(401);
    answer.resume();
    await once(answer, 'end');
    request.end(Buffer.alloc(100_000 - 'begin'.length));
    t.upstream.handler = (_, again) => again.end();
    expect((await send(t.port('anthropic'))).status).toBe(200);
  });
});
