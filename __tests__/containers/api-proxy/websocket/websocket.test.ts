import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { openRaw, sendRaw } from '../../../../testing/sidecar/client.ts';
import { eventually, realCredential, useSidecar, UNREAD } from '../../../../testing/sidecar/sidecar.ts';
import {
  agree,
  WEBSOCKET_ACCEPT as ACCEPT,
  WEBSOCKET_KEY as KEY,
  wish,
} from '../../../../testing/sidecar/websocket-handshake.ts';

describe('a WebSocket', () => {
  const t = useSidecar({ limits: { upstreamIdleMs: 300, handshakeMs: 300, concurrentRequests: 2 }, config: UNREAD });

  const opened: Socket[] = [];
  // Each one leaves a line in the log, which must not appear during the next test.
  afterEach(async () => {
    for (const socket of opened) socket.destroy();
    await t.records(opened.length);
    opened.length = 0;
  });

  async function open(octets: string, port = t.port('openai')) {
    const connection = await openRaw(port, octets);
    opened.push(connection.socket);
    return connection;
  }

  test('passes octets both ways, with the credential only in its handshake', async () => {
    t.upstream.upgrade = agree('X-Request-Id: r1');
    const { socket, head, received } = await open(
      wish('/v1/responses', 'Authorization: Bearer stolen', 'OpenAI-Beta: b', 'Origin: x'),
    );
    expect(head.split('\r\n')[0]).toBe('HTTP/1.1 101 Switching Protocols');
    const lines = head.toLowerCase().split('\r\n').slice(1);
    expect(lines.toSorted()).toEqual(
      [
        `sec-websocket-accept: ${ACCEPT.toLowerCase()}`,
        'connection: upgrade',
        'upgrade: websocket',
        'x-request-id: r1',
      ].toSorted(),
    );
    const { rawHeaders, url } = t.upstream.requests[0]!;
    expect(url).toBe('/v1/responses');
    expect(rawHeaders).toEqual(
      [
        ['host', 'api.openai.com', 'openai-beta', 'b', 'authorization', `Bearer ${realCredential('openai')}`],
        ['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13', 'sec-websocket-key', KEY],
      ].flat(),
    );
    for (const frame of ['\x81\x03abc', '\0\xff\r\n\r\n', 'x'.repeat(100_000)]) {
      const before = received().length;
      socket.write(Buffer.from(frame, 'latin1'));
      await eventually('the echo', () => received().length === before + frame.length);
      expect(received().slice(before)).toBe(frame);
    }
    expect(await t.records(0)).toEqual([]);
    socket.end();
    const octets = 5 + 6 + 100_000;
    expect(await t.records(1)).toMatchObject([
      {
        path: '/v1/responses',
        status: 101,
        upstreamStatus: 101,
        error: null,
        requestBytes: octets,
        responseBytes: octets,
      },
    ]);
  });

  test.each([
    ['openai', '/v1/realtime?model=m', '/v1/realtime?model=m'],
    [
      'gemini',
      // The spelling of @google/genai 3.1.0.
      '//ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=stolen',
      '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent',
    ],
  ] as const)('%s: %s', async (id, target, forwarded) => {
    t.upstream.upgrade = agree();
    await open(wish(target), t.port(id));
    expect(t.upstream.requests[0]!.url).toBe(forwarded);
    expect(t.upstream.requests[0]!.rawHeaders.join()).toContain(realCredential(id));
  });

  test('works with a real client', async () => {
    t.upstream.upgrade = (request, socket) => {
      agree('Sec-WebSocket-Protocol: realtime')(request, socket);
      socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
    };
    const client = new WebSocket(`ws://127.0.0.1:${t.port('openai')}/v1/realtime?model=m`, ['realtime', 'x']);
    const [event] = (await once(client, 'message')) as [{ data: string }];
    expect([event.data, client.protocol]).toEqual(['hi', 'realtime']);
    client.close();
    expect(await t.records(1)).toMatchObject([{ status: 101 }]);
  });

  test('drops the key that a browser hides among its subprotocols', async () => {
    t.upstream.upgrade = agree('Sec-WebSocket-Protocol: realtime');
    const protocols = 'realtime, openai-insecure-api-key.sk-stolen, openai-beta.realtime-v1,sk-stolen';
    const { head } = await open(wish('/v1/realtime', `Sec-WebSocket-Protocol: ${protocols}`));
    expect(t.upstream.requests[0]!.headers['sec-websocket-protocol']).toBe('realtime, openai-beta.realtime-v1');
    expect(head).toContain('Sec-WebSocket-Protocol: realtime');
  });

  test('forwards no extensions', async () => {
    const extensions = 'permessage-deflate; client_max_window_bits, x-tunnel; a=b, permessage-deflate; x="y"';
    await open(wish('/v1/responses', `Sec-WebSocket-Extensions: ${extensions}`));
    expect(t.upstream.requests).toHaveLength(1);
    expect(t.upstream.requests[0]!.headers).not.toHaveProperty('sec-websocket-extensions');
  });

  test.each([
    ['another accept', () => agreeWith('Sec-WebSocket-Accept: AAAA')],
    ['a subprotocol that was not offered', () => agree('Sec-WebSocket-Protocol: x')],
    ['a transfer coding', () => agree('Transfer-Encoding: gzip')],
    ['an extension that was not offered', () => agree('Sec-WebSocket-Extensions: permessage-deflate')],
  ])('that the upstream opens with %s is not passed on', async (_, upgrade) => {
    t.upstream.upgrade = upgrade();
    const { head } = await open(wish('/v1/responses'));
    expect(head).toMatch(/^HTTP\/1\.1 502 /);
    expect(await t.records(1)).toMatchObject([{ status: 502, upstreamStatus: 101, error: 'upstream_bad_response' }]);
  });

  const agreeWith = (line: string) => (_: IncomingMessage, socket: Duplex) =>
    socket.write(`HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${line}\r\n\r\n`);

  test.each([200, 302, 400, 404, 405, 426, 500, 501, 502, 503])(
    'that the upstream refuses with %i: 426, at once, whereupon Codex uses plain HTTP',
    async (status) => {
      t.upstream.handler = (_, response) =>
        response.writeHead(status, { 'x-request-id': 'r1' }).end('upstream says no');
      const answer = await sendRaw(t.port('openai'), wish('/v1/responses'));
      expect(answer).toMatchObject({ status: 426, closed: true, headers: { upgrade: 'websocket' } });
      expect(answer.body).toContain(`it answered ${status}. Use plain HTTP.`);
      expect(await t.records(1)).toMatchObject([{ status: 426, upstreamStatus: status, error: 'upgrade_refused' }]);
    },
  );

  test('that the upstream does not answer: 426 after a limit of its own', async () => {
    t.upstream.handler = () => undefined;
    t.upstream.upgrade = () => undefined;
    const answer = await sendRaw(t.port('openai'), wish('/v1/responses'), 3_000);
    expect(answer).toMatchObject({ status: 426, closed: true });
    expect(answer.body).toContain('it did not answer in time');
    expect(await t.records(1)).toMatchObject([{ status: 426, upstreamStatus: null, error: 'upgrade_refused' }]);
  });

  test.each([401, 403, 429])('that the upstream refuses with %i: its status and body, at once', async (status) => {
    t.upstream.handler = (_, response) => response.writeHead(status, { 'x-request-id': 'r1' }).end('upstream says no');
    const startedAt = performance.now();
    const answer = await sendRaw(t.port('openai'), wish('/v1/responses'));
    expect(performance.now() - startedAt).toBeLessThan(250);
    expect(answer).toMatchObject({ status, closed: true, headers: { 'x-request-id': 'r1', connection: 'close' } });
    expect(answer.body).toContain('upstream says no');
    expect(await t.records(1)).toMatchObject([{ status, upstreamStatus: status, error: null, responseBytes: 16 }]);
  });

  test.each([
    ['where there is none', wish('/v1/models'), 403, 'endpoint_not_allowed'],
    ['of a provider that has none', wish('/v1/messages'), 403, 'endpoint_not_allowed'],
    ['with an unlisted query', wish('/v1/realtime?x=1'), 403, 'query_not_allowed'],
    ['by HTTP/1.0', wish('/v1/responses').replace('HTTP/1.1', 'HTTP/1.0'), 403, 'endpoint_not_allowed'],
    ['by HTTP/2.0', wish('/v1/responses').replace('HTTP/1.1', 'HTTP/2.0'), 400, 'malformed_request'],
    ['of another version', wish('/v1/responses', 'Sec-WebSocket-Version: 8'), 426, 'upgrade_refused'],
    ['with two versions', wish('/v1/responses', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 8'), 426, ''],
    ['with a short key', wish('/v1/responses', 'Sec-WebSocket-Key: AAAA'), 400, 'malformed_request'],
    ['with two keys', wish('/v1/responses', `Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Key: ${KEY}`), 400, ''],
    ['by another method', wish('/v1/responses').replace('GET', 'POST'), 400, ''],
    ['with a body', `${wish('/v1/responses', 'Content-Length: 2')}{}`, 400, ''],
    ['with two Hosts', wish('/v1/responses', 'Host: a', 'Host: b'), 400, ''],
    ['with octets before the answer', `${wish('/v1/responses')}GET /v1/files HTTP/1.1\r\n\r\n`, 400, ''],
  ])('%s is refused, and nothing goes upstream', async (_, octets, status, code) => {
    t.upstream.upgrade = agree();
    const answer = await sendRaw(t.port('openai'), octets);
    expect(answer).toMatchObject({ status, closed: true });
    expect(answer.body).toContain(code);
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ status, upstreamStatus: null }]);
  });

  test.each([
    ['a refusal', 'GET /v1/files HTTP/1.1\r\nHost: a\r\n\r\n', 403],
    ['a health check', 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n', 200],
    ['a request that is under way', 'GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n', 0],
    ['a refused method', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    [
      'a pipelined upload',
      `GET /v1/files HTTP/1.1\r\nHost: a\r\n\r\nPOST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx`,
      403,
    ],
  ])('in the same packet after %s ends only the connection', async (_, first, status) => {
    t.upstream.upgrade = agree();
    const answer = await sendRaw(t.port('openai'), first + wish('/v1/responses'));
    expect(answer).toMatchObject({ status, closed: true });
    expect(t.upstream.requests.filter(({ headers }) => headers.upgrade)).toEqual([]);
    const { head } = await open(wish('/v1/responses'));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    await t.records(1);
  });

  test('is ended by octets that come before the answer', async () => {
    t.upstream.upgrade = () => undefined;
    const socket: Socket = connect(t.port('openai'), '127.0.0.1', () => socket.write(wish('/v1/responses')));
    await eventually('the handshake upstream', () => t.upstream.requests.length === 1);
    socket.write('x');
    socket.resume();
    await once(socket, 'close');
    expect(await t.records(1)).toMatchObject([{ status: 0, error: 'client_closed' }]);
  });

  test('ends on one side when it ends on the other', async () => {
    let upstream: Duplex | undefined;
    t.upstream.upgrade = (request, socket, head) => {
      agree()(request, socket);
      upstream = socket;
      expect(head).toHaveLength(0);
    };
    const first = await open(wish('/v1/responses'));
    first.socket.destroy();
    await eventually('the upstream side closed', () => upstream!.destroyed);
    const second = await open(wish('/v1/responses'));
    upstream!.destroy();
    await once(second.socket, 'close');
    expect((await t.records(2)).map(({ status }) => status)).toEqual([101, 101]);
  });

  test('is cut off when silent, but not while busy', async () => {
    t.upstream.upgrade = agree();
    const { socket } = await open(wish('/v1/responses'));
    const timer = setInterval(() => socket.write('x'), 50);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(socket.destroyed).toBe(false);
    clearInterval(timer);
    await once(socket, 'close');
    expect(await t.records(1)).toMatchObject([{ status: 101, error: 'websocket_timeout' }]);
  });

  test('counts as a request in progress', async () => {
    t.upstream.upgrade = agree();
    const held = await Promise.all([open(wish('/v1/responses')), open(wish('/v1/responses'))]);
    expect((await open(wish('/v1/responses'))).head).toMatch(/^HTTP\/1\.1 429 /);
    for (const { socket } of held) socket.destroy();
    await t.records(3);
    const { head } = await open(wish('/v1/responses'));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
  });

  test('does not delay the sidecar’s exit', async () => {
    t.upstream.upgrade = agree();
    const { socket } = await open(wish('/v1/responses'));
    const closed = once(socket, 'close');
    await t.sidecar.close();
    await closed;
    expect(await t.records(1)).toMatchObject([{ status: 101 }]);
  });
});
