import { describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderId } from '../../../../src/shared/providers.ts';
import { post, send } from '../../../../testing/sidecar/client.ts';
import { INFERENCE, useSidecar } from '../../../../testing/sidecar/sidecar.ts';

type Request = readonly [provider: ProviderId, method: string, target: string];

/** Requests of the agent programs and SDKs (see docs/agents.md), and requests that their users might send. */
const PASS: readonly Request[] = [
  ...(['/v1', '/openai', '/openai/v1'] as const).flatMap((base): Request[] => [
    ['openai', 'POST', `${base}/chat/completions`],
    ['openai', 'POST', `${base}/completions`],
    ['openai', 'POST', `${base}/embeddings?api-version=2024-10-21`],
    ['openai', 'POST', `${base}/responses`],
    ['openai', 'POST', `${base}/responses/compact`],
    ['openai', 'POST', `${base}/responses/input_tokens`],
    ['openai', 'POST', `${base}/responses/resp_1/cancel`],
    ['openai', 'GET', `${base}/responses/resp_1?stream=true&starting_after=7&include%5B%5D=a&include[]=b`],
    ['openai', 'GET', `${base}/responses/resp_1/input_items?after=a&include[]=b&limit=9&order=asc&api-version=1`],
    ['openai', 'GET', `${base}/models?client_version=0.169.0`],
    ['openai', 'GET', `${base}/models/ft:gpt-4.1:org::id`],
  ]),
  ['openai', 'HEAD', '/v1/models'],
  ['openai', 'POST', '/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21'],
  ['openai', 'POST', '/openai/deployments/ada/embeddings?api-version=2024-10-21'],
  ['anthropic', 'POST', '/v1/messages?beta=true'],
  ['anthropic', 'POST', '/v1/messages'],
  ['anthropic', 'POST', '/v1/messages/count_tokens?beta=true'],
  ['anthropic', 'GET', '/v1/models?limit=1000&after_id=a&before_id=b&beta=true'],
  ['anthropic', 'GET', '/v1/models/claude-local'],
  ['copilot', 'POST', '/chat/completions'],
  ['copilot', 'POST', '/responses'],
  ['copilot', 'POST', '/embeddings'],
  ['copilot', 'GET', '/models'],
  ['copilot', 'GET', '/models/gpt-4.1'],
  ['copilot', 'POST', '/v1/messages?beta=true'],
  ['gemini', 'POST', '/v1beta/models/m:streamGenerateContent?alt=sse'],
  ['gemini', 'POST', '/v1beta/models/m:generateContent?prettyPrint=false&$fields=a'],
  ['gemini', 'POST', '/v1/models/m:countTokens'],
  ['gemini', 'POST', '/v1beta/models/m:embedContent'],
  ['gemini', 'POST', '/v1beta/models/m:batchEmbedContents'],
  ['gemini', 'GET', '/v1beta/models?pageSize=5&pageToken=x'],
  ['gemini', 'GET', '/v1beta/models/m'],
];

/** Requests of programs whose SDKs have another idea of what a base URL ends with, and what the provider gets. */
const RESPELLED: readonly (readonly [...Request, sent: string, atGateway: string])[] = [
  ['openai', 'POST', '/chat/completions', '/v1/chat/completions', '/chat/completions'],
  ['openai', 'POST', '/responses', '/v1/responses', '/responses'],
  ['openai', 'GET', '/models/ft:gpt-4.1:org::id', '/v1/models/ft:gpt-4.1:org::id', '/models/ft:gpt-4.1:org::id'],
  ['openai', 'GET', '/models?client_version=1', '/v1/models?client_version=1', '/models?client_version=1'],
  ['anthropic', 'POST', '/messages?beta=true', '/v1/messages?beta=true', '/v1/messages?beta=true'],
  ['anthropic', 'POST', '/messages/count_tokens', '/v1/messages/count_tokens', '/v1/messages/count_tokens'],
  ['anthropic', 'GET', '/models/m', '/v1/models/m', '/v1/models/m'],
  ['copilot', 'POST', '/v1/chat/completions', '/chat/completions', '/v1/chat/completions'],
  ['copilot', 'POST', '/v1/responses', '/responses', '/v1/responses'],
  ['copilot', 'GET', '/v1/models', '/models', '/v1/models'],
  ['copilot', 'POST', '/messages', '/v1/messages', '/v1/messages'],
  [
    'gemini',
    'POST',
    '/models/m:generateContent',
    '/v1beta/models/m:generateContent',
    '/v1beta/models/m:generateContent',
  ],
  ['gemini', 'GET', '/models?pageSize=5', '/v1beta/models?pageSize=5', '/v1beta/models?pageSize=5'],
];

