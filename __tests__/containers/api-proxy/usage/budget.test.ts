import type { OutgoingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../../containers/api-proxy/src/usage/budget.ts';
import type { Notice } from '../../../../src/shared/notice.ts';
import type { OwnPrice } from '../../../../src/shared/prices.ts';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import { NO_USAGE } from '../../../../src/shared/usage.ts';
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

/** The notices in a sidecar's log. */
const noticesIn = (lines: readonly object[]): Partial<Notice>[] =>
  lines.filter((line): line is Notice => 'event' in line && line.event === 'budget-warning');

test('each model is told once, when it has used tokens', () => {
  const notices: Notice[] = [];
  const budget = new Budget({}, (notice) => notices.push(notice));
  const charge = (model: string | null, inputTokens = 1): void => {
    budget.charge({ provider: 'openai', model, usage: { ...NO_USAGE, inputTokens } });
  };
  for (const model of ['a', 'a', null, null]) charge(model);
  charge('unused', 0);
  budget.charge({ provider: 'copilot', model: 'a', usage: { ...NO_USAGE, outputTokens: 1 } });
  expect(notices).toEqual([
    { event: 'model-used', provider: 'openai', model: 'a' },
    { event: 'model-used', provider: 'openai', model: null },
    { event: 'model-used', provider: 'copilot', model: 'a' },
  ]);
  for (let index = 0; index < 5_000; index++) charge(`m-${index}`);
  expect(notices).toHaveLength(1_000);
});

const JSON_TYPE: OutgoingHttpHeaders = { 'content-type': 'application/json' };
/** An answer of Claude Haiku 4.5 that costs 0.01 dollars: 5,000 tokens of input at 1 dollar a million, 1,000 of output at 5. */
const CENT = JSON.stringify({ model: 'claude-haiku-4-5', usage: { input_tokens: 5_000, output_tokens: 1_000 } });

describe('max-cost-usd', () => {
  const t = useSidecar({ config: { budget: { maxCostUsd: 0.05 } } });

  test('adds up costs, warns once at 80 %, and refuses requests once the sum has reached it', async () => {
    t.upstream.handler = (_, response) => response.writeHead(200, JSON_TYPE).end(CENT);
    for (let sent = 1; sent <= 5; sent++) {
      expect((await post(t.port('anthropic'), '/v1/messages', '{}')).status).toBe(200);
      await t.records(sent);
      await eventually('the prices', () => sent !== 4 || noticesIn(t.lines).length === 1);
      expect(noticesIn(t.lines)).toHaveLength(sent < 4 ? 0 : 1);
    }
    expect(noticesIn(t.lines)[0]).toMatchObject({ limit: 'max-cost-usd', allowed: 0.05 });
    const refused = await post(t.port('anthropic'), '/v1/messages', '{}');
    expect(refused.status).toBe(402);
    expect(JSON.parse(refused.body.toString())).toEqual({
      type: 'error',
      error: {
        type: 'billing_error',
        message: 'The budget of this run is exhausted: max-cost-usd allows $0.0500, and $0.0500 are used.',
      },
    });
    expect(t.upstream.requests).toHaveLength(5);
  });
});

const MINE: OwnPrice = { model: 'mine-*', input: 1, output: 10, cachedInput: 1, cacheWrite: 1, hourCacheWrite: 1 };

describe('max-cost-usd and a model whose price nobody knows', () => {
  const t = useSidecar({ config: { budget: { maxCostUsd: 100 }, prices: [MINE] } });

  test('ends the budget, for all providers, and says what to write', async () => {
    const answer = (model: string | undefined): void => {
      t.upstream.handler = (_, response) =>
        response.writeHead(200, JSON_TYPE).end(JSON.stringify({ model, usage: { input_tokens: 1, output_tokens: 1 } }));
    };
    answer('mine-1');
    expect((await post(t.port('openai'), '/v1/responses', '{}')).status).toBe(200);
    // The request's own name counts if the answer has none.
    answer(undefined);
    expect((await post(t.port('openai'), '/v1/responses', '{"model":"mine-2"}')).status).toBe(200);
    answer('new-model');
    expect((await post(t.port('openai'), '/v1/responses', '{}')).status).toBe(200);
    await t.records(3);
    for (const { id, finalStatus } of PROVIDERS) {
      const refused = await post(t.port(id), INFERENCE[id], '{}');
      expect(refused.status).toBe(finalStatus);
      expect(refused.body.toString()).toContain(
        'nobody knows the price of new-model. Add it to prices, in dollars per million tokens: ',
      );
    }
    expect((await t.records(7)).slice(3).map(({ error }) => error)).toEqual(IDS.map(() => 'price_unknown'));
  });
});

describe('max-cost-usd and an answer that names no model', () => {
  const t = useSidecar({ config: { budget: { maxCostUsd: 100 } } });

  test('is priced by the model in the path, or else ends the budget', async () => {
    t.upstream.handler = (_, response) =>
      response.writeHead(200, JSON_TYPE).end('{"usageMetadata":{"promptTokenCount":1}}');
    expect((await post(t.port('gemini'), '/v1beta/models/gemini-2.5-flash:generateContent', '{}')).status).toBe(200);
    expect((await t.records(1))[0]).toMatchObject({ model: 'gemini-2.5-flash', usage: { inputTokens: 1 } });
    t.upstream.handler = (_, response) => response.writeHead(200, JSON_TYPE).end('{"usage":{"input_tokens":1}}');
    expect((await post(t.port('openai'), '/v1/responses', '{}')).status).toBe(200);
    await t.records(2);
    const refused = await post(t.port('openai'), '/v1/responses', '{}');
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ error: { type: 'insufficient_quota' } });
    expect(refused.body.toString()).toContain('an answer that names no model');
  });
});

