import { describe, expect, test } from 'vitest';
import { memoryText, policyFileNote, policyGroup, proposalNote, type PolicyFacts } from '../../src/log/policy.ts';
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

describe('the policy file of a repository, on one’s own machine', () => {
  const policy = { file: '.github/awf.yml', commit: undefined, from: undefined };

  test('is told with what it opens', () => {
    const egress = allowing('a.example, b.example');
    expect(policyFileNote({ ...aConfig({ egress, policy }), frontEnd: 'cli' })).toBe(
      'the policy file .github/awf.yml, as it is on disk, counts: 2 domains. Without it: --policy=none',
    );
    const services = [{ name: 'localhost', port: 5432 }];
    const others = [{ name: 'api.example', rules: [] }];
    const open = aConfig({ policy, services, egress: { ...egress, mode: 'audit' } });
    expect(policyFileNote({ ...open, namedHosts: { ...open.namedHosts, others }, frontEnd: 'cli' })).toContain(
      'counts: audit, nothing public is refused, localhost:5432, rules for api.example.',
    );
  });

  test('is not, where there is none', () => {
    expect(policyFileNote(aConfig())).toBeUndefined();
  });
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
    expect(lines).toMatch(/no key for OpenAI, GitHub Copilot, Google Gemini\b.*: they answer 503/);
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
});

describe('what the lockfiles suggest', () => {
  const npm = { name: 'npm', file: 'package-lock.json' };
  const listed = { name: 'npm', source: { kind: 'input', name: 'presets', line: 1 }, hosts: [] } as const;

  test('is told to those who ask', () => {
    expect(proposalNote(aConfig({ proposedPresets: undefined }))).toBeUndefined();
    expect(proposalNote(aConfig({ proposedPresets: [npm] }))).toContain('suggest npm (package-lock.json). Nothing');
    expect(proposalNote(aConfig({ proposedPresets: [] }))).toContain('no lockfile');
  });

  test('leaves out what is on the list', () => {
    const both = [npm, { name: 'go', file: 'go.sum' }];
    expect(proposalNote(aConfig({ proposedPresets: both, presets: [listed] }))).toContain(
      'suggest go (go.sum). Nothing',
    );
    expect(proposalNote(aConfig({ proposedPresets: [npm], presets: [listed] }))).toContain('the list has all');
  });

  test('stays on its line', () => {
    const proposedPresets = [{ name: 'npm', file: 'a\n::error::\u001b[31m/yarn.lock' }];
    expect(proposalNote(aConfig({ proposedPresets }))).not.toMatch(/[\u0000-\u001f]/);
  });

  test('shows the letters of every alphabet as they are, and what nobody sees as its octets', () => {
    const proposedPresets = [{ name: 'npm', file: 'größe/日本/a\u200bb/package-lock.json' }];
    expect(proposalNote(aConfig({ proposedPresets }))).toContain('(größe/日本/a\\xe2\\x80\\x8bb/package-lock.json)');
  });
});

test.each([
  ['6g', '6 GB'],
  ['512m', '512 MB'],
  [String(3 * 2 ** 29), '1.5 GB'],
])('%s is %s', (limit, text) => {
  expect(memoryText(limit)).toBe(text);
});
