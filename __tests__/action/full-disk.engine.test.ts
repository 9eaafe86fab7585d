import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leftOvers } from '../../testing/engine/engine.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';
import { runIdOf } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { LOG_DIRECTORY } from '../../testing/runner/log-directory.ts';

/** Fills the disk that contains the files of the command and the run, before the command ends. */
const FILL = `
cat /dev/zero > "$PWD/fill" 2> /dev/null || true
echo answer=42 >> "$GITHUB_OUTPUT" || echo "no room for an output"
exit 3`;

/** Runs a program as root, or with sudo as on hosted runners. */
function asRoot(...argv: readonly string[]): void {
  const [file = '', ...args] = process.getuid?.() === 0 ? argv : ['sudo', '--non-interactive', ...argv];
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${argv.join(' ')}: ${stderr}`);
}

let disk: string;
let step: ActionStep;

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'awf-disk-'));
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=300m,mode=1777', 'tmpfs', disk);
});
afterEach(() => {
  step.runner.remove();
  asRoot('umount', disk);
  rmSync(disk, { recursive: true });
});

/**
 * The runner's annotations for the step, except those about the test's user and the missing key, which do not matter
 * here.
 */
const annotations = ({ stdout }: EntryResult): string[] =>
  logCommands(stdout)
    .filter(({ name, value }) => /^(error|warning)$/.test(name) && !/runs as root|no API keys/.test(value))
    .map(({ name, value }) => `${name}: ${value}`);

/** Runs the step, and checks what holds wherever the runner's own files are. */
async function play(temp: string): Promise<void> {
  const main = await step.main();
  expect(main, main.stdout + main.stderr).toMatchObject({ code: 3, stderr: '' });
  expect(main.stdout).toContain('no room for an output');
  expect(annotations(main)).toEqual([
    expect.stringMatching(/^warning: Could not write timings\.json: ENOSPC/),
    expect.stringMatching(/^warning: Could not write policy\.json: ENOSPC/),
    expect.stringMatching(/^warning: Could not write usage\.json: ENOSPC/),
    'error: The command ended with exit code 3.',
  ]);
  // The run's own files are removed first, which frees enough space for the runner's.
  expect(step.runner.main.outputs()).toMatchObject({
    ...{ 'exit-code': '3', outcome: 'failure', 'agent-outputs': '{}' },
    ...{ requests: '0', 'allowed-domains': '[]', 'blocked-domains': '[]' },
  });
  expect(step.runner.main.summary()).toContain('with exit code 3');
  const post = await step.post();
  expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
  expect(annotations(post)).toEqual([]);
  const runId = runIdOf(step.runner);
  expect(runId).toBeDefined();
  expect(leftOvers(runId)).toEqual([]);
  expect(readdirSync(temp).filter((name) => !LOG_DIRECTORY.test(name))).toEqual([]);
}

test('L5 the workspace and RUNNER_TEMP are on a disk that the command fills', async () => {
  const [workspace, temp] = [join(disk, 'workspace'), join(disk, 'temp')];
  for (const path of [workspace, temp]) mkdirSync(path);
  step = actionStep({ run: FILL }, { env: { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: temp } });
  await play(temp);
});

test('L5 the files for outputs, summary and state are on that disk too', async () => {
  step = actionStep({ run: FILL }, { directory: disk });
  await play(step.runner.temp);
});
