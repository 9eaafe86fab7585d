import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_TEXT,
  type ProviderServer,
  type ProviderServerOptions,
  startProviderServer,
} from '../../../testing/provider/server.ts';
import { createTestCa, type TestCa } from '../../../testing/tls.ts';

const KEYS = { openai: 'sk-real', anthropic: 'sk-ant-real', copilot: 'ghu-real', gemini: 'AIza-real' };
/** A provider that the server plays. */
type Played = keyof typeof KEYS;

const HOSTS: Readonly<Record<Played, string>> = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  copilot: 'api.githubcopilot.com',
  gemini: 'generativelanguage.googleapis.com',
};

const CREDENTIALS: Readonly<Record<Played, readonly string[]>> = {
  openai: ['authorization', 'Bearer sk-real'],
  anthropic: ['x-api-key', 'sk-ant-real'],
  copilot: ['authorization', 'Bearer ghu-real', 'copilot-integration-id', 'a-client'],
  gemini: ['x-goog-api-key', 'AIza-real'],
};

interface Call {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: unknown;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let ca: TestCa;
let server: ProviderServer;
beforeAll(async () => {
  ca = await createTestCa();
});
afterEach(() => server.close());

const start = async (options: Partial<ProviderServerOptions> = {}) => {
  server = await startProviderServer({ ca, keys: KEYS, ...options });
};

async function open({ host, path, method = 'POST', headers = [], body }: Call): Promise<IncomingMessage> {
  const options = { host: '127.0.0.1', port: server.port, servername: host, ca: ca.certPem, agent: false as const };
  const call = request({ ...options, method, path, headers: ['Host', host, ...headers] });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return response;
}

async function send(call: Call): Promise<Reply> {
  const response = await open(call);
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** A call with the correct credential. */
const callTo = (id: Played, path: string, body?: unknown): Call => ({
  host: HOSTS[id],
  path,
  method: body === undefined ? 'GET' : 'POST',
  headers: CREDENTIALS[id],
  body,
});

/** The `data` of each event, parsed. `[DONE]` and the like stay strings. */
const events = (body: string): unknown[] =>
  [...body.matchAll(/^data: (.*?)\r?$/gm)].map(([, data = '']) =>
    data.startsWith('{') ? (JSON.parse(data) as unknown) : data,
  );

/** Every string under `key` in the events, joined: the text that a client shows. */
const streamed = (body: string, key: string): string =>
  [...JSON.stringify(events(body)).matchAll(new RegExp(`"${key}":"([^"]*)"`, 'g'))].map(([, value]) => value).join('');

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('credentials', () => {
  const path: Readonly<Record<Played, string>> = {
    openai: '/v1/chat/completions',
    anthropic: '/v1/messages',
    copilot: '/chat/completions',
    gemini: '/v1beta/models/m:generateContent',
  };
  const ids: readonly Played[] = ['openai', 'anthropic', 'copilot', 'gemini'];

  test.each(ids)('accepts the real key of %s in its header, and records the request', async (id) => {
    await start();
    expect(await send(callTo(id, path[id], ASK))).toMatchObject({ status: 200 });
    expect(server.requests).toMatchObject([
      { host: HOSTS[id], serverName: HOSTS[id], provider: id, method: 'POST', path: path[id], credential: 'accepted' },
    ]);
    expect(server.requests[0]?.rawHeaders).toEqual(expect.arrayContaining([...CREDENTIALS[id]]));
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual(ASK);
    server.reset();
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['anthropic', [], 'missing', { type: 'error', error: { type: 'authentication_error' } }],
    ['anthropic', ['Authorization', 'Bearer sk-ant-real'], 'missing', { type: 'error' }],
    ['anthropic', ['x-api-key', 'sk-ant-placeholder'], 'wrong', { type: 'error' }],
    ['anthropic', ['Authorization', 'Bearer sk-ant-oat01-real'], 'missing', { type: 'error' }],
    ['openai', ['Authorization', 'sk-real'], 'wrong', { error: { code: 'invalid_api_key' } }],
    ['openai', ['Authorization', 'Bearer sk-real', 'Authorization', 'Bearer x'], 'wrong', { error: {} }],
    ['copilot', ['Authorization', 'Bearer sk-real'], 'wrong', { error: {} }],
    ['gemini', ['Authorization', 'Bearer AIza-real'], 'missing', { error: { code: 401, status: 'UNAUTHENTICATED' } }],
  ] as const)('refuses %s with %j as %s', async (id, headers, verdict, error) => {
    await start();
    const reply = await send({ host: HOSTS[id], path: path[id], headers, body: ASK });
    expect(reply).toMatchObject({ status: 401, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(reply.body)).toMatchObject(error);
    expect(server.requests).toMatchObject([{ credential: verdict }]);
  });

  test.each([
    [{ 'anthropic-beta': 'a, oauth-2025-04-20' }, 200],
    [{ 'anthropic-beta': 'a' }, 401],
    [{}, 401],
  ])('takes a subscription token of Claude as a bearer with %j: %i', async (more, status) => {
    await start({ keys: { anthropic: 'sk-ant-oat01-real' } });
    const headers = ['Authorization', 'Bearer sk-ant-oat01-real', ...Object.entries(more).flat()];
    expect(await send({ host: HOSTS.anthropic, path: path.anthropic, headers, body: ASK })).toMatchObject({ status });
  });

  test('Copilot’s own hosts want an integration id', async () => {
    await start();
    const headers = CREDENTIALS.copilot.slice(0, 2);
    const reply = await send({ host: HOSTS.copilot, path: path.copilot, headers, body: ASK });
    expect(reply).toMatchObject({ status: 400 });
    expect(reply.body).toContain('missing required copilot-integration-id header');
  });

  test('refuses everything for a provider that has no key', async () => {
    await start({ keys: {} });
    expect(await send(callTo('openai', '/v1/models'))).toMatchObject({ status: 401 });
  });
});

describe('answers', () => {
  test.each([
    ['anthropic', '/v1/messages?beta=true', ASK, { type: 'message', content: [{ type: 'text', text: DEFAULT_TEXT }] }],
    ['anthropic', '/v1/messages/count_tokens', ASK, { input_tokens: 12 }],
    ['openai', '/v1/chat/completions', ASK, { choices: [{ message: { content: DEFAULT_TEXT } }] }],
    ['openai', '/v1/responses', ASK, { status: 'completed', output: [{ content: [{ text: DEFAULT_TEXT }] }] }],
    ['openai', '/v1/responses/input_tokens', ASK, { object: 'response.input_tokens', input_tokens: 12 }],
    ['openai', '/v1/embeddings', { input: 'a' }, { data: [{ embedding: [0, 0.5, -0.25] }] }],
    [
      'openai',
      '/v1/embeddings',
      { input: 'a', encoding_format: 'base64' },
      { data: [{ embedding: 'AAAAAAAAAD8AAIC+' }] },
    ],
    ['openai', '/v1/models', undefined, { object: 'list', data: [{ object: 'model' }] }],
    ['copilot', '/chat/completions', ASK, { choices: [{ message: { content: DEFAULT_TEXT } }] }],
    ['copilot', '/models', undefined, { object: 'list' }],
    ['gemini', '/v1/models', undefined, { models: [{ name: 'models/local-model' }] }],
    ['gemini', '/v1beta/models/m:embedContent', {}, { embedding: { values: [0, 0.5, -0.25] } }],
    [
      'gemini',
      '/v1beta/models/m:batchEmbedContents',
      { requests: [{}, {}] },
      { embeddings: [{ values: [0, 0.5, -0.25] }, {}] },
    ],
    [
      'gemini',
      '/v1beta/models/m:generateContent',
      ASK,
      { candidates: [{ content: { parts: [{ text: DEFAULT_TEXT }] }, finishReason: 'STOP' }] },
    ],
  ] as const)('%s on %s', async (id, path, body, expected) => {
    await start();
    const reply = await send(callTo(id, path, body));
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(reply.body)).toMatchObject(expected);
  });

  test.each([
    ['anthropic', '/v1/messages', 'text'],
    ['openai', '/v1/chat/completions', 'content'],
    ['openai', '/v1/responses', 'delta'],
    ['copilot', '/chat/completions', 'content'],
    ['gemini', '/v1beta/models/m:streamGenerateContent?alt=sse', 'text'],
  ] as const)('%s streams on %s', async (id, path, key) => {
    await start();
    const reply = await send(callTo(id, path, { ...ASK, stream: true }));
    expect(reply.headers['content-type']).toContain('text/event-stream');
    expect(streamed(reply.body, key)).toBe(DEFAULT_TEXT);
  });

  test('sends Anthropic events in the right order', async () => {
    await start({ respond: ['one'] });
    const { body } = await send(callTo('anthropic', '/v1/messages', { ...ASK, stream: true }));
    expect([...body.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test('arrives piece by piece', async () => {
    await start({ chunkDelayMs: 40, respond: ['one two'] });
    const response = await open(callTo('openai', '/v1/chat/completions', { ...ASK, stream: true }));
    const pieces: string[] = [];
    for await (const piece of response) pieces.push(String(piece));
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.at(-1)).toBe('data: [DONE]\n\n');
  });

  test('matches the schema that a Gemini request demands', async () => {
    await start();
    const properties = { reason: { type: 'STRING' }, score: { type: 'INTEGER' }, model: { enum: ['flash', 'pro'] } };
    const generationConfig = { responseJsonSchema: { type: 'OBJECT', properties } };
    const { body } = await send(callTo('gemini', '/v1beta/models/m:generateContent', { generationConfig }));
    const [, answer = ''] = /"text":("(?:[^"\\]|\\.)*")/.exec(body) ?? [];
    expect(JSON.parse(JSON.parse(answer) as string)).toEqual({ reason: 'local', score: 1, model: 'flash' });
  });
});

describe('turns', () => {
  const toolUse = { name: 'Bash', input: { command: 'ls' } };
  const script = [{ toolUse }, 'Done.'];
  const spoken = { messages: [...ASK.messages, { role: 'assistant', content: 'x' }, { role: 'user', content: 'y' }] };

  test.each([
    ['anthropic', '/v1/messages', [{ name: 'Bash' }], { stop_reason: 'tool_use', content: [{ type: 'tool_use' }] }],
    [
      'openai',
      '/v1/chat/completions',
      [{ type: 'function', function: { name: 'Bash' } }],
      { choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'Bash' } }] } }] },
    ],
    ['openai', '/v1/responses', [{ type: 'function', name: 'Bash' }], { output: [{ type: 'function_call' }] }],
    [
      'gemini',
      '/v1beta/models/m:generateContent',
      [{ functionDeclarations: [{ name: 'Bash' }] }],
      { candidates: [{ content: { parts: [{ functionCall: { name: 'Bash', args: { command: 'ls' } } }] } }] },
    ],
  ] as const)('%s asks for a tool on %s', async (id, path, tools, expected) => {
    await start({ respond: script });
    const { body } = await send(callTo(id, path, { ...ASK, tools }));
    expect(JSON.parse(body)).toMatchObject(expected);
  });

  test.each([
    ['anthropic', '/v1/messages', 'partial_json'],
    ['openai', '/v1/chat/completions', 'arguments'],
    ['openai', '/v1/responses', 'delta'],
  ] as const)('%s streams the input of a tool on %s', async (id, path, key) => {
    await start({ respond: script });
    const tools = [{ name: 'Bash', function: { name: 'Bash' } }];
    const { body } = await send(callTo(id, path, { ...ASK, tools, stream: true }));
    const input = new RegExp(`"${key}":("\\{(?:[^"\\\\]|\\\\.)*")`).exec(body)?.[1] ?? '';
    expect(JSON.parse(JSON.parse(input) as string)).toEqual(toolUse.input);
  });

  test('continues the conversation where it is, and repeats the last turn', async () => {
    await start({ respond: script });
    const messages = [...spoken.messages, ...spoken.messages];
    for (const body of [spoken, { messages }]) {
      expect(await send(callTo('anthropic', '/v1/messages', body))).toMatchObject({
        body: expect.stringContaining('"Done."') as string,
      });
    }
  });

  test('sends text to a request that does not offer the tool', async () => {
    await start({ respond: script });
    const { body } = await send(callTo('anthropic', '/v1/messages', ASK));
    expect(JSON.parse(body)).toMatchObject({ content: [{ type: 'text', text: DEFAULT_TEXT }] });
  });

  test('calls a function, which sees the request and may answer with bytes', async () => {
    await start({
      respond: async ({ provider, inference }) => {
        await sleep(1);
        return { status: 529, headers: { 'retry-after': '1' }, body: `${provider} ${inference.model}` };
      },
    });
    const reply = await send(callTo('anthropic', '/v1/messages', ASK));
    expect(reply).toMatchObject({ status: 529, headers: { 'retry-after': '1' }, body: 'anthropic m' });
  });

  test('reports an error in the function as 500', async () => {
    await start({
      respond: () => {
        throw new Error('a mistake of the test');
      },
    });
    expect(await send(callTo('openai', '/v1/responses', ASK))).toMatchObject({
      status: 500,
      body: 'Error: a mistake of the test',
    });
  });
});

