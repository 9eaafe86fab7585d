import { describe, expect, test } from 'vitest';
import { budgetWarning, configWarnings, noModelText } from '../../src/run/messages.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';
import type { NamedHost } from '../../src/shared/named-host.ts';
import { aConfig, given } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

describe.each([
  ['action', 'openai-api-target: allow-domains does not', 'Add the line "x.example" to allow-domains.'],
  ['cli', '--openai-api-target: --allow-domains does not', 'Add --allow-domains x.example.'],
] as const)('in the terms of the %s', (frontEnd, problem, remedy) => {
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
});

describe('no key at all', () => {
  // Other providers may be among them.
  const text =
    /^API proxy enabled but no API keys found in environment\. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, (?:\w+, )*COPILOT_GITHUB_TOKEN, or COPILOT_API_KEY to use the proxy$/;

  test.each([
    ['claude -p hello', 'The command starts claude. Give its key as an input, such as anthropic-api-key.'],
    ['cd x && /usr/bin/codex exec "y"', 'such as openai-api-key.'],
    ['npx opencode run x', 'The command starts opencode.'],
  ])('the action warns about %s, and says what to do', (script, advice) => {
    const command = { kind: 'script', script, shell: ['bash', '{0}'] } as const;
    const [warning, ...others] = configWarnings(aConfig({ command }));
    expect(others).toEqual([]);
    expect(warning?.split('\n')[0]).toMatch(text);
    expect(warning).toContain(advice);
    expect(warning).toContain('A secret is empty in pull requests from forks');
  });

  test.each(['npm test', 'echo claudette', 'git commit -m gemini-like'])('the action is silent about %s', (script) => {
    expect(configWarnings(aConfig({ command: { kind: 'script', script, shell: ['bash', '{0}'] } }))).toEqual([]);
  });

  test('the command line warns about every command: somebody asked for the api-proxy', () => {
    expect(configWarnings(aConfig({ frontEnd: 'cli' }))).toEqual([expect.stringMatching(text)]);
  });
});

describe('a budget that refused requests', () => {
  test('names the limit that was reached, and what to raise', () => {
    const usage = { ...NO_MODEL_USAGE, requests: 2, overBudget: 2 };
    expect(budgetWarning(aConfig({ budget: { maxRequests: 2, maxTokens: 1_000 } }), usage)).toBe(
      'Budget reached: 2 requests (max-requests: 2). 2 more requests were refused or cut off. Raise max-requests if the command needs more.',
    );
  });

  test('names all limits if a request was refused that would have gone beyond one', () => {
    const usage = { ...NO_MODEL_USAGE, requests: 1, overBudget: 1 };
    const warning = budgetWarning(aConfig({ frontEnd: 'cli', budget: { maxTokens: 10, maxCostUsd: 1 } }), usage);
    expect(warning).toContain('(--max-tokens: 10)');
    expect(warning).toContain('1 more request was refused or cut off. Raise --max-tokens or --max-cost-usd');
  });
});

test.each([
  [null, 'GitHub Copilot did not list its models in time. Set COPILOT_MODEL in env.'],
  [403, 'GitHub Copilot listed no model to choose (status 403). Set COPILOT_MODEL in env.'],
])('a list of models with the status %j', (status, text) => {
  const config = aConfig({ secrets: given('COPILOT_API_KEY') });
  expect(noModelText(config, { event: 'no-model', provider: 'copilot', status })).toBe(text);
});
