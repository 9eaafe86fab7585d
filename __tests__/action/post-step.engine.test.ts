import { spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import {
  startArtifactService,
  type ArtifactService,
  type ArtifactServiceOptions,
} from '../../testing/runner/artifact-service.ts';
import { runProgram } from '../../testing/runner/program.ts';
import { remains, runIdOf } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { readZip } from '../../testing/zip.ts';

const DAY_MS = 86_400_000;

let step: ActionStep;

afterEach(() => {
  step.runner.remove();
});

async function aService(options: ArtifactServiceOptions = {}): Promise<ArtifactService> {
  const service = await startArtifactService(options);
  onTestFinished(service.close);
  return service;
}

function aStep(service: ArtifactService | undefined, inputs: Readonly<Record<string, string>> = {}): ActionStep {
  step = actionStep({ run: 'true', ...inputs }, { env: { ...service?.env } });
  return step;
}

const warnings = ({ stdout }: EntryResult): string[] =>
  stdout.split('\n').filter((line) => line.startsWith('::warning'));

/** Creates what a main step leaves behind, without running one. */
function aFinishedMain(
  service: ArtifactService | undefined,
  { succeeded = true, when = 'always' } = {},
): { squid: string; apiProxy: string } {
  const { temp, main } = aStep(service).runner;
  const at = (name: string): string => join(temp, `${name}-logs-1`);
  const logs = { squid: at('squid'), apiProxy: at('api-proxy'), agent: at('agent') };
  for (const directory of [logs.squid, logs.apiProxy]) mkdirSync(directory);
  writeFileSync(join(logs.squid, 'access.log'), 'an access\n');
  writeFileSync(join(logs.apiProxy, 'api-proxy.log'), 'a request\n');
  const prices = { own: [], hosts: {} };
  const state = { runId: 'feedf00d', upload: { when }, logs, succeeded, prices };
  appendFileSync(main.env['GITHUB_STATE']!, `awf=${JSON.stringify(state)}\n`);
  return logs;
}

describe('upload-logs', () => {
  test.each([
    ['always', 'true'],
    ['on-failure', 'exit 3'],
  ])('%s, after "%s"', async (when, command) => {
    const service = await aService();
    aStep(service, { run: command, 'upload-logs': when });
    await step.main();
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(post)).toEqual([]);
    expect(service.artifacts).toMatchObject([
      { name: `awf-logs-${runIdOf(step.runner)!}`, finalized: true, expiresAt: undefined },
    ]);
    const names = [...readZip(service.artifacts[0]!.zip).keys()].sort();
    expect(names).toEqual([
      'api-proxy/api-proxy.log',
      'api-proxy/requests.jsonl',
      'policy.json',
      'squid/access.jsonl',
      'squid/access.log',
      'squid/cache.log',
      'summary.md',
      'timings.json',
      'usage.json',
    ]);
  });

  test.each([
    { when: 'on-failure', succeeded: true },
    { when: 'never', succeeded: false },
  ])('not with %j', async (ending) => {
    const service = await aService();
    aFinishedMain(service, ending);
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(post)).toEqual([]);
    expect(service.artifacts).toEqual([]);
    expect(post.stdout).toContain(`upload-logs is ${ending.when}`);
  });

  test('uses the artifact’s name and the retention period', async () => {
    const service = await aService();
    aStep(service, { 'artifact-name': 'my logs', 'retention-days': '5' });
    await step.main();
    await step.post();
    const [artifact] = service.artifacts;
    expect(artifact).toMatchObject({ name: 'my logs', finalized: true });
    expect((artifact!.expiresAt!.getTime() - Date.now()) / DAY_MS).toBeCloseTo(5, 1);
  });

  test('does so for a step whose sandbox failed', async () => {
    const service = await aService();
    aStep(service, { 'upload-logs': 'on-failure', 'agent-image': 'localhost:1/nobody/nothing:0' });
    await step.main();
    writeFileSync(join(logsOf(step).squid, 'access.log'), 'an access\n');
    await step.post();
    expect(service.artifacts).toHaveLength(1);
  });
});

function logsOf({ runner }: ActionStep): { squid: string } {
  return (JSON.parse(runner.main.state()['awf']!) as { logs: { squid: string } }).logs;
}

describe('a failing service never fails the job', () => {
  test('no service at all', async () => {
    aFinishedMain(undefined);
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(post)).toEqual([]);
    expect(post.stdout).toContain('(This runner cannot upload artifacts.)');
  });

  test.each([
    ['CreateArtifact', 403],
    ['PutBlock', 403],
    ['FinalizeArtifact', 400],
  ] as const)('%s answers %i', async (faulty, kind) => {
    aFinishedMain(await aService({ fault: { step: faulty, kind } }));
    const post = await step.post();
    expect(post.code, post.stdout + post.stderr).toBe(0);
    expect(warnings(post)).toHaveLength(1);
    expect(warnings(post)[0]).toContain('Could not upload the logs');
  });

  test.each(['CreateArtifact', 'PutBlock', 'FinalizeArtifact'] as const)(
    '%s hangs: the post step gives up',
    async (faulty) => {
      const service = await aService({ fault: { step: faulty, kind: 'hang' } });
      aFinishedMain(service);
      const post = step.runner.post();
      const result = await runProgram([process.execPath, join(import.meta.dirname, 'fixtures', 'hasty-post.ts')], {
        env: { ...post.env, TEST_UPLOAD_LIMIT_MS: '2000' },
        cwd: ROOT,
      });
      expect(service.steps).toContain(faulty);
      expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
      expect(warnings(result)).toEqual([
        '::warning title=AWF::Could not upload the logs: the artifact service did not take the logs within 2 s',
      ]);
    },
  );

  test('a name that another step has already used', async () => {
    const service = await aService();
    const post = (): Promise<EntryResult> => {
      aFinishedMain(service);
      return step.post();
    };
    expect(warnings(await post())).toEqual([]);
    step.runner.remove();
    const second = await post();
    expect(second.code, second.stdout + second.stderr).toBe(0);
    expect(warnings(second)).toHaveLength(1);
    expect(warnings(second)[0]).toMatch(/already exists/);
  });
});

