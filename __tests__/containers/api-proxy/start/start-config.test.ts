import { describe, expect, test } from 'vitest';
import { readStartConfig, type ConfigInput } from '../../../../containers/api-proxy/src/start/start-config.ts';
import { configured } from '../../../../testing/sidecar/configured.ts';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import { DEFAULT_MAX_BODY_BYTES, type SidecarConfig } from '../../../../src/shared/sidecar-config.ts';

const PROXY = 'http://172.30.0.10:3128';
const SECRET = 'a-secret-value';
const ENV = { HTTPS_PROXY: PROXY };

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
const input = (text: string): ConfigInput => chunks(text.slice(0, 7), text.slice(7));
const PRICE = { model: 'm', input: 1, output: 1, cachedInput: 1, cacheWrite: 1, hourCacheWrite: 1 };
const nothing = (): ConfigInput => chunks();

const document = (change: Record<string, unknown> = {}): SidecarConfig => ({
  providers: { openai: configured('openai', SECRET) },
  proxyUrl: PROXY,
  maxBodyBytes: 1_000,
  ...change,
});
const openai = (change: Record<string, unknown>) => ({
  providers: { openai: { ...document().providers.openai, ...change } },
});
const target = (change: Record<string, unknown>) =>
  openai({ target: { ...document().providers.openai!.target, ...change } });

