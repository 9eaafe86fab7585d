import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { State } from '../../src/action/state.ts';
import { USAGE_FILE } from '../../src/report/usage.ts';
import { annotations, playedStep, removeSteps, type PlayedStep, type StepOptions } from './played-step.ts';

afterAll(removeSteps);

/** Each test starts processes. Several tests run at a time. */
const OPTIONS = { timeout: 60_000, concurrent: true };

const stateOf = ({ runner }: PlayedStep): State => JSON.parse(runner.main.state()['awf'] ?? '') as State;

/** A main step that was killed during its command. */
async function aKilledStep(inputs: StepOptions['inputs'] = {}): Promise<PlayedStep> {
  const step = playedStep('endless', { inputs });
  const main = await step.start();
  while (!main.stdout().includes('running')) await sleep(20);
  main.signal('SIGKILL');
  await main.done;
  return step;
}

describe('the post step', OPTIONS, () => {
  test('has nothing to do after a main step that did not start', async () => {
    const played = await playedStep('success').post();
    expect(played).toMatchObject({ code: 0, stderr: '', engine: { calls: [] } });
    expect(annotations(played)).toEqual([]);
    expect(played.stdout).toContain('there is nothing to clean up');
  });

  test('does not claim this if it cannot read the state', async () => {
    const step = playedStep('success');
    appendFileSync(step.runner.main.env['GITHUB_STATE'] ?? '', 'awf={"runId":\n');
    const played = await step.post();
    expect(played).toMatchObject({ code: 0, stderr: '', engine: { calls: [] } });
    expect(annotations(played)).toEqual([expect.stringMatching(/^warning: Could not read what the main step left: /)]);
    expect(played.stdout).not.toContain('nothing to clean up');
  });

  test('after a killed main step: removes containers and files, checks the workspace, reports usage', async () => {
    const step = await aKilledStep();
    const { runId, logs, succeeded } = stateOf(step);
    expect(succeeded).toBeUndefined();
    expect(step.left()).toEqual([`awf-${runId}`]);
    const played = await step.post();
    expect(played).toMatchObject({ code: 0, stderr: '', engine: { left: [] } });
    expect(played.stdout).toContain('Removed 3 containers and 2 networks that the main step left behind.');
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: The command left what a later program would follow/),
      'warning: The command made the workspace a git repository: there was no .git before.',
    ]);
    expect(existsSync(join(step.runner.workspace, '.git', 'hooks', 'post-checkout'))).toBe(false);
    expect(JSON.parse(readFileSync(join(logs!.apiProxy, USAGE_FILE), 'utf8'))).toMatchObject({ requests: 1 });
    expect(played.stdout).toContain('AWF: The logs stay on this machine: ');
    expect(step.left()).toEqual([]);
  });

  test('does not wait for an engine that hangs, and goes on with the rest', async () => {
    const step = await aKilledStep();
    const played = await step.post('engine-hangs');
    expect(played).toMatchObject({ code: 0, stderr: '' });
    expect(annotations(played)).toEqual([
      'warning: Could not remove the containers: The Docker engine has not answered within 10 seconds.',
      expect.stringMatching(/^warning: The command left what a later program would follow/),
      'warning: The command made the workspace a git repository: there was no .git before.',
    ]);
    expect(played.stdout).toContain('AWF: The logs stay on this machine: ');
    expect(step.left()).toEqual([]);
  });

  test('names the file that takes no summary, and has searched the workspace all the same', async () => {
    const step = await aKilledStep();
    const directory = join(step.runner.workspace, '../post-step');
    mkdirSync(directory);
    symlinkSync('/dev/full', join(directory, 'summary'));
    const played = await step.post();
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: The command left what a later program would follow/),
      'warning: The command made the workspace a git repository: there was no .git before.',
      expect.stringMatching(/^warning: Could not write the job summary to GITHUB_STEP_SUMMARY: ENOSPC/),
    ]);
    expect(step.left()).toEqual([]);
  });

  test('each part that fails causes a warning and nothing else', async () => {
    const step = await aKilledStep({ 'upload-logs': 'never' });
    const { runId, logs } = stateOf(step);
    const directory = join(step.runner.temp, `awf-${runId}`);
    for (const name of readdirSync(directory)) if (name.endsWith('.json')) writeFileSync(join(directory, name), '{');
    const played = await step.post('engine-gone');
    expect(played).toMatchObject({ code: 0, stderr: '' });
    expect(annotations(played)).toEqual([
      'warning: Could not remove the containers: No Docker engine answers.',
      expect.stringMatching(/^warning: Could not search the workspace: /),
    ]);
    expect(existsSync(join(logs!.apiProxy, USAGE_FILE))).toBe(true);
    expect(played.stdout).toContain('The logs stay on this machine, because upload-logs is never: ');
    expect(step.left()).toEqual([]);
  });
});
