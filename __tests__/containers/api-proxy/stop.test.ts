import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import { openRaw } from '../../../testing/sidecar/client.ts';
import { eventually, useSidecar } from '../../../testing/sidecar/sidecar.ts';
import { agree, wish } from '../../../testing/sidecar/websocket-handshake.ts';

/** Sends a request, waits until its answer has begun, and also returns the upstream's side of it. */
async function streaming(t: ReturnType<typeof useSidecar>) {
  const upstream: ServerResponse[] = [];
  t.upstream.handler = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    upstream.push(response);
  };
  const request = httpRequest({ port: t.port('openai'), method: 'POST', path: '/v1/responses' }).end('{}');
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  answer.setEncoding('utf8').on('data', (data: string) => (text += data));
  answer.on('error', () => undefined);
  await eventually('the first event', () => text === 'data: 1\n\n');
  return { answer, text: () => text, upstream: upstream[0]! };
}

describe('the sidecar, when asked to stop', () => {
  const t = useSidecar({ limits: { stopGraceMs: 5_000 } });

  test('lets a request in progress finish, and accepts no other', async () => {
    const { answer, text, upstream } = await streaming(t);
    const closed = t.sidecar.close();
    const refused = httpRequest({ port: t.port('openai'), path: '/health' }).end();
    expect(((await once(refused, 'error')) as [{ code: string }])[0].code).toBe('ECONNREFUSED');
    upstream.end('data: 2\n\n');
    await once(answer, 'end');
    expect(text()).toBe('data: 1\n\ndata: 2\n\n');
    await closed;
    expect(await t.records(1)).toMatchObject([{ status: 200, error: null, responseBytes: 18 }]);
  });
});

describe('the sidecar, when the grace period is over', () => {
  const t = useSidecar({ limits: { stopGraceMs: 50 } });

  test('cuts off what is in progress, and writes its record to the log', async () => {
    const { answer } = await streaming(t);
    t.upstream.upgrade = agree();
    const { socket } = await openRaw(t.port('openai'), wish('/v1/responses'));
    const cut = new Promise((resolve) => answer.once('close', resolve));
    await t.sidecar.close();
    // The record must be in the log by now, not shortly after.
    const records = t.lines.filter((line): line is RequestRecord => 'durationMs' in line);
    expect(records.toSorted((a, b) => a.status - b.status)).toMatchObject([
      { path: '/v1/responses', status: 101, usage: null },
      { path: '/v1/responses', status: 200, error: 'client_closed', usage: { outputTokens: 1 } },
    ]);
    await cut;
    expect(answer.complete).toBe(false);
    await eventually('the end of the WebSocket', () => socket.destroyed);
  });
});