const REFUSE: readonly Request[] = [
  ['openai', 'GET', '/v1/files'],
  ['openai', 'POST', '/v1/files'],
  ['openai', 'GET', '/v1/files/f/content'],
  ['openai', 'POST', '/v1/uploads'],
  ['openai', 'GET', '/v1/organizations/api_keys'],
  ['openai', 'GET', '/v1/organization/admin_api_keys'],
  ['openai', 'POST', '/v1/fine_tuning/jobs'],
  ['openai', 'POST', '/v1/batches'],
  ['openai', 'POST', '/v1/assistants'],
  ['openai', 'POST', '/v1/vector_stores'],
  ['openai', 'GET', '/v1/chat/completions'],
  ['openai', 'DELETE', '/v1/models/m'],
  ['openai', 'DELETE', '/v1/responses/r'],
  ['openai', 'PUT', '/v1/responses'],
  ['openai', 'POST', '/v1/responses/'],
  ['openai', 'POST', '/v1/responses/a/b/cancel'],
  ['openai', 'POST', '/v1/responses/r/input_items'],
  ['copilot', 'GET', '/responses/r/input_items'],
  ['openai', 'POST', '/v1/v1/responses'],
  ['openai', 'POST', '/V1/responses'],
  ['openai', 'POST', '/x/v1/responses'],
  ['openai', 'POST', '/v1/%66iles'],
  ['openai', 'POST', '/openai/deployments/a/b/embeddings'],
  ['openai', 'GET', '/'],
  ['openai', 'GET', '/metrics'],
  ['openai', 'POST', '/health'],
  ['anthropic', 'POST', '/v1/files'],
  ['anthropic', 'POST', '/v1/messages/batches'],
  ['anthropic', 'GET', '/v1/organizations/api_keys'],
  ['copilot', 'POST', '/models/m/policy'],
  ['copilot', 'POST', '/agents'],
  ['gemini', 'POST', '/upload/v1beta/files'],
  ['gemini', 'POST', '/v1beta/files'],
  ['gemini', 'POST', '/v1beta/cachedContents'],
  ['gemini', 'POST', '/v1beta/tunedModels'],
  ['gemini', 'POST', '/v1beta/models/m:batchGenerateContent'],
  ['gemini', 'POST', '/v1beta/models/m:delete:generateContent'],
  ['gemini', 'POST', '/v1beta/models/a/b:generateContent'],
  ['gemini', 'GET', '/v1beta/models/m:generateContent/x'],
];

const REFUSED_QUERY: readonly (readonly [...Request, name: string])[] = [
  ['openai', 'POST', '/v1/responses?beta=true', 'beta'],
  ['openai', 'POST', '/v1/responses?api-version=1&store', 'store'],
  ['openai', 'POST', '/v1/responses?api-version=1;target=x', 'target'],
  ['openai', 'POST', '/v1/responses?%61pi_key=x', 'api_key'],
  ['openai', 'GET', '/v1/responses/r/input_items?before=x', 'before'],
  ['openai', 'POST', '/v1/responses?API-VERSION=x', 'API-VERSION'],
  ['anthropic', 'POST', '/v1/messages?alt=sse', 'alt'],
  ['copilot', 'GET', '/models?x=1', 'x'],
  ['gemini', 'POST', '/v1beta/models/m:generateContent?uploadType=media', 'uploadType'],
  ['gemini', 'GET', '/v1beta/models?key=k&%00=1', '?'],
];

/** The longest text in an error, which is its message in every provider's format. */
function messageOf(body: Buffer): string {
  const texts: string[] = [];
  JSON.parse(body.toString(), (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

describe('F10 endpoints', () => {
  const t = useSidecar();

  test.each(PASS)('%s: %s %s passes unchanged', async (id, method, target) => {
    expect((await send(t.port(id), { method, path: target }, method === 'POST' ? '{}' : undefined)).status).toBe(200);
    expect(t.upstream.requests).toMatchObject([{ method, url: target }]);
  });

  test.each(RESPELLED)('%s: %s %s arrives as %s', async (id, method, target, sent) => {
    expect((await send(t.port(id), { method, path: target }, method === 'POST' ? '{}' : undefined)).status).toBe(200);
    expect(t.upstream.requests).toMatchObject([{ method, url: sent }]);
    expect(await t.records(1)).toMatchObject([{ path: target.split('?')[0], status: 200 }]);
  });

  test.each(REFUSE)('%s: %s %s is refused with the line that would allow it', async (id, method, target) => {
    const answer = await send(t.port(id), { method, path: target });
    expect(answer.status).toBe(403);
    const line = `${id} ${method} ${target.replace('%66', 'f')}`;
    expect(messageOf(answer.body)).toMatch(new RegExp(`allow-endpoints: ${RegExp.escape(line)}$`));
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ status: 403, upstreamStatus: null, error: 'endpoint_not_allowed' }]);
  });

  test.each(REFUSED_QUERY)('%s: %s %s is refused for its query', async (id, method, target, name) => {
    const answer = await send(t.port(id), { method, path: target });
    expect(answer.status).toBe(403);
    expect(messageOf(answer.body)).toContain(`The api-proxy does not forward the query parameter ${name}.`);
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ error: 'query_not_allowed' }]);
  });

  test.each(PROVIDERS)(
    '$id: says so in the provider’s error format, and that a retry is useless',
    async ({ id, errorBody }) => {
      const answer = await post(t.port(id), '/v1/files', '{}');
      const shape = errorBody({ status: 403, code: 'endpoint_not_allowed', message: messageOf(answer.body) });
      expect(JSON.parse(answer.body.toString())).toEqual(shape);
      expect(answer.headers['x-should-retry']).toBe('false');
    },
  );

  test('a long path is cut in the message and in the log', async () => {
    const path = `/v1/${'a'.repeat(10_000)}`;
    const answer = await send(t.port('openai'), { path });
    expect(answer.status).toBe(403);
    expect(answer.body.length).toBeLessThan(1_000);
    expect((await t.records(1))[0]!.path).toBe(path.slice(0, 512));
  });
});

