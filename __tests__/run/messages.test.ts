import { describe, expect, test } from 'vitest';
import { configWarnings, timeoutText } from '../../src/run/messages.ts';
import { aConfig, given } from '../../testing/builders.ts';

describe.each([
  [
    'action',
    'openai-api-target: allow-domains does not',
    'Add the line "x.example" to allow-domains.',
    'raise timeout',
  ],
  ['cli', '--openai-api-target: --allow-domains does not', 'Add --allow-domains x.example.', 'raise --timeout'],
] as const)('in the terms of the %s', (frontEnd, problem, remedy, limit) => {
  test('a target that Squid will refuse', () => {
    const config = aConfig({ frontEnd, secrets: given('OPENAI_API_KEY') });
    const providers = config.providers.map((configured) => ({
      ...configured,
      target: { ...configured.target, host: 'x.example' },
      isPermitted: false,
    }));
    const [warning, ...others] = configWarnings({ ...config, providers });
    expect(others).toEqual([]);
    expect(warning).toContain(problem);
    expect(warning).toContain(remedy);
  });

  test('the time limit', () => {
    expect(timeoutText(aConfig({ frontEnd, timeoutMinutes: 1 }))).toContain(`1 minute and was stopped`);
    expect(timeoutText(aConfig({ frontEnd, timeoutMinutes: 1 }))).toContain(limit);
  });
});
