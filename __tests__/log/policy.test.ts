import { describe, expect, test } from 'vitest';
import { memoryText, policyGroup, type PolicyFacts } from '../../src/log/policy.ts';
import { aConfig, given } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const FACTS: PolicyFacts = {
  ...{ passed: { fromHost: [], asked: [] }, guards: [], userMounts: [], toolchain: [], memory: '6g' },
};

const bind = (source: string, target = source, writable = false) => ({
  kind: 'bind' as const,
  source,
  target,
  writable,
});

describe('the policy in force', () => {
  test('the title has what a reader looks for first', () => {
    const config = aConfig({
      secrets: given('ANTHROPIC_API_KEY'),
      egress: allowing('a.example, b.example'),
      timeoutMinutes: 10,
      budget: { maxTokens: 500_000 },
    });
    expect(policyGroup(config, FACTS).title).toBe(
      'policy: 2 domains, Anthropic, 6 GB, at most 10 min and 500 k tokens',
    );
    expect(policyGroup(aConfig(), FACTS).title).toBe('policy: no domains, no model, 6 GB');
  });

  test('what the command may reach, presets with what they became and what says so', () => {
    const hosts = [
      { text: 'https://=bun.sh', from: 'bun' },
      { text: 'https://=a.example', from: '~/.npmrc' },
    ];
    const presets = [{ name: 'bun', source: { kind: 'input', name: 'allow-domains' } as const, hosts }];
    expect(policyGroup(aConfig({ egress: allowing('own.example'), presets }), FACTS).lines.slice(0, 2)).toEqual([
      'reach      bun: https://=bun.sh, https://=a.example (from ~/.npmrc)',
      '           own.example',
    ]);
    expect(policyGroup(aConfig(), FACTS).lines[0]).toBe('reach      nothing');
  });

  test('which models have which key, and which have none', () => {
    const lines = policyGroup(aConfig({ secrets: given('CLAUDE_CODE_OAUTH_TOKEN') }), FACTS).lines.join('\n');
    expect(lines).toContain('models     Anthropic with a Claude subscription token');
    expect(lines).toContain('no key for OpenAI, GitHub Copilot, Google Gemini: they answer 503');
    const off = policyGroup(aConfig({ frontEnd: 'cli', apiProxy: false }), FACTS).lines.join('\n');
    expect(off).toContain('none: the api-proxy is off (--enable-api-proxy)');
  });

  test('variables by their names', () => {
    const passed = { fromHost: ['PATH', 'CI', 'GITHUB_A', 'GITHUB_B', 'GITHUB_C', 'GITHUB_D'], asked: ['PR_NUMBER'] };
    const lines = policyGroup(aConfig(), { ...FACTS, passed }).lines.join('\n');
    expect(lines).toContain('variables  CI, GITHUB_* (4), PATH · asked for: PR_NUMBER');
  });

  test('what is read-only, what is mounted, and how', () => {
    const facts = {
      ...FACTS,
      guards: [bind('/workspace/.vscode'), bind('/run/git', '/workspace/.git'), bind('/workspace/.git/config')],
      userMounts: [bind('/etc/ssl', '/certs'), bind('/cache', '/cache', true)],
      toolchain: [bind('/usr'), bind('/opt')],
    };
    const protectPaths = [
      { path: '.vscode', mode: 'read-only' },
      { path: 'x', mode: 'report' },
    ] as const;
    const lines = policyGroup(aConfig({ protectPaths }), facts).lines.join('\n');
    expect(lines).toContain('read-only  .vscode · compared before and after: 1 more path');
    expect(lines).toContain('/etc/ssl as /certs (read-only)');
    expect(lines).toContain('/cache (writable)');
    expect(lines).toContain("this machine's tools, read-only: /usr, /opt");
  });

  test('the file that the policy comes from, and which version of it', () => {
    const policy = { file: '.github/awf.yml', commit: 'a'.repeat(40), from: 'the base of the pull request' };
    expect(policyGroup(aConfig({ policy }), FACTS).lines[0]).toBe(
      'file       .github/awf.yml, from the base of the pull request (aaaaaaaaaaaa)',
    );
    const onDisk = { file: 'p.yml', commit: undefined, from: undefined };
    expect(policyGroup(aConfig({ policy: onDisk }), FACTS).lines[0]).toBe('file       p.yml, as it is on disk');
  });

  test('what the lockfiles suggest, with names that stay on their line', () => {
    const proposedPresets = [{ name: 'npm', file: 'a\n::error::\u001b[31m/yarn.lock' }];
    const { lines } = policyGroup(aConfig({ proposedPresets }), FACTS);
    expect(lines.join(' ')).toContain('the lockfiles suggest npm (');
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f]/);
    expect(policyGroup(aConfig({ proposedPresets: [] }), FACTS).lines.join(' ')).toContain('no lockfile');
  });
});

test.each([
  ['6g', '6 GB'],
  ['512m', '512 MB'],
  [String(3 * 2 ** 29), '1.5 GB'],
])('%s is %s', (limit, text) => {
  expect(memoryText(limit)).toBe(text);
});
