/** The real gh, git and curl in the sandbox, with the job's token outside and a stand-in for GitHub at the end. */

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { addBridgeAddress } from '../../testing/engine/engine.ts';
import { createHub } from '../../testing/github/hub.ts';
import { installGh } from '../../testing/github/programs.ts';
import { GITHUB_HOSTS, startGithubServer, type GithubRequest } from '../../testing/github/server.ts';
import { HAS_PYTHON } from '../../testing/python.ts';
import { actionStep } from '../../testing/runner/action.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { createTestCa } from '../../testing/tls.ts';

const TOKEN = 'ghs_sentinelOfTheJob4f1d6f3a9c2e4f1d6f3a9c';

/** Each line says what it is for, and its exit code. */
const SCRIPT = `
set +e
say() { printf '\\nRESULT %s %s\\n' "$1" "$2"; }
export GH_PROMPT_DISABLED=1 GIT_TERMINAL_PROMPT=0 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
gh api repos/Octo/Hello --jq .full_name; say api $?
gh pr list --repo Octo/Hello; say pr-list $?
gh repo clone Octo/Hello by-gh -- --quiet; say clone-gh $?
git clone --quiet git@github.com:Octo/Hello.git by-ssh; say clone-ssh $?
git clone --quiet https://github.com/other/private by-other; say clone-other $?
gh pr comment 1 --repo Octo/Hello --body hello; say comment $?
git -C by-ssh commit --quiet --allow-empty --message=second
git -C by-ssh push --quiet origin HEAD:new; say push $?
curl -sSf -H 'Authorization: Bearer ghp_mine' https://api.github.com/repos/Octo/Hello > mine.json; say curl $?
node -e 'const c=require("child_process"); process.env.GH_TOKEN; c.execFileSync("gh", ["api", "user"], {stdio: "inherit"})'; say child $?
env > env.txt
`;

describe.skipIf(process.getuid?.() !== 0 || !HAS_PYTHON)('gh and git (only as root: the port of HTTPS)', () => {
  const results = new Map<string, ReadonlyMap<string, number>>();
  const requests = new Map<string, readonly GithubRequest[]>();
  const outputs = new Map<string, string>();
  const summaries = new Map<string, string>();

  beforeAll(async () => {
    const gh = await installGh();
    for (const access of ['read', 'comment', 'write']) {
      const directory = realpathSync(mkdtempSync(join(tmpdir(), 'awf-github-')));
      mkdirSync(join(directory, 'hub'));
      const { address, remove } = addBridgeAddress();
      const ca = await createTestCa();
      const hub = createHub(join(directory, 'hub'));
      const server = await startGithubServer({ ca, hub, token: TOKEN, address, port: 443 });
      chmodSync(directory, 0o755);
      const step = actionStep(
        {
          ...{ 'github-token': TOKEN, 'github-access': access, 'upstream-ca': 'upstream-ca.pem', run: SCRIPT },
          'add-hosts': GITHUB_HOSTS.map((host) => `${host}:${address}`).join('\n'),
          mounts: dirname(gh),
        },
        {
          ca,
          env: {
            PATH: `${dirname(gh)}:${process.env['PATH'] ?? ''}`,
            ...{ GITHUB_REPOSITORY: 'octo/hello', GITHUB_REPOSITORY_ID: '4242', GITHUB_TOKEN: TOKEN },
          },
        },
      );
      writeFileSync(join(step.runner.workspace, 'new.txt'), 'new');
      const { stdout, stderr } = await step.main();
      outputs.set(access, stdout + stderr);
      const lines = [...stdout.matchAll(/^RESULT (\S+) (\d+)$/gm)];
      results.set(access, new Map(lines.map(([, name = '', code]) => [name, Number(code)])));
      requests.set(access, [...server.requests]);
      summaries.set(access, step.runner.main.summary());
      step.runner.remove();
      await server.close();
      remove();
      rmSync(directory, { recursive: true, force: true });
    }
  }, FETCH_LIMIT);

  test.each([
    ['api', ['read', 'comment', 'write']],
    ['pr-list', ['read', 'comment', 'write']],
    ['clone-gh', ['read', 'comment', 'write']],
    ['clone-ssh', ['read', 'comment', 'write']],
    ['clone-other', []],
    ['comment', ['comment', 'write']],
    ['push', ['write']],
    ['curl', ['read', 'comment', 'write']],
    ['child', ['read', 'comment', 'write']],
  ])('%s works at %j', (name, levels) => {
    for (const access of ['read', 'comment', 'write']) {
      const code = results.get(access)?.get(name);
      expect([access, code === 0], outputs.get(access)).toEqual([access, levels.includes(access)]);
    }
  });

  test('the real token arrived, alone, and was never in the sandbox', () => {
    for (const [access, all] of requests) {
      expect([access, new Set(all.map(({ credential }) => credential))]).toEqual([access, new Set(['real'])]);
      expect(JSON.stringify(all)).not.toMatch(/ghp_mine|placeholder/i);
      const text = outputs.get(access)!;
      expect(text.slice(text.indexOf('::stop-commands::'))).not.toContain(TOKEN);
    }
  });

  test('the summary names the rule, and what was refused', () => {
    const summary = summaries.get('read')!;
    expect(summary).toContain('allowed by `github-access read`');
    expect(summary).toContain('github.com GET /other/private/info/refs');
    expect(outputs.get('read')).toContain(
      'its author can raise github-access, or add this line to host-rules: github.com',
    );
    expect(outputs.get('read')).not.toContain('no API keys found');
  });
});
