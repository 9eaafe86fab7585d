import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import { openRaw, post, send, sendRaw } from '../../../../testing/sidecar/client.ts';
import { eventually, INFERENCE, useSidecar, UNREAD } from '../../../../testing/sidecar/sidecar.ts';
import { accept, wish } from '../../../../testing/sidecar/websocket-handshake.ts';

const IDS = PROVIDERS.map(({ id }) => id);

describe('max-requests', () => {
  const t = useSidecar({ config: { budget: { maxRequests: 3 } } });

  test('counts what is sent to all providers together, and then refuses in the provider’s format', async () => {
    // Neither a health check nor a refusal by the api-proxy is a request to a provider.
    expect((await send(t.port('openai'), { path: '/health' })).status).toBe(200);
    expect((await send(t.port('openai'), { path: '/v1/files' })).status).toBe(403);
    for (const id of ['openai', 'gemini', 'openai'] as const) {
      expect((await post(t.port(id), INFERENCE[id], '{}')).status).toBe(200);
    }
    const message = 'The budget of this run is exhausted: max-requests allows 3 requests, and they are used up.';
    for (const provider of PROVIDERS) {
      const refused = await post(t.port(provider.id), INFERENCE[provider.id], '{}');
      expect(refused.status).toBe(provider.finalStatus);
      expect(refused.headers['x-should-retry']).toBe('false');
      expect(JSON.parse(refused.body.toString())).toEqual(
        provider.errorBody({ status: provider.finalStatus, code: 'budget_exhausted', message }),
      );
    }
    expect(t.upstream.requests).toHaveLength(3);
    const records = await t.records(4 + IDS.length);
    expect(records.slice(4)).toMatchObject(
      PROVIDERS.map(({ id: provider, finalStatus: status }) => ({
        provider,
        status,
        error: 'budget_exhausted',
        forwarded: false,
        level: 'warn',
      })),
    );
  });
});

describe('max-tokens', () => {
  const t = useSidecar({ config: { budget: { maxTokens: 150 } } });

  test('adds up prompts and answers, and refuses requests once the sum has reached it', async () => {
    t.upstream.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ usage: { input_tokens: 60, output_tokens: 15 } }));
    };
    for (let sent = 1; sent <= 2; sent++) {
      expect((await post(t.port('anthropic'), '/v1/messages', '{}')).status).toBe(200);
      await t.records(sent);
    }
    const refused = await post(t.port('openai'), '/v1/responses', '{}');
    expect(refused.status).toBe(400);
    expect(refused.body.toString()).toContain('max-tokens allows 150 tokens, and 150 are used.');
    expect(t.upstream.requests).toHaveLength(2);
  });
});

describe('max-tokens and a client that does not ask for a count', () => {
  const t = useSidecar({ config: { budget: { maxTokens: 50 } } });

  test('estimates them', async () => {
    t.upstream.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {}\n\n'.repeat(50));
    };
    expect((await post(t.port('openai'), '/v1/chat/completions', '{}')).status).toBe(200);
    await t.records(1);
    expect((await post(t.port('openai'), '/v1/chat/completions', '{}')).status).toBe(400);
  });
});

describe('max-tokens and a WebSocket', () => {
  const t = useSidecar({ config: { ...UNREAD, budget: { maxTokens: 80 } } });

  test('reads the usage of each answer in it, and ends it with the budget', async () => {
    const usage = JSON.stringify({ response: { model: 'm-1', usage: { input_tokens: 30, output_tokens: 10 } } });
    const frame = Buffer.concat([Buffer.from([0x81, usage.length]), Buffer.from(usage)]);
    t.upstream.upgrade = (request, socket) => {
      accept(request, socket);
      socket.on('data', () => socket.write(frame));
    };
    const { socket, received } = await openRaw(t.port('openai'), wish('/v1/responses'));
    for (let answers = 1; answers <= 2; answers++) {
      socket.write('x');
      await eventually('an answer', () => received().length === answers * frame.length);
    }
    await eventually('the end', () => socket.destroyed);
    expect((await t.records(1))[0]).toMatchObject({
      status: 101,
      error: 'budget_exhausted',
      requests: 2,
      model: 'm-1',
      usage: { inputTokens: 60, outputTokens: 20, cachedInputTokens: 0, estimated: false },
    });
    expect(await sendRaw(t.port('openai'), wish('/v1/responses'))).toMatchObject({ status: 400 });
  });
});

describe('max-requests and a WebSocket', () => {
  const t = useSidecar({ config: { ...UNREAD, budget: { maxRequests: 2 } } });

  test('counts each answer in it', async () => {
    t.upstream.upgrade = (request, socket) => {
      accept(request, socket);
      socket.on('data', () => socket.write('"usage":{"input_tokens":1}'));
    };
    const { socket } = await openRaw(t.port('openai'), wish('/v1/responses'));
    for (let asked = 0; !socket.destroyed && asked < 100; asked++) {
      socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const [record] = await t.records(1);
    expect(record).toMatchObject({ error: 'budget_exhausted', requests: 2, usage: { inputTokens: 2 } });
  });
});
