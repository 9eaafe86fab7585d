import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { RUN_LABEL } from '../../src/docker/spec.ts';
import { networkNames } from '../../src/shared/network.ts';
import { newRunId } from '../../src/run/run.ts';
import { docker, leftOvers } from '../../testing/engine/engine.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { git } from '../../testing/git.ts';
import { killedOwner } from '../../testing/killed-process.ts';
import { ROOT } from '../../testing/root.ts';
import { killTree, startProgram, type RunningProgram } from '../../testing/runner/program.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-left-')));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Starts `awf` with this process's directory for temporary files: nothing is finished in another one. */
async function start(workspace: string, script: string, ...flags: readonly string[]): Promise<RunningProgram> {
  const path = join(directory, workspace);
  for (const made of [path, join(directory, 'home')]) mkdirSync(made, { recursive: true });
  const logs = `--proxy-logs-dir=${join(directory, 'logs', newRunId(), 'squid')}`;
  const argv = [process.execPath, join(ROOT, 'dist/cli/index.js'), '--log-level=debug', logs, ...flags];
  const running = await startProgram([...argv, '--', 'sh', '-c', script], {
    cwd: path,
    env: { PATH: HOST_PATH, HOME: join(directory, 'home'), TMPDIR: tmpdir() },
  });
  // A test that fails leaves no run behind.
  onTestFinished(async () => {
    running.signal('SIGTERM');
    await running.done;
  });
  return running;
}

/** Starts a run, and kills it with all its children once its command runs. @returns its id */
async function killedRun(workspace: string, script: string, ...flags: readonly string[]): Promise<string> {
  const running = await start(workspace, `${script}; echo ready; sleep 300`, ...flags);
  await untilSaid(running, 'ready');
  killTree(running.pid);
  const { stderr } = await running.done;
  const [, runId = ''] = /"awf\.run":"([0-9a-f]{8})"/.exec(stderr) ?? [];
  onTestFinished(() => {
    const containers = containersOf(runId);
    if (containers.length > 0) docker(['rm', '--force', '--volumes', ...containers]);
    const networks = leftOvers(runId);
    if (networks.length > 0) docker(['network', 'rm', ...networks]);
    rmSync(join(tmpdir(), `awf-${runId}`), { recursive: true, force: true });
  });
  return runId;
}

const isRunning = (name: string): boolean => docker(['inspect', '--format={{.State.Running}}', name]) === 'true';
const containersOf = (runId: string): string[] =>
  docker(['ps', '--all', `--filter=label=${RUN_LABEL}=${runId}`, '--format={{.Names}}'])
    .split('\n')
    .filter((name) => name !== '');

const COMMIT = 'git -c user.name=a -c user.email=a@example commit --quiet --allow-empty --message';

test('D6 the next run removes what a killed one left, and finishes it; a live one beside it goes on', async () => {
  const [workspace, elsewhere] = [join(directory, 'workspace'), join(directory, 'elsewhere')];
  for (const path of [workspace, elsewhere]) {
    mkdirSync(path);
    git(path, 'init', '--quiet');
    git(path, 'commit', '--quiet', '--allow-empty', '--message=first');
  }

  const live = await start('other', 'echo ready; until [ -e end ]; do sleep 0.1; done; echo the end');
  await untilSaid(live, 'ready');
  const killed = await killedRun('workspace', `${COMMIT} 'by the killed run'`);
  const killedElsewhere = await killedRun('elsewhere', `${COMMIT} 'by the other killed run'`);
  // Another test's run may have removed the containers by now, but nobody else finishes what is in this workspace.
  expect(existsSync(join(tmpdir(), `awf-${killed}`))).toBe(true);
  const bare = newRunId();
  const { internal } = networkNames(bare);
  const mark = { runId: bare, owner: await killedOwner() };
  await new DockerEngine(() => undefined).createNetwork({
    ...mark,
    name: internal,
    subnet: '192.168.251.0/24',
    internal: true,
  });

  const script = `git log --format=%s; ${COMMIT} 'by the next run'; echo ready; until [ -e end ]; do sleep 0.1; done`;
  const next = await start('workspace', script);
  await untilSaid(next, 'ready');
  // Before a command starts, no other one of a killed run is left, wherever it worked.
  for (const runId of [killed, killedElsewhere]) expect(containersOf(runId)).toEqual([]);
  writeFileSync(join(workspace, 'end'), '');
  const result = await next.done;

  expect(result.code, result.stdout + result.stderr).toBe(0);
  expect(result.stdout).toBe('by the killed run\nfirst\nready\n');
  expect(result.stderr).toContain(`awf: Finishing the run ${killed} in ${workspace}, which was killed.`);
  for (const runId of [killed, killedElsewhere, bare]) expect(leftOvers(runId)).toEqual([]);
  expect(readdirSync(tmpdir())).not.toContain(`awf-${killed}`);
  expect(git(workspace, 'log', '--format=%s')).toBe('by the next run\nby the killed run\nfirst');
  expect(git(elsewhere, 'log', '--format=%s')).toBe('by the other killed run\nfirst');

  expect(live.stdout()).not.toContain('the end');
  const [, liveId = ''] = /"awf\.run":"([0-9a-f]{8})"/.exec(live.stderr()) ?? [];
  expect(containersOf(liveId).filter(isRunning)).toHaveLength(2);
  writeFileSync(join(directory, 'other', 'end'), '');
  expect(await live.done).toMatchObject({ code: 0, stdout: 'ready\nthe end\n' });
});

test.each([
  // With an image, a container that never runs lends it AWF's own files.
  { where: '', flags: () => [], containers: 2 },
  { where: ' in an image', flags: () => [`--agent-image=${foreignImage('busybox')}`], containers: 3 },
])(
  'D12 containers that a killed run was to keep$where stay, and end',
  async ({ flags, containers }) => {
    const killed = await killedRun('workspace', 'true', '--keep-containers', ...flags());
    const before = leftOvers(killed);
    expect(containersOf(killed)).toHaveLength(containers);
    expect(containersOf(killed).filter(isRunning)).toHaveLength(2);
    const nexts = await Promise.all(['other', 'another'].map((w) => start(w, 'true')));
    for (const next of nexts) {
      const result = await next.done;
      expect([result.code, result.code === 0 ? '' : result.stderr]).toEqual([0, '']);
    }
    expect(leftOvers(killed)).toEqual(before);
    expect(containersOf(killed).filter(isRunning)).toEqual([]);
  },
  IMAGE_PATIENCE,
);
