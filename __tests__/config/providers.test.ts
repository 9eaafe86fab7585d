import { describe, expect, test } from 'vitest';
import { configuredProviders, type ConfiguredProvider } from '../../src/config/providers.ts';
import { given, OWN_CHOICES, SENTINELS } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const NOTHING = allowing('');

describe('configuredProviders', () => {
  const configured = (...variables: string[]) =>
    configuredProviders(given(...variables), NOTHING, OWN_CHOICES).map(({ provider, given: names }) => [
      provider.id,
      ...names,
    ]);

  test('none without a credential', () => {
    expect(configured()).toEqual([]);
  });

  test('each provider that has one', () => {
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

  test('includes the target', () => {
    const target = { host: 'gateway.example', port: 8443, basePath: '/x' };
    const [found] = configuredProviders(given('GEMINI_API_KEY'), NOTHING, { ...OWN_CHOICES, targetOf: () => target });
    expect(found?.target).toEqual(target);
  });

  test('contains no credential', () => {
    const found = JSON.stringify(configuredProviders(SENTINELS, NOTHING, OWN_CHOICES));
    for (const secret of SENTINELS.values()) expect(found).not.toContain(secret);
  });
});

describe('isPermitted', () => {
  const at = (variable: string, host: string, list = ''): ConfiguredProvider =>
    configuredProviders(given(variable), allowing(list), {
      ...OWN_CHOICES,
      targetOf: () => ({ host, port: 443, basePath: '' }),
    })[0]!;

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
    expect(at('COPILOT_GITHUB_TOKEN', host, list).isPermitted).toBe(expected);
  });

  test('Copilot’s hosts are only for Copilot', () => {
    expect(at('OPENAI_API_KEY', 'copilot-api.octo.ghe.com').isPermitted).toBe(false);
  });
});