describe('what costs no tokens', () => {
  const t = useSidecar({ config: { budget: { maxCostUsd: 0.01 } } });

  test('needs no price: lists of models, and failed requests', async () => {
    t.upstream.handler = (request, response) =>
      response.writeHead(request.method === 'GET' ? 200 : 500, JSON_TYPE).end('{"model":"unknown"}');
    expect((await send(t.port('openai'), { path: '/v1/models' })).status).toBe(200);
    expect((await post(t.port('openai'), '/v1/responses', '{}')).status).toBe(500);
    expect((await send(t.port('openai'), { path: '/v1/models' })).status).toBe(200);
  });
});

describe('the other limits', () => {
  const t = useSidecar({ config: { budget: { maxRequests: 10, maxTokens: 1_000 } } });

  test('warn at 80 % too, each once', async () => {
    t.upstream.handler = (_, response) =>
      response.writeHead(200, JSON_TYPE).end('{"usage":{"input_tokens":90,"output_tokens":10}}');
    for (let sent = 1; sent <= 10; sent++) {
      await post(t.port('openai'), '/v1/responses', '{}');
      await t.records(sent);
    }
    expect(noticesIn(t.lines)).toMatchObject([
      { limit: 'max-requests', used: 8, allowed: 10 },
      { limit: 'max-tokens', used: 800, allowed: 1_000 },
    ]);
  });
});

describe('max-cost-usd and a name that the command writes', () => {
  const t = useSidecar({ config: { ...UNREAD, budget: { maxCostUsd: 1 } } });

  test('in the arguments of a tool: Gemini’s own name comes after it and counts', async () => {
    const args = { modelVersion: 'gemini-2.0-flash-lite' };
    const parts = [{ functionCall: { name: 'f', args } }];
    const body = {
      candidates: [{ content: { parts } }],
      usageMetadata: { promptTokenCount: 1 },
      modelVersion: 'gemini-2.5-pro',
    };
    t.upstream.handler = (_, response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(body));
    await post(t.port('gemini'), '/v1beta/models/gemini-2.5-pro:generateContent', '{}');
    expect((await t.records(1))[0]).toMatchObject({ model: 'gemini-2.5-pro' });
  });

  test('in a WebSocket: each answer has its own price, and one with two names has none', async () => {
    const said = [
      { response: { model: 'gpt-4.1-nano', usage: { input_tokens: 1, output_tokens: 1 } } },
      // 1.2 dollars. At the price of the first model, it would be 6 cents.
      { response: { model: 'gpt-4.1', usage: { input_tokens: 200_000, output_tokens: 100_000 } } },
    ].map((event) => JSON.stringify(event));
    t.upstream.upgrade = (request, socket) => {
      accept(request, socket);
      socket.on('data', () => socket.write(said.shift() ?? ''));
    };
    const { socket, received } = await openRaw(t.port('openai'), wish('/v1/responses'));
    socket.write('x');
    await eventually('the first answer', () => received().length > 0);
    expect(socket.destroyed).toBe(false);
    socket.write('x');
    await eventually('the end', () => socket.destroyed);
    expect((await t.records(1))[0]).toMatchObject({ error: 'budget_exhausted', model: 'gpt-4.1-nano,gpt-4.1' });
  });
});

describe('max-cost-usd and a WebSocket whose answer has two names', () => {
  const t = useSidecar({ config: { ...UNREAD, budget: { maxCostUsd: 1 } } });

  test('ends', async () => {
    t.upstream.upgrade = (request, socket) => {
      accept(request, socket);
      socket.on('data', () =>
        socket.write('{"response":{"metadata":{"model":"gpt-4.1-nano"},"model":"gpt-4.1","usage":{"input_tokens":1}}}'),
      );
    };
    const { socket } = await openRaw(t.port('openai'), wish('/v1/responses'));
    socket.write('x');
    await eventually('the end', () => socket.destroyed);
    expect((await t.records(1))[0]).toMatchObject({ error: 'price_unknown' });
  });
});
