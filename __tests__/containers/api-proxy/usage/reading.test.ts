import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderId } from '../../../../src/shared/providers.ts';
import { post, send } from '../../../../testing/sidecar/client.ts';
import { eventually, INFERENCE, useSidecar, UNREAD } from '../../../../testing/sidecar/sidecar.ts';

const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream; charset=utf-8' };
const used = (inputTokens: number, outputTokens: number, cachedInputTokens: number, estimated = false) => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  estimated,
});
/** What was written into a cache, and how much of it for an hour. */
const written = (cacheWriteTokens: number, hourCacheWriteTokens: number) => ({
  cacheWriteTokens,
  hourCacheWriteTokens,
});
const events = (...data: unknown[]): string =>
  data.map((event) => `event: x\ndata: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');

const CHAT_USAGE = { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 64 } };
const RESPONSES_USAGE = { input_tokens: 100, output_tokens: 20, input_tokens_details: { cached_tokens: 64 } };
const ANTHROPIC_USAGE = { input_tokens: 30, cache_creation_input_tokens: 6, cache_read_input_tokens: 64 };
const GEMINI_USAGE = { promptTokenCount: 100, cachedContentTokenCount: 64, candidatesTokenCount: 15 };
/** A tool's arguments that look like a usage report. They come first, so the provider's own report replaces them. */
const FAKE = { usage: { ...CHAT_USAGE, ...RESPONSES_USAGE, prompt_tokens: 1, input_tokens: 1 } };

/** Each provider's answers, by route. Each reports 100 input tokens, 64 of them cached, and 20 output tokens. */
const DIALECTS: [ProviderId, string, string, OutgoingHttpHeaders, string][] = [
  [
    'openai',
    'a chat completion',
    '/v1/chat/completions',
    json,
    JSON.stringify({ model: 'm-1', choices: [{ message: { content: '"usage":{}' } }], usage: CHAT_USAGE }, null, 2),
  ],
  [
    'openai',
    'a stream of chat completions',
    '/v1/chat/completions',
    sse,
    events({ model: 'm-1', usage: null }, { model: 'm-1', choices: [], usage: CHAT_USAGE }, '[DONE]'),
  ],
  [
    'openai',
    'a response',
    '/v1/responses',
    json,
    JSON.stringify({ instructions: 'x'.repeat(90_000), model: 'm-1', output: [], usage: RESPONSES_USAGE }),
  ],
  [
    'openai',
    'a stream of a response',
    '/v1/responses',
    sse,
    events({ response: { model: 'm-1', usage: null } }, { response: { model: 'm-1', usage: RESPONSES_USAGE } }),
  ],
  [
    'anthropic',
    'a message',
    '/v1/messages',
    json,
    JSON.stringify({ model: 'm-1', content: [{ input: FAKE }], usage: { ...ANTHROPIC_USAGE, output_tokens: 20 } }),
  ],
  [
    'anthropic',
    'a stream of a message',
    '/v1/messages',
    sse,
    events(
      { type: 'message_start', message: { model: 'm-1', usage: { ...ANTHROPIC_USAGE, output_tokens: 1 } } },
      { type: 'content_block_delta', delta: { text: 'Hello' } },
      { type: 'message_delta', usage: { output_tokens: 20 } },
      { type: 'message_stop' },
    ),
  ],
  ['copilot', 'a chat completion', '/chat/completions', json, JSON.stringify({ model: 'm-1', usage: CHAT_USAGE })],
  [
    'copilot',
    'a message',
    '/v1/messages',
    json,
    JSON.stringify({ model: 'm-1', usage: { ...ANTHROPIC_USAGE, output_tokens: 20 } }),
  ],
  [
    'gemini',
    'content',
    '/v1beta/models/m-1:generateContent',
    json,
    JSON.stringify({ candidates: [], usageMetadata: { ...GEMINI_USAGE, thoughtsTokenCount: 5 }, modelVersion: 'm-1' }),
  ],
  [
    'gemini',
    'a stream of content',
    '/v1beta/models/m-1:streamGenerateContent?alt=sse',
    sse,
    events(
      { usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 2 }, modelVersion: 'm-1' },
      { usageMetadata: { ...GEMINI_USAGE, thoughtsTokenCount: 5 }, modelVersion: 'm-1' },
    ),
  ],
];

const CODINGS: [string, (body: string) => Buffer][] = [
  ['identity', (body) => Buffer.from(body)],
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

describe('usage', () => {
  const t = useSidecar({ config: UNREAD });

  /** Answers with a body in chunks of `size` octets. */
  const answer = (headers: OutgoingHttpHeaders, body: Buffer, size = 97): void => {
    t.upstream.handler = (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, headers);
        for (let at = 0; at < body.length; at += size) response.write(body.subarray(at, at + size));
        response.end();
      });
    };
  };

  test.each(DIALECTS.flatMap((row) => CODINGS.map((coding) => [...row, ...coding] as const)))(
    '%s: %s is read without being changed',
    async (id, _what, path, headers, body, coding, encode) => {
      const encoded = encode(body);
      answer({ ...headers, ...(coding === 'identity' ? {} : { 'content-encoding': coding }) }, encoded);
      expect((await post(t.port(id), path, '{}')).body).toEqual(encoded);
      const [record] = await t.records(1);
      expect(record).toMatchObject({ model: 'm-1', usage: used(100, 20, 64), error: null, forwarded: true });
    },
  );

  test.each<[string, ProviderId, string, OutgoingHttpHeaders, string, object | null]>([
    ['a stream that does not say', 'openai', '/v1/chat/completions', sse, events({}, {}, {}), used(10, 3, 0, true)],
    ['a document that does not say', 'openai', '/v1/embeddings', json, 'x'.repeat(41), used(10, 11, 0, true)],
    ['one in an unknown coding', 'openai', '/v1/responses', { 'content-encoding': 'x' }, 'x', used(10, 1, 0, true)],
    ['tokens that were only counted', 'anthropic', '/v1/messages/count_tokens', json, '{"input_tokens":9}', null],
  ])('of %s', async (_, id, path, headers, body, usage) => {
    answer(headers, Buffer.from(body), 100_000);
    await post(t.port(id), path, 'x'.repeat(40));
    expect((await t.records(1))[0]).toMatchObject({ model: null, usage });
  });

  test.each<[string, ProviderId, string, object, object]>([
    ['Anthropic', 'anthropic', '/v1/messages', { cache_creation_input_tokens: 6 }, written(6, 0)],
    [
      'Anthropic, by the time that it is kept',
      'anthropic',
      '/v1/messages',
      {
        cache_creation_input_tokens: 6,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 },
      },
      written(6, 4),
    ],
    [
      'Anthropic, by the time alone',
      'anthropic',
      '/v1/messages',
      { cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 } },
      written(6, 4),
    ],
    [
      'Anthropic’s format at Copilot',
      'copilot',
      '/v1/messages',
      { cache_read_input_tokens: 0, cache_creation_input_tokens: 6 },
      written(6, 0),
    ],
    [
      'OpenAI',
      'openai',
      '/v1/responses',
      { input_tokens_details: { cached_tokens: 1, cache_write_tokens: 5 } },
      written(5, 0),
    ],
  ])('what is written into a cache is kept apart: %s', async (_, id, path, counts, expected) => {
    answer(
      json,
      Buffer.from(JSON.stringify({ model: 'm-1', usage: { input_tokens: 30, output_tokens: 1, ...counts } })),
    );
    await post(t.port(id), path, '{}');
    const [record] = await t.records(1);
    expect(record!.usage).toMatchObject({ ...expected, inputTokens: id === 'openai' ? 30 : 36 });
  });

  test.each([
    ['the body', 'openai' as const, '/v1/responses', '{"input":"\\"model\\":\\"x\\"","model":"asked-1"}'],
    ['the path', 'gemini' as const, '/v1beta/models/asked-1:embedContent', '{}'],
    ['the path at Azure', 'openai' as const, '/openai/deployments/asked-1/chat/completions', '{}'],
  ])('of an answer without a model is that of the model in %s', async (_, id, path, body) => {
    answer(json, Buffer.from('{"usage":{"input_tokens":1,"prompt_tokens":1}}'));
    await post(t.port(id), path, body);
    expect((await t.records(1))[0]).toMatchObject({ model: 'asked-1' });
  });

  test('of a list of models is not recorded', async () => {
    expect((await send(t.port('openai'), { path: '/v1/models' })).status).toBe(200);
    expect((await t.records(1))[0]).toMatchObject({ usage: null, forwarded: true });
  });

  test.each(PROVIDERS.map(({ id }) => id))('%s: of an error is not recorded', async (id) => {
    t.upstream.handler = (_, response) => response.writeHead(429, json).end(JSON.stringify({ usage: CHAT_USAGE }));
    await post(t.port(id), INFERENCE[id], '{}');
    expect((await t.records(1))[0]).toMatchObject({ status: 429, usage: null });
  });

  test('of a stream that the client cuts off is what was used until then', async () => {
    t.upstream.handler = (_, response) => {
      response.writeHead(200, sse);
      response.write(
        events({ message: { model: 'm-1', usage: { ...ANTHROPIC_USAGE, output_tokens: 1 } } }, {}, {}, {}),
      );
    };
    const request = httpRequest({ port: t.port('anthropic'), method: 'POST', path: '/v1/messages' }).end('{}');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    request.on('error', () => undefined).destroy();
    const [record] = await t.records(1);
    expect(record).toMatchObject({ error: 'client_closed', model: 'm-1', usage: used(100, 4, 64, true) });
  });

  test('of a request whose client hung up before the answer is its prompt', async () => {
    t.upstream.handler = () => undefined;
    const request = httpRequest({ port: t.port('openai'), method: 'POST', path: '/v1/responses' }).end('x'.repeat(40));
    await eventually('the request upstream', () => t.upstream.requests[0]?.complete === true);
    request.on('error', () => undefined).destroy();
    expect((await t.records(1))[0]).toMatchObject({ error: 'client_closed', usage: used(10, 0, 0, true) });
  });

  test('of a decompression bomb is not read, and the answer passes', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    answer({ ...json, 'content-encoding': 'gzip' }, bomb, 100_000);
    expect((await post(t.port('openai'), '/v1/responses', '{}')).body).toEqual(bomb);
    expect((await t.records(1))[0]).toMatchObject({ error: null, usage: used(1, 8 * 1024 * 1024, 0, true) });
  });

  test('of a body that does not match its header is estimated, and the body passes', async () => {
    answer({ ...json, 'content-encoding': 'gzip' }, Buffer.from('not compressed'));
    expect((await post(t.port('openai'), '/v1/responses', '{}')).body.toString()).toBe('not compressed');
    expect((await t.records(1))[0]).toMatchObject({ error: null, usage: { estimated: true } });
  });
});
