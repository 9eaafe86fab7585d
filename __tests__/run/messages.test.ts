import { describe, expect, test } from 'vitest';
import { configWarnings, noModelText, policyText, presetLines, timeoutText } from '../../src/run/messages.ts';
import type { NamedHost } from '../../src/shared/named-host.ts';
import { aConfig, given } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

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

  test('X23 an entry of the list that covers a provider’s host', () => {
    const warningsFor = (domains: string): string[] =>
      configWarnings(
        aConfig({ frontEnd, egress: allowing(domains), secrets: given('OPENAI_API_KEY', 'GEMINI_API_KEY') }),
      );
    const [openai, gemini, ...others] = warningsFor('openai.com, *.googleapis.com!, example.com');
    expect(others).toEqual([]);
    expect(openai).toMatch(/allow-domains: openai\.com covers api\.openai\.com, the host of OpenAI\./);
    expect(gemini).toMatch(/googleapis\.com covers generativelanguage\.googleapis\.com/);
    // The host itself, its neighbours, and other providers' domains: no overlap with a configured one.
    const named = aConfig({ frontEnd, egress: allowing('internal.example'), secrets: given('OPENAI_API_KEY') });
    const providers = named.providers.map((each) => ({
      ...each,
      target: { ...each.target, host: 'llm.internal.example' },
      isPermitted: true,
    }));
    expect(configWarnings({ ...named, providers })).toEqual([]);
    expect(warningsFor('api.openai.com, cdn.openai.com, anthropic.com, http://openai.com')).toEqual([]);
  });

  test('an entry of the list that covers a host with rules', () => {
    const warningsFor = (domains: string, host: Partial<NamedHost> = {}): string[] =>
      configWarnings(
        aConfig({
          ...{ frontEnd, egress: allowing(domains) },
          namedHosts: { providers: [], others: [{ name: 'api.a.example', rules: [], ...host }] },
        }),
      );
    expect(warningsFor('a.example')).toEqual([
      expect.stringContaining('allow-domains: a.example covers api.a.example, for which there are rules.'),
    ]);
    expect(warningsFor('api.a.example, www.a.example, b.example')).toEqual([]);
    expect(warningsFor('a.example', { option: 'github-access' })).toEqual([]);
  });

  test('the time limit', () => {
    expect(timeoutText(aConfig({ frontEnd, timeoutMinutes: 1 }))).toContain(`1 minute and was stopped`);
    expect(timeoutText(aConfig({ frontEnd, timeoutMinutes: 1 }))).toContain(limit);
  });
});

test.each([
  [
    { file: '.github/awf.yml', commit: undefined, from: undefined },
    'The policy file is .github/awf.yml, as it is on disk.',
  ],
  [
    { file: 'p.yml', commit: 'a'.repeat(40), from: 'the base of the pull request' },
    'The policy file is p.yml, from the base of the pull request (aaaaaaaaaaaa).',
  ],
])('the log says which policy file a run has, %#', (origin, text) => {
  expect(policyText(origin)).toBe(text);
});

describe('presets', () => {
  const source = { kind: 'input', name: 'allow-domains' } as const;

  test('the log has what each became, and what says so', () => {
    const presets = [
      {
        ...{ name: 'bun', source },
        hosts: [
          { text: 'https://=bun.sh', from: 'bun' },
          { text: 'https://=a.example', from: '~/.npmrc' },
          { text: 'https://=b.example', from: '~/.npmrc' },
        ],
      },
    ];
    expect(presetLines(aConfig({ presets }))).toEqual([
      'bun: https://=bun.sh, https://=a.example, https://=b.example (from ~/.npmrc)',
    ]);
  });

  test('a proposal is one line, with the files it rests on', () => {
    const proposedPresets = [{ name: 'npm', file: 'a\n::error::b/yarn.lock' }];
    const [line, ...others] = presetLines(aConfig({ proposedPresets }));
    expect(others).toEqual([]);
    expect(line).toContain('presets: the lockfiles suggest npm (');
    expect(line).not.toContain('\n');
    expect(presetLines(aConfig({ proposedPresets: [] }))).toEqual([expect.stringContaining('no lockfile')]);
    expect(presetLines(aConfig())).toEqual([]);
  });
});

test.each([
  [null, 'GitHub Copilot did not list its models in time. Set COPILOT_MODEL in env.'],
  [403, 'GitHub Copilot listed no model to choose (status 403). Set COPILOT_MODEL in env.'],
])('a list of models with the status %j', (status, text) => {
  const config = aConfig({ secrets: given('COPILOT_API_KEY') });
  expect(noModelText(config, { event: 'no-model', provider: 'copilot', status })).toBe(text);
});
