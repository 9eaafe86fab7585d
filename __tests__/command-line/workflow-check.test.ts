import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { policyCommand } from '../../src/command-line/policy.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const WORKFLOW = `on: pull_request
jobs:
  review:
    steps:
      - uses: actions/checkout@v6
      - uses: OWNER/awf@v1
        id: agent
        with:
          anthropic-api-key: \${{ secrets.KEY }}
          openai-api-key: sk-12345
          allow-domain: x.org
          allow-domains: |
            docs.example
            =api.example.com
            github.com
            \${{ vars.MORE }}
            https://x.org/a
            nmp
          env: |
            GITHUB_TOKEN=\${{ github.token }}
          run: claude -p x
      - uses: ./
        with: { run: true, timeout-minutes: 10, pids: '\${{ vars.PIDS }}' }
      - uses: ./
  other: { uses: ./.github/workflows/x.yml }
`;

function check(text: string, ...flags: string[]) {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, '.github/workflows'), { recursive: true });
  writeFileSync(join(workspace, '.github/workflows/w.yml'), text);
  return policyCommand(['check', '.github/workflows/w.yml', ...flags], {}, workspace);
}

test('the steps that use AWF are checked, all problems at once', () => {
  const { text, exitCode } = check(WORKFLOW);
  expect(exitCode).toBe(1);
  expect(text).toContain('.github/workflows/w.yml, job review, step "agent" (line 6)\n');
  expect(text).toContain('  ✔ docs.example      and its subdomains\n  ✔ =api.example.com  this host only\n');
  expect(text).toContain('  ✘ "allow-domain" is not an input of AWF. Did you mean allow-domains?\n');
  expect(text).toContain('  ✘ openai-api-key is written into the workflow.');
  expect(text).not.toContain('sk-12345');
  expect(text).toContain('  ✘ allow-domains, line 5: "https://x.org/a" has a path.');
  expect(text).toContain('  ✘ allow-domains, line 6: "nmp" is neither a domain nor a preset. Did you mean npm?');
  expect(text).toContain('  ⚠ env: GITHUB_TOKEN: with github.com allowed,');
  expect(text).toContain('  ⚠ No timeout-minutes, and no max-tokens or max-cost-usd');
  expect(text).toContain('job review, step "3" (line 22)\n  ✔ no host is allowed; models are reached');
  expect(text).not.toContain('step "4"');
  expect((JSON.parse(check(WORKFLOW, '--json').text) as { steps: unknown[] }).steps).toHaveLength(2);
});

test('a workflow without such a step, and one that is no YAML', () => {
  expect(check('jobs:\n  a:\n    steps: [{ run: x }]\n')).toEqual({
    text: '.github/workflows/w.yml has no step that uses AWF.\n',
    exitCode: 0,
  });
  expect(() => check('jobs:\n  a: [\n')).toThrow(/w\.yml, line \d+: this is not YAML/);
});

test('a list and flags', () => {
  const workspace = temporaryDirectory();
  writeFileSync(join(workspace, 'hosts.txt'), 'docs.example # why\n10.0.0.1\n');
  expect(policyCommand(['check', 'hosts.txt'], {}, workspace)).toEqual({
    text: expect.stringMatching(
      /^✔ docs\.example {2}and its subdomains\n✘ hosts\.txt, line 2: "10\.0\.0\.1" is/,
    ) as string,
    exitCode: 1,
  });
  expect(policyCommand(['check', '--allow-domains', 'docs.example'], {}, workspace)).toEqual({
    text: '✔ docs.example  and its subdomains\n',
    exitCode: 0,
  });
  expect(() => policyCommand(['check', 'hosts.txt', '--pids', '5'], {}, workspace)).toThrow('two checks');
});

test('what the entries of a list must not do together is a mistake, and what only a run knows is none', () => {
  const { text } = check(`jobs:
  a:
    steps:
      - uses: ./
        with:
          run: x
          timeout-minutes: 1
          allow-services: |
            a:1
            b:1
          env: |
            A
            \${{ inputs.more }}
            \${{ inputs.others }}
            A=1
`);
  expect(text.match(/✘.*/g)).toEqual([
    expect.stringContaining('env, line 4: A is already in env, line 1.'),
    expect.stringContaining('allow-services, line 2: b:1 has the same port as a:1'),
  ]);
});