describe('routes', () => {
  test('recognises a provider by its path if the host belongs to none', async () => {
    await start();
    expect(await send({ ...callTo('gemini', '/v1beta/models/m:countTokens', {}), host: 'localhost' })).toMatchObject({
      status: 200,
      body: '{"totalTokens":12}',
    });
  });

  test('accepts the test’s own host names, with a base path', async () => {
    await start({ hosts: { 'llm.corp.test': 'openai' } });
    const call = { ...callTo('openai', '/base/v1/models'), host: 'llm.corp.test' };
    expect(await send(call)).toMatchObject({ status: 200 });
  });

  test('answers 404 in the provider’s format for an endpoint that it lacks', async () => {
    await start();
    const reply = await send(callTo('anthropic', '/v1/files'));
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.body)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });

  test('answers 404 without a verdict if neither host nor path belongs to a provider', async () => {
    await start();
    expect(await send({ host: 'localhost', path: '/' })).toMatchObject({ status: 404 });
    expect(server.requests).toMatchObject([{ provider: undefined, credential: 'not-checked' }]);
  });

  test('refuses WebSocket with the status on which Codex falls back', async () => {
    await start();
    const headers = [...CREDENTIALS.openai, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
    expect(await send({ host: HOSTS.openai, path: '/v1/responses', method: 'GET', headers })).toMatchObject({
      status: 426,
    });
  });
});
