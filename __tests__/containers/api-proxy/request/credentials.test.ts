import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import { post, send, sendRaw } from '../../../../testing/sidecar/client.ts';
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