describe('what the main step left behind', () => {
  test('nothing: it ended before it started anything', async () => {
    aStep(await aService(), { run: '' });
    expect((await step.main()).code).toBe(1);
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(post)).toEqual([]);
    expect(post.stdout).toContain('there is nothing to clean up');
  });

  test('something unreadable', async () => {
    aStep(await aService());
    appendFileSync(step.runner.main.env['GITHUB_STATE']!, 'awf={"runId":\n');
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(post)).toHaveLength(1);
  });

  test('logs that are missing', async () => {
    const service = await aService();
    const { squid, apiProxy } = aFinishedMain(service);
    for (const directory of [squid, apiProxy]) renameSync(directory, `${directory}.away`);
    const post = await step.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(post.stdout).toContain('AWF: There are no log files; nothing is uploaded.');
    expect(service.artifacts).toEqual([]);
  });

  test('no engine: the logs are uploaded all the same', async () => {
    const service = await aService();
    aFinishedMain(service);
    const post = step.runner.post();
    const result = await runProgram([process.execPath, join(ROOT, 'dist', 'post', 'index.js')], {
      env: { ...post.env, DOCKER_HOST: 'unix:///nonexistent.sock' },
      cwd: step.runner.workspace,
    });
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(warnings(result)).toHaveLength(1);
    expect(warnings(result)[0]).toContain('Could not remove the containers: No Docker engine answers.');
    expect(service.artifacts).toMatchObject([{ finalized: true }]);
  });
});

describe('E8: links among the logs', () => {
  test('are never followed, and nothing except files is opened', async () => {
    const service = await aService();
    const { squid, apiProxy } = aFinishedMain(service);
    const outside = join(step.runner.temp, '..', 'outside');
    mkdirSync(outside);
    const secret = join(outside, 'secret');
    writeFileSync(secret, 'a secret of the host');
    symlinkSync(secret, join(squid, 'cache.log'));
    symlinkSync(outside, join(squid, 'directory'));
    symlinkSync('/nonexistent', join(squid, 'dangling'));
    linkSync(secret, join(squid, 'hard.log'));
    // Opening it for reading would block forever.
    expect(spawnSync('mkfifo', [join(apiProxy, 'pipe.log')]).status).toBe(0);
    const post = await step.post();
    expect(post.code, post.stdout + post.stderr).toBe(0);
    const files = readZip(service.artifacts[0]!.zip);
    expect([...files.keys()].sort()).toEqual(['api-proxy/api-proxy.log', 'squid/access.log']);
    expect(readFileSync(secret, 'utf8')).toBe('a secret of the host');
  });

  test('a link in place of the directory is not followed either', async () => {
    const service = await aService();
    const { apiProxy } = aFinishedMain(service);
    const outside = join(step.runner.temp, '..', 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'a secret of the host');
    renameSync(apiProxy, `${apiProxy}.away`);
    symlinkSync(outside, apiProxy);
    expect((await step.post()).code).toBe(0);
    expect([...readZip(service.artifacts[0]!.zip).keys()]).toEqual(['squid/access.log']);
  });

  test('the command can neither read nor change the logs', async () => {
    const service = await aService();
    aStep(service, {
      run: `
        ln -s /etc/passwd access.log; ln /etc/passwd hard.log || :
        find / \\( -path /proc -o -path /sys -o -path /usr \\) -prune \\
          -o \\( -name '*.log' -o -path '*-logs-*' \\) -print 2> /dev/null | sed 's/^/found: /'`,
    });
    const main = await step.main();
    const found = [...main.stdout.matchAll(/^found: (.*)$/gm)].map(([, path]) => path);
    // This is the control: the command finds what exists.
    expect(found).toContain(join(step.runner.workspace, 'access.log'));
    expect(found.filter((path) => /squid-logs|api-proxy/.test(path ?? ''))).toEqual([]);
    await step.post();
    const names = [...readZip(service.artifacts[0]!.zip).keys()].map((path) => path.replace(/^.*\//, ''));
    const files = [
      ...['access.jsonl', 'access.log', 'api-proxy.log', 'cache.log', 'policy.json', 'timings.json', 'usage.json'],
      ...['requests.jsonl', 'summary.md', 'workspace.json'],
    ];
    expect(names.sort()).toEqual(files.sort());
    expect(remains(step.runner)).toEqual([]);
  });
});
