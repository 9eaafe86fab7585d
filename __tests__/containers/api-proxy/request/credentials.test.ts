import { describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderId } from '../../../../src/shared/providers.ts';
import { post, send, sendRaw } from '../../../../testing/sidecar/client.ts';
import { configured } from '../../../../testing/sidecar/configured.ts';
import { INFERENCE, realCredential, useSidecar } from '../../../../testing/sidecar/sidecar.ts';

const valuesOf = (rawHeaders: readonly string[], name: string): string[] =>
  rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);

const SPELLINGS = [
  'Authorization: Bearer stolen',
  'AUTHORIZATION: Basic stolen',
  'X-Api-Key: stolen',
  'x-API-key: stolen',
  'X-Goog-Api-Key: stolen',
  'Api-Key: stolen',
  'x_api_key: stolen',
  'OpenAI-Api-Key: stolen',
  'Anthropic-Auth-Token: stolen',
  'Copilot-Authorization: stolen',
  'X-Gemini-Api-Key: stolen',
  'X-Stainless-Token: stolen',
  'Proxy-Authorization: Basic stolen',
  'Cookie: session=stolen',
];

const SECRET = 'a-real-credential-of-0123456789';
const OAUTH = `sk-ant-oat01-${SECRET}`;
const COPILOT = 'api.business.githubcopilot.com';

describe('the credential', () => {
  const t = useSidecar();

  test.each(PROVIDERS)('$id: is injected into a request that has none', async ({ id, injection, defaultTarget }) => {
    const answer = await post(t.port(id), INFERENCE[id], '{"a":1}');
    expect(answer.status).toBe(200);
    const [request] = t.upstream.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: INFERENCE[id],
      serverName: defaultTarget,
      complete: true,
    });
    expect(request!.headers.host).toBe(defaultTarget);
    expect(valuesOf(request!.rawHeaders, injection.header)).toEqual([`${injection.prefix}${realCredential(id)}`]);
    expect(Buffer.concat(request!.body).toString()).toBe('{"a":1}');
  });

  test.each(PROVIDERS)('$id: F11 arrives alone, whatever the client sends and how it spells it', async (provider) => {
    const head = [
      `POST ${INFERENCE[provider.id]} HTTP/1.1`,
      'Host: a',
      'Content-Length: 2',
      ...SPELLINGS,
      ...SPELLINGS,
      '',
      '{}',
    ];
    expect((await sendRaw(t.port(provider.id), head.join('\r\n'))).status).toBe(200);
    const { rawHeaders } = t.upstream.requests[0]!;
    expect(valuesOf(rawHeaders, provider.injection.header)).toEqual([
      `${provider.injection.prefix}${realCredential(provider.id)}`,
    ]);
    expect(rawHeaders.join('\n')).not.toContain('stolen');
  });

  test.each(PROVIDERS)('$id: F4 cannot be removed by naming its header in Connection', async ({ id, injection }) => {
    const headers = { connection: `keep-alive, ${injection.header.toUpperCase()}, X-Request-Id`, 'x-request-id': 'r1' };
    const answer = await post(t.port(id), INFERENCE[id], '{}', { ...headers, [injection.header]: 'stolen' });
    expect(answer.status).toBe(200);
    const { rawHeaders } = t.upstream.requests[0]!;
    expect(valuesOf(rawHeaders, injection.header)).toEqual([`${injection.prefix}${realCredential(id)}`]);
    expect(valuesOf(rawHeaders, 'x-request-id')).toEqual([]);
  });

  test('framing and host cannot be removed that way either', async () => {
    const headers = { connection: 'content-length, host, transfer-encoding, anthropic-version' };
    await post(t.port('anthropic'), '/v1/messages', '{"a":1}', { ...headers, 'anthropic-version': '2099-01-01' });
    expect(t.upstream.requests[0]).toMatchObject({
      complete: true,
      headers: { host: 'api.anthropic.com', 'content-length': '7', 'anthropic-version': '2023-06-01' },
    });
  });

  test("keeps the client's anthropic-version", async () => {
    await post(t.port('anthropic'), '/v1/messages', '{}', { 'anthropic-version': '2099-01-01' });
    expect(valuesOf(t.upstream.requests[0]!.rawHeaders, 'anthropic-version')).toEqual(['2099-01-01']);
  });

  test.each([
    'key=stolen',
    'KEY=stolen',
    '%6bey=stolen',
    '%24key=stolen',
    'fields=b;key=stolen',
    'access_token=stolen',
  ])('Gemini: drops ?%s and keeps the rest', async (parameter) => {
    await send(t.port('gemini'), { path: `/v1beta/models?alt=sse&${parameter}&fields=%2F` });
    expect(t.upstream.requests[0]!.url).toBe('/v1beta/models?alt=sse&fields=%2F');
    await send(t.port('gemini'), { path: `/v1beta/models?${parameter}` });
    await send(t.port('gemini'), { path: `/v1beta/models?&${parameter}` });
    expect(t.upstream.requests.slice(1).map(({ url }) => url)).toEqual(['/v1beta/models', '/v1beta/models']);
  });

  test.each(PROVIDERS)('$id: F12 /health does not reveal it and logs nothing', async ({ id }) => {
    const answer = await send(t.port(id), { path: '/health' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({ status: 'ok', provider: id, configured: true });
    expect(t.upstream.requests).toEqual([]);
    // The next request's record would follow that of the health check, if there were one.
    await send(t.port(id), { path: '/v1/not-an-endpoint' });
    expect(await t.records(1)).toMatchObject([{ path: '/v1/not-an-endpoint' }]);
  });
});

