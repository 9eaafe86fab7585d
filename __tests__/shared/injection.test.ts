import { describe, expect, test } from 'vitest';
import { injectionOf, parseAuthHeader } from '../../src/shared/injection.ts';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';

function injected(id: ProviderId, credential: string, host?: string, more: { variable?: string; by?: string } = {}) {
  const { injection, defaultTarget, credentials } = PROVIDERS.find((provider) => provider.id === id)!;
  const found = injectionOf(injection, {
    ...{ credential, host: host ?? defaultTarget, variable: more.variable ?? credentials[0]!.variable },
    ...{ authHeader: more.by === undefined ? undefined : parseAuthHeader('x', more.by), environment: {} },
  });
  return `${found.header}: ${found.prefix}`;
}

describe('the header of a credential', () => {
  test.each<[ProviderId, string, string | undefined, string]>([
    ['openai', 'sk-proj-x', undefined, 'authorization: Bearer '],
    ['openai', 'sk-proj-x', 'gateway.example', 'authorization: Bearer '],
    ['openai', '0123456789abcdef', 'octo.openai.azure.com', 'api-key: '],
    ['openai', '0123456789abcdef', 'octo.cognitiveservices.azure.com', 'api-key: '],
    ['openai', '0123456789abcdef', 'octo.services.ai.azure.com', 'api-key: '],
    ['openai', '0123456789abcdef', 'octo.openai.azure.us', 'api-key: '],
    ['openai', '0123456789abcdef', 'octo.openai.azure.com.evil.example', 'authorization: Bearer '],
    ['openai', 'eyJ0eXAi.eyJhdWQi.c2ln', 'octo.openai.azure.com', 'authorization: Bearer '],
    ['anthropic', 'sk-ant-api03-x', undefined, 'x-api-key: '],
    ['anthropic', 'sk-ant-oat01-x', undefined, 'authorization: Bearer '],
    ['anthropic', 'sk-ant-oat01-x', 'gateway.example', 'authorization: Bearer '],
    ['gemini', 'AIza-x', undefined, 'x-goog-api-key: '],
    ...['gho_x', 'ghu_x'].flatMap((token): [ProviderId, string, string | undefined, string][] => [
      ['copilot', token, undefined, 'authorization: Bearer '],
      ['copilot', token, 'api.business.githubcopilot.com', 'authorization: token '],
      ['copilot', token, 'api.enterprise.githubcopilot.com', 'authorization: token '],
      ['copilot', token, 'api.individual.githubcopilot.com', 'authorization: Bearer '],
      ['copilot', token, 'copilot-api.octo.ghe.com', 'authorization: Bearer '],
      ['copilot', token, 'api.business.githubcopilot.com.evil.example', 'authorization: Bearer '],
    ]),
    ['copilot', '0123456789abcdef', 'octo.openai.azure.com', 'api-key: '],
    ['copilot', 'eyJ0eXAi.eyJhdWQi.c2ln', 'octo.openai.azure.com', 'authorization: Bearer '],
    ['copilot', 'github_pat_x', 'api.business.githubcopilot.com', 'authorization: Bearer '],
    ['copilot', 'ghs_x', 'api.enterprise.githubcopilot.com', 'authorization: Bearer '],
  ])('%s, %s at %s: %s', (id, credential, host, expected) => {
    expect(injected(id, credential, host)).toBe(expected);
  });

  test('a subscription token of Claude is known by its variable too', () => {
    const variable = 'CLAUDE_CODE_OAUTH_TOKEN';
    expect(injected('anthropic', 'a-gateway-token', undefined, { variable })).toBe('authorization: Bearer ');
  });

  test.each(PROVIDERS)('$id: is what the user chooses', ({ id }) => {
    expect(injected(id, 'sk-ant-oat01-x', undefined, { by: 'X-Key' })).toBe('x-key: ');
    expect(injected(id, 'sk-ant-oat01-x', undefined, { by: 'Authorization: token' })).toBe('authorization: token ');
  });
});

describe('what goes with it', () => {
  const of = (id: ProviderId, host: string, environment = {}, credential = 'x') => {
    const { injection, credentials } = PROVIDERS.find((provider) => provider.id === id)!;
    return injectionOf(injection, {
      ...{ credential, host, variable: credentials[0]!.variable },
      ...{ authHeader: undefined, environment },
    });
  };

  test.each([
    ['api.githubcopilot.com', true],
    ['api.business.githubcopilot.com', true],
    ['copilot-api.octo.ghe.com', true],
    ['gateway.example', false],
    ['githubcopilot.com.evil.example', false],
    ['evilgithubcopilot.com', false],
    ['copilot-api.octo.ghe.com.evil.example', false],
  ])('Copilot at %s gets an integration id: %s', (host, isOwn) => {
    expect(of('copilot', host)).toMatchObject({
      defaults: isOwn ? { 'copilot-integration-id': 'copilot-developer-cli' } : {},
      ids: isOwn ? ['x-interaction-id'] : [],
    });
    expect('copilot-integration-id' in of('copilot', host).defaults).toBe(isOwn);
  });

  test('a variable replaces the integration id', () => {
    const id = { COPILOT_INTEGRATION_ID: ' my-app ' };
    expect(of('copilot', 'api.githubcopilot.com', id).defaults).toEqual({ 'copilot-integration-id': 'my-app' });
    expect(of('copilot', 'gateway.example', id).defaults).toEqual({});
    expect(of('copilot', 'api.githubcopilot.com', { COPILOT_INTEGRATION_ID: ' ' }).defaults).toEqual({
      'copilot-integration-id': 'copilot-developer-cli',
    });
    expect(() => of('copilot', 'api.githubcopilot.com', { COPILOT_INTEGRATION_ID: 'a\nb: c' })).toThrow(
      'COPILOT_INTEGRATION_ID has a character that no header may have',
    );
  });

  test('only a subscription token of Claude needs a beta', () => {
    const entries = { 'anthropic-beta': 'oauth-2025-04-20' };
    expect(of('anthropic', 'api.anthropic.com', {}, 'sk-ant-oat01-x').entries).toEqual(entries);
    expect(of('anthropic', 'api.anthropic.com', {}, 'sk-ant-api03-x').entries).toEqual({});
  });
});

describe('parseAuthHeader', () => {
  test.each([
    ['api-key', 'api-key', ''],
    ['API-Key', 'api-key', ''],
    ['Authorization: Bearer', 'authorization', 'Bearer '],
    ['authorization Bearer', 'authorization', 'Bearer '],
    ['Authorization:token', 'authorization', 'token '],
    ['X-Key:', 'x-key', ''],
  ])('%s', (text, header, prefix) => {
    expect(parseAuthHeader('openai-auth-header', text)).toEqual({ header, prefix });
  });

  test.each(['', ':', 'a b c', 'naïve', 'x"y', 'Authorization: Bearer, x', 'a: b: c', 'a\nb'])('refuses %j', (text) => {
    expect(() => parseAuthHeader('openai-auth-header', text)).toThrow(/^openai-auth-header: /);
  });

  test.each(['Host', 'content-length', 'Transfer-Encoding', 'Connection: x', 'Proxy-Authorization', 'accept-encoding'])(
    'refuses %s, which means something else',
    (text) => {
      expect(() => parseAuthHeader('openai-auth-header', text)).toThrow('a credential cannot go in the header');
    },
  );
});
