import { describe, expect, test } from 'vitest';
import { parseAllowList } from '../../src/config/allow-list.ts';
import { configuredProviders, type ConfiguredProvider } from '../../src/config/providers.ts';
import type { ProviderId } from '../../src/shared/providers.ts';
import { given, OWN_TARGETS, SENTINELS } from '../../testing/builders.ts';

const NOTHING = parseAllowList('');

describe('configuredProviders', () => {
  const configured = (...variables: string[]) =>
    configuredProviders(given(...variables), OWN_TARGETS, NOTHING).map(({ provider, given: names }) => [
      provider.id,
      ...names,
    ]);

  test('none without a credential', () => {
    expect(configured()).toEqual([]);
  });

  test('each that has one', () => {
    expect(configured('GEMINI_API_KEY', 'OPENAI_API_KEY')).toEqual([
      ['openai', 'OPENAI_API_KEY'],
      ['gemini', 'GEMINI_API_KEY'],
    ]);
  });

  test.each([
    [['COPILOT_GITHUB_TOKEN'], ['COPILOT_GITHUB_TOKEN']],
    [['COPILOT_API_KEY'], ['COPILOT_API_KEY']],
    [
      ['COPILOT_API_KEY', 'COPILOT_GITHUB_TOKEN'],
      ['COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY'],
    ],
  ])('Copilot with %j has %j, and the first is injected', (variables, names) => {
    expect(configured(...variables)).toEqual([['copilot', ...names]]);
  });

  test('carries the target', () => {
    const gemini = { host: 'gateway.example', port: 8443, basePath: '/x' };
    const [found] = configuredProviders(given('GEMINI_API_KEY'), { ...OWN_TARGETS, gemini }, NOTHING);
    expect(found?.target).toEqual(gemini);
  });

  test('holds no credential', () => {
    const found = JSON.stringify(configuredProviders(SENTINELS, OWN_TARGETS, NOTHING));
    for (const secret of SENTINELS.values()) expect(found).not.toContain(secret);
  });
});

describe('isPermitted', () => {
  const at = (id: ProviderId, variable: string, host: string, list = ''): ConfiguredProvider => {
    const targets = { ...OWN_TARGETS, [id]: { host, port: 443, basePath: '' } };
    return configuredProviders(given(variable), targets, parseAllowList(list))[0]!;
  };

  test.each([
    ['api.githubcopilot.com', '', true],
    ['copilot-api.octo.ghe.com', '', true],
    ['router.example', '', false],
    ['router.example', 'router.example', true],
    ['copilot-api.octo.evil-ghe.com', '', false],
    ['copilot-api.octo.ghe.com.evil.example', '', false],
    ['octo.ghe.com', '', false],
    ['api.openai.com', '', false],
  ])('Copilot at %s with the list "%s": %s', (host, list, expected) => {
    expect(at('copilot', 'COPILOT_GITHUB_TOKEN', host, list).isPermitted).toBe(expected);
  });

  test('Copilot’s hosts are its alone', () => {
    expect(at('openai', 'OPENAI_API_KEY', 'copilot-api.octo.ghe.com').isPermitted).toBe(false);
  });
});