describe('the document on standard input', () => {
  test('is used unchanged', async () => {
    const allowEndpoints = [{ provider: 'openai', method: 'GET', path: '/v1/files/*' }];
    const config = document({ upstreamCa: 'PEM', allowEndpoints, budget: { maxCostUsd: 0.5 }, prices: [PRICE] });
    expect(await readStartConfig(input(JSON.stringify(config)), {})).toEqual(config);
  });

  test('overrides the environment', async () => {
    const env = { ...ENV, ANTHROPIC_API_KEY: 'from the environment' };
    const config = await readStartConfig(input(JSON.stringify(document())), env);
    expect(Object.keys(config.providers)).toEqual(['openai']);
  });

  test('has its credentials trimmed', async () => {
    const config = await readStartConfig(input(JSON.stringify(document(openai({ credential: ` ${SECRET}\r\n` })))), {});
    expect(config.providers.openai?.credential).toBe(SECRET);
  });

  test.each<[string, string | object, RegExp]>([
    ['not JSON', `{"credential":"${SECRET}`, /not JSON/],
    ['null', 'null', /The configuration must be an object/],
    ['providers that are null', document({ providers: null }), /providers must be an object/],
    ['a list', '[]', /The configuration must be an object/],
    ['an unknown field', document({ maxTokens: 1 }), /The configuration has an unknown field/],
    ['an unknown provider', document({ providers: { [SECRET]: {} } }), /providers has an unknown field/],
    ['an empty credential', document(openai({ credential: ' \n' })), /providers\.openai\.credential is empty/],
    ['a credential with a line break', document(openai({ credential: `${SECRET}\nx` })), /openai\.credential contains/],
    ['a credential with NUL', document(openai({ credential: `${SECRET}\0` })), /openai\.credential contains/],
    ['a credential outside ASCII', document(openai({ credential: `${SECRET}\u2026` })), /openai\.credential contains/],
    [
      'a credential that is not a string',
      document(openai({ credential: [SECRET] })),
      /openai\.credential must be a string/,
    ],
    ['no target', document(openai({ target: undefined })), /openai\.target must be an object/],
    ['a target host with a path', document(target({ host: `a/${SECRET}` })), /no valid host/],
    ['a target host with a user', document(target({ host: 'a@b' })), /no valid host/],
    ['a target port 0', document(target({ port: 0 })), /no valid port/],
    ['a target port that is text', document(target({ port: '443' })), /no valid port/],
    ['a base path with dots', document(target({ basePath: '/a/..' })), /no valid base path/],
    ['a base path that ends with a slash', document(target({ basePath: '/a/' })), /no valid base path/],
    ['a base path with a line break', document(target({ basePath: '/a\r\nX: y' })), /no valid base path/],
    ['no proxy', document({ proxyUrl: undefined }), /proxyUrl must be Squid's address/],
    ['a proxy with credentials', document({ proxyUrl: `http://u:${SECRET}@squid:3128` }), /proxyUrl must be/],
    ['a proxy of another scheme', document({ proxyUrl: 'https://squid:3128' }), /proxyUrl must be/],
    ['no limit', document({ maxBodyBytes: Infinity }), /maxBodyBytes/],
    ['a limit of 0', document({ maxBodyBytes: 0 }), /maxBodyBytes/],
    [
      'a limit that is not a number',
      document({ maxBodyBytes: '1000' }),
      /maxBodyBytes must be a positive whole number/,
    ],
    ['an unknown limit', document({ budget: { maxDollars: 1 } }), /budget has an unknown field/],
    ['a budget of 0', document({ budget: { maxRequests: 0 } }), /budget\.maxRequests must be a positive/],
    ['a budget that is text', document({ budget: { maxTokens: SECRET } }), /budget\.maxTokens must be a positive/],
    [
      'a cost that is text',
      document({ budget: { maxCostUsd: SECRET } }),
      /budget\.maxCostUsd must be a positive number/,
    ],
    ['a cost of nothing', document({ budget: { maxCostUsd: 0 } }), /budget\.maxCostUsd must be a positive number/],
    [
      'a price that is text',
      document({ prices: [{ ...PRICE, output: SECRET }] }),
      /prices\[0\] must consist of numbers/,
    ],
    ['a negative price', document({ prices: [{ ...PRICE, input: -1 }] }), /prices\[0\] must consist of numbers/],
    ['half a price', document({ prices: [{ model: 'm', input: 1 }] }), /prices\[0\] must consist of numbers/],
    ['too long', 'x'.repeat(5 * 1024 * 1024), /larger than/],
  ])('%s is rejected, and no value is printed', async (_, text, message) => {
    const refused = readStartConfig(input(typeof text === 'string' ? text : JSON.stringify(text)), ENV);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(SECRET);
    await expect(refused).rejects.not.toHaveProperty('cause');
  });
});

describe('the environment', () => {
  test.each(PROVIDERS.flatMap((provider) => provider.credentials.map(({ variable }) => ({ ...provider, variable }))))(
    '$variable configures $id, with its default target',
    async ({ id, variable }) => {
      const config = await readStartConfig(nothing(), { ...ENV, [variable]: ` ${SECRET}\n` });
      expect(config).toEqual({
        providers: { [id]: configured(id, SECRET, undefined, variable) },
        proxyUrl: PROXY,
        maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
      });
    },
  );

  test('is read when standard input is a terminal', async () => {
    const terminal: ConfigInput = Object.assign(chunks('never read'), { isTTY: true });
    expect((await readStartConfig(terminal, ENV)).providers).toEqual({});
  });

  test('the first of two credentials wins, and an empty one is ignored', async () => {
    const both = { ...ENV, COPILOT_GITHUB_TOKEN: 'token', COPILOT_API_KEY: 'key' };
    expect((await readStartConfig(nothing(), both)).providers.copilot?.credential).toBe('token');
    const empty = { ...both, COPILOT_GITHUB_TOKEN: ' ' };
    expect((await readStartConfig(nothing(), empty)).providers.copilot?.credential).toBe('key');
  });

  test.each([
    ['llm.example.com', { host: 'llm.example.com', port: 443, basePath: '' }],
    ['LLM.Example.com.:8443/v1/', { host: 'llm.example.com', port: 8443, basePath: '/v1' }],
    ['10.0.0.7:443/a/b', { host: '10.0.0.7', port: 443, basePath: '/a/b' }],
    ['[fd00::1]:8443', { host: 'fd00::1', port: 8443, basePath: '' }],
    [' ', { host: 'api.openai.com', port: 443, basePath: '' }],
  ])('OPENAI_API_TARGET=%s', async (value, expected) => {
    const env = { ...ENV, OPENAI_API_KEY: SECRET, OPENAI_API_TARGET: value };
    expect((await readStartConfig(nothing(), env)).providers.openai?.target).toEqual(expected);
  });

  test.each(['https://llm.example.com', 'a b', 'user@host', 'host?x', 'host#x', 'host:99999', ':443', 'a..b'])(
    'OPENAI_API_TARGET=%s is rejected by name',
    async (value) => {
      const env = { ...ENV, OPENAI_API_KEY: SECRET, OPENAI_API_TARGET: value };
      await expect(readStartConfig(nothing(), env)).rejects.toThrow(/^OPENAI_API_TARGET /);
    },
  );

  test.each([
    ['', 'https://octo.ghe.com', 'copilot-api.octo.ghe.com'],
    [' ', 'https://github.example.com', 'api.githubcopilot.com'],
    ['router.example', 'https://octo.ghe.com', 'router.example'],
  ])('COPILOT_API_TARGET=%s and GITHUB_SERVER_URL=%s: Copilot is at %s', async (target, serverUrl, host) => {
    const more = { COPILOT_GITHUB_TOKEN: SECRET, COPILOT_API_TARGET: target, GITHUB_SERVER_URL: serverUrl };
    const { providers } = await readStartConfig(nothing(), { ...ENV, ...more });
    expect(providers.copilot?.target).toEqual({ host, port: 443, basePath: '' });
  });

  test('GITHUB_SERVER_URL is rejected by name if Copilot needs it, and no value is printed', async () => {
    const env = { ...ENV, GITHUB_SERVER_URL: `https://${SECRET}@octo.ghe.com` };
    const refused = readStartConfig(nothing(), { ...env, COPILOT_GITHUB_TOKEN: 'token' });
    await expect(refused).rejects.toThrow(/^GITHUB_SERVER_URL /);
    await expect(refused).rejects.not.toThrow(SECRET);
    const { providers } = await readStartConfig(nothing(), { ...env, OPENAI_API_KEY: SECRET });
    expect(Object.keys(providers)).toEqual(['openai']);
  });

  test('without HTTPS_PROXY there is no way out, and the error says so', async () => {
    await expect(readStartConfig(nothing(), { OPENAI_API_KEY: SECRET })).rejects.toThrow(/^HTTPS_PROXY must be/);
  });
});