describe('endpoints that the user adds', () => {
  const allowEndpoints = [
    { provider: 'openai', method: 'GET', path: '/v1/files/*' },
    { provider: 'gemini', method: 'POST', path: '/v1beta/models/*:predict' },
  ] as const;
  const t = useSidecar({ config: { allowEndpoints } });
  const statusOf = async (...[id, method, path]: Request) => (await send(t.port(id), { method, path })).status;

  test('accept any query, except a credential', async () => {
    expect(await statusOf('openai', 'GET', '/v1/files/f1?limit=2')).toBe(200);
    expect(await statusOf('gemini', 'POST', '/v1beta/models/m:predict?key=stolen&x=1')).toBe(200);
    expect(t.upstream.requests.map(({ url }) => url)).toEqual(['/v1/files/f1?limit=2', '/v1beta/models/m:predict?x=1']);
  });

  test.each<Request>([
    ['openai', 'POST', '/v1/files/f1'],
    ['openai', 'GET', '/v1/files'],
    ['openai', 'GET', '/v1/files/f1/content'],
    ['anthropic', 'GET', '/v1/files/f1'],
    ['gemini', 'POST', '/v1beta/models/a:b:predict'],
  ])('allow nothing else: %s %s %s', async (...request) => {
    expect(await statusOf(...request)).toBe(403);
  });

  test('the built-in endpoints remain', async () => {
    for (const { id } of PROVIDERS) expect(await statusOf(id, 'POST', INFERENCE[id])).toBe(200);
  });
});

describe('an Azure deployment in the base path of the target', () => {
  const target = { host: 'res.openai.azure.com', basePath: '/openai/deployments/gpt' };
  const t = useSidecar({ configured: ['openai'], target });

  test('is put in front of the path that was checked', async () => {
    await post(t.port('openai'), '/chat/completions?api-version=2024-10-21', '{}');
    expect(t.upstream.requests[0]!.url).toBe('/openai/deployments/gpt/chat/completions?api-version=2024-10-21');
    expect((await post(t.port('openai'), '/files?api-version=1', '{}')).status).toBe(403);
  });
});

describe('Copilot CLI with COPILOT_PROVIDER_TYPE=azure', () => {
  const t = useSidecar({ configured: ['copilot'], target: { host: 'octo.openai.azure.com' } });

  // Copilot CLI 1.0.102 asks for the first two.
  test.each(['/openai/v1/chat/completions', '/openai/v1/responses', '/openai/deployments/gpt/chat/completions'])(
    '%s arrives unchanged',
    async (path) => {
      expect((await post(t.port('copilot'), path, '{}')).status).toBe(200);
      expect(t.upstream.requests[0]!.url).toBe(path);
    },
  );

  test('files do not', async () => {
    expect((await post(t.port('copilot'), '/openai/v1/files', '{}')).status).toBe(403);
  });
});

describe.each([
  ['/team', '/team'],
  ['/team/v1', '/team/v1'],
])('a gateway at %s', (basePath) => {
  const t = useSidecar({ target: { host: 'gateway.example', basePath } });

  test.each(RESPELLED)(
    '%s: %s %s, which the provider gets as %s, arrives as %s',
    async (id, method, target, ...sent) => {
      expect((await send(t.port(id), { method, path: target }, method === 'POST' ? '{}' : undefined)).status).toBe(200);
      // A version at the end of the base path is not repeated.
      const path = basePath.endsWith('/v1') ? sent[1].replace(/^\/v1\//, '/') : sent[1];
      expect(t.upstream.requests).toMatchObject([{ method, url: `${basePath}${path}` }]);
    },
  );
});