describe('without a credential', () => {
  const t = useSidecar({ configured: [] });

  test.each(PROVIDERS)('$id: answers 503 in the provider’s format and names what would enable it', async (provider) => {
    const answer = await post(t.port(provider.id), INFERENCE[provider.id], '{}');
    expect(answer.status).toBe(503);
    const text = answer.body.toString();
    for (const { input, variable } of provider.credentials) {
      expect(text).toContain(input);
      expect(text).toContain(variable);
    }
    const shape = provider.errorBody({ status: 503, code: 'provider_not_configured', message: 'M' }) as object;
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(shape));
    expect((await send(t.port(provider.id), { path: '/health' })).status).toBe(200);
    expect(t.proxy.connects).toEqual([]);
  });
});

describe('at debug', () => {
  const t = useSidecar({ config: { logLevel: 'debug' } });

  test('the log names the headers that were stripped and injected, but contains no value', async () => {
    const headers = {
      'x-api-key': 'stolen-1',
      Authorization: 'stolen-2',
      'X-Forwarded-For': 'stolen-3',
      'anthropic-beta': 'b',
    };
    await send(t.port('anthropic'), { path: '/v1/models', headers: { ...headers, connection: 'anthropic-beta' } });
    const [record] = await t.records(1);
    expect(t.lines.find((line) => 'stripped' in line)).toEqual({
      event: 'headers',
      level: 'debug',
      id: record!.id,
      stripped: ['x-api-key', 'authorization', 'x-forwarded-for', 'anthropic-beta', 'connection', 'host'],
      injected: ['anthropic-version', 'x-api-key'],
    });
    expect(JSON.stringify(t.lines)).not.toMatch(/stolen|real-credential|2023/);
  });
});

describe('a credential in another form', () => {
  const t = useSidecar({
    config: {
      providers: {
        openai: configured('openai', SECRET, { host: 'octo.openai.azure.com', port: 443, basePath: '' }),
        anthropic: configured('anthropic', OAUTH),
        copilot: configured('copilot', `gho_${SECRET}`, { host: COPILOT, port: 443, basePath: '' }),
        gemini: {
          ...configured('gemini', SECRET),
          injection: { header: 'x-client-request-id', prefix: 'Key ', defaults: {}, entries: {}, ids: [] },
        },
      },
    },
  });
  const sent = async (id: ProviderId, headers: Record<string, string> = {}): Promise<readonly string[]> => {
    expect((await post(t.port(id), INFERENCE[id], '{}', headers)).status).toBe(200);
    return t.upstream.requests[0]!.rawHeaders;
  };

  test('Azure gets api-key, and no other', async () => {
    const headers = await sent('openai', { 'api-key': 'stolen', authorization: 'Bearer stolen' });
    expect(valuesOf(headers, 'api-key')).toEqual([SECRET]);
    expect(valuesOf(headers, 'authorization')).toEqual([]);
  });

  test.each([
    [{}, 'oauth-2025-04-20'],
    [{ 'anthropic-beta': 'a-1, b-2' }, 'a-1, b-2,oauth-2025-04-20'],
    [{ 'anthropic-beta': 'a-1,oauth-2025-04-20' }, 'a-1,oauth-2025-04-20'],
    [{ 'anthropic-beta': 'x', connection: 'anthropic-beta' }, 'oauth-2025-04-20'],
  ])('a subscription token of Claude is a bearer token; %j becomes %s', async (client, betas) => {
    const headers = await sent('anthropic', { ...client, 'x-api-key': 'stolen', authorization: 'Bearer stolen' });
    expect(valuesOf(headers, 'authorization')).toEqual([`Bearer ${OAUTH}`]);
    expect(valuesOf(headers, 'x-api-key')).toEqual([]);
    expect(valuesOf(headers, 'anthropic-beta')).toEqual([betas]);
  });

  test('Copilot gets the scheme of the plan’s host, and the ids that it wants', async () => {
    const headers = await sent('copilot', { authorization: 'Bearer stolen' });
    expect(valuesOf(headers, 'authorization')).toEqual([`token gho_${SECRET}`]);
    expect(valuesOf(headers, 'copilot-integration-id')).toEqual(['copilot-developer-cli']);
    expect(valuesOf(headers, 'x-interaction-id')).toEqual([
      expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    ]);
  });

  test('Copilot gets the client’s own ids where it sends them', async () => {
    const headers = await sent('copilot', { 'copilot-integration-id': 'vscode-chat', 'x-interaction-id': 'i-1' });
    expect(valuesOf(headers, 'copilot-integration-id')).toEqual(['vscode-chat']);
    expect(valuesOf(headers, 'x-interaction-id')).toEqual(['i-1']);
  });

  test('a header that the user chose is not the client’s to send, although it is on the list', async () => {
    const headers = await sent('gemini', { 'x-client-request-id': 'stolen', 'x-goog-api-key': 'stolen' });
    expect(valuesOf(headers, 'x-client-request-id')).toEqual([`Key ${SECRET}`]);
    expect(valuesOf(headers, 'x-goog-api-key')).toEqual([]);
  });
});
