import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  actionStep,
  startLocalProvider,
  TEST_KEYS,
  type ActionStep,
  type LocalProvider,
} from '../../testing/runner/action.ts';
import { startArtifactService, type ArtifactService } from '../../testing/runner/artifact-service.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import { remains } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { readZip } from '../../testing/zip.ts';

const RUN = `
echo "user $(id -u), home $HOME is $(stat -c %u:%a "$HOME")"
mkdir sub
echo content > sub/file
curl -sS -H 'content-type: application/json' "$ANTHROPIC_BASE_URL/v1/messages" \\
  -d '{"model":"test","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}'
echo
cat ~/.claude.json
touch /root-owned 2> /dev/null || echo "not root"`;

describe('an ordinary user who may talk to the engine', () => {
  const user = ordinaryUser();
  let provider: LocalProvider;
  let service: ArtifactService;
  let step: ActionStep;
  let main: EntryResult;
  let post: EntryResult;

  const asUser = (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<EntryResult> =>
    runProgram([...user.prefix, ...argv], { env, cwd: step.runner.workspace });

  beforeAll(async () => {
    provider = await startLocalProvider();
    service = await startArtifactService();
    step = actionStep({ run: RUN, ...provider.inputs('anthropic') }, { ca: provider.ca, env: service.env });
    const directory = join(step.runner.workspace, '..');
    const copy = copyAction(directory);
    give(directory, user);
    main = await asUser(copy.argv('main'), step.runner.main.env);
    const { env } = step.runner.post();
    give(directory, user);
    post = await asUser(copy.argv('post'), env);
  });
  afterAll(async () => {
    step.runner.remove();
    await provider.server.close();
    await service.close();
  });

  test('needs no root: the test uses another user', () => {
    expect(user.uid).toBeGreaterThan(0);
  });

  test('runs the command, and nothing is left', () => {
    expect(main, main.stdout + main.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(main.stdout).not.toContain('as root');
    expect(step.runner.main.outputs()).toMatchObject({ outcome: 'success', 'exit-code': '0' });
    expect(remains(step.runner)).toEqual([]);
  });

  test('the command runs as this user, in its own home', () => {
    expect(main.stdout).toContain(`user ${user.uid}, home ${step.runner.main.env['HOME'] ?? ''} is ${user.uid}:700`);
    expect(main.stdout).toContain('not root');
  });

  test('the model call arrives with the real key', () => {
    expect(main.stdout).toContain('Hello from the local provider.');
    expect(main.stdout).toContain('"apiKeyHelper"');
    expect(provider.server.requests.map(({ headers }) => headers['x-api-key'])).toEqual([TEST_KEYS.anthropic]);
  });

  test('files in the workspace belong to the user', () => {
    for (const name of ['sub', 'sub/file']) {
      expect(statSync(join(step.runner.workspace, name)).uid).toBe(user.uid);
    }
  });

  test('the post step uploads the logs', () => {
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(post.stdout).not.toContain('::warning');
    const names = [...readZip(service.artifacts[0]!.zip).keys()].map((path) => path.replace(/^.*\//, ''));
    expect(names.sort()).toEqual([
      ...['access.jsonl', 'access.log', 'api-proxy.log', 'cache.log', 'policy.json', 'requests.jsonl'],
      ...['summary.md', 'timings.json', 'usage.json'],
    ]);
  });

  test('the user can read and remove the logs', async () => {
    const { env } = step.runner.main;
    const logs = readdirSync(step.runner.temp).filter((name) => name.includes('-logs-'));
    expect(logs).toHaveLength(2);
    const squid = step.runner.main.outputs()['logs-path']!;
    for (const name of readdirSync(squid)) expect(statSync(join(squid, name)).uid).toBe(user.uid);
    const read = await asUser(['cat', join(squid, 'access.log')], env);
    expect(read.stdout).toContain('CONNECT api.anthropic.com ');
    expect(read.stdout).toBe(readFileSync(join(squid, 'access.log'), 'utf8'));
    const removed = await asUser(['rm', '-r', ...logs.map((name) => join(step.runner.temp, name))], env);
    expect(removed, removed.stdout + removed.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(step.runner.temp)).toEqual([]);
  });
});
