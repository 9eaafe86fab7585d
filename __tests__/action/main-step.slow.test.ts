import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SECOND_SIGNAL_AFTER_MS } from '../../src/run/limits.ts';
import { isObject } from '../../testing/json.ts';
import { annotations, playedStep, removeSteps, ROOT, type StepOptions } from './played-step.ts';

afterAll(removeSteps);

/** Each test starts a process. Several run at a time. */
const OPTIONS = { timeout: 60_000, concurrent: true };

/** The outputs that `action.yml` declares. */
function declaredOutputs(): string[] {
  const action: unknown = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));
  return isObject(action) && isObject(action['outputs']) ? Object.keys(action['outputs']) : [];
}

const FAILED = { 'exit-code': '1', outcome: 'error' };

describe('the main step', OPTIONS, () => {
  test('that succeeds sets all outputs, writes the summary, and saves the state', async () => {
    const { runner, main, left } = playedStep('success');
    const played = await main();
    expect(played).toMatchObject({ code: 0, stderr: '', engine: { left: [] } });
    expect(annotations(played)).toEqual([
      'notice: refused.example. The end of the log and the job summary say what to add.',
    ]);
    const outputs = runner.main.outputs();
    expect(Object.keys(outputs).toSorted()).toEqual(declaredOutputs().toSorted());
    expect(outputs).toMatchObject({
      ...{ 'exit-code': '0', outcome: 'success', 'agent-outputs': '{"answer":"42"}' },
      ...{ 'allowed-domains': '["allowed.example"]', 'blocked-domains': '["refused.example"]' },
      ...{ requests: '1', 'input-tokens': '20', 'output-tokens': '7' },
    });
    expect(Number(outputs['startup-ms'])).toBeGreaterThan(0);
    expect(statSync(outputs['logs-path'] ?? '').isDirectory()).toBe(true);
    expect(runner.main.summary()).toMatch(
      /^## ⛔ AWF: 1 domain refused\n[^]*with exit code 0\. 1 request was refused[^]*refused\.example[^]*answer is 42/,
    );
    const state: unknown = JSON.parse(runner.main.state()['awf'] ?? '');
    expect(state).toMatchObject({ succeeded: true, upload: { when: 'always' }, logs: { squid: outputs['logs-path'] } });
    expect(left()).toEqual([]);
  });

  test('keeps what the command prints from the runner, and reports everything afterwards', async () => {
    const { runner, main } = playedStep('log-commands');
    const played = await main();
    expect(played.code).toBe(0);
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: The command left what a later program would follow/),
      'warning: The command made the workspace a git repository: there was no .git before.',
    ]);
    expect(runner.main.outputs()).toMatchObject({ outcome: 'success' });
  });

  test('reports everything afterwards even if the engine fails during the command', async () => {
    const { runner, main, left } = playedStep('log-commands-then-failure');
    const played = await main();
    expect(played).toMatchObject({ code: 1, engine: { left: [] } });
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: The command left what a later program would follow/),
      'warning: The command made the workspace a git repository: there was no .git before.',
      'error: The Docker engine ended the connection.',
    ]);
    expect(runner.main.outputs()).toMatchObject(FAILED);
    expect(left()).toEqual([]);
  });

  test('fails if the engine fails', async () => {
    const { runner, main, left } = playedStep('engine-fails');
    const played = await main();
    expect(played).toMatchObject({ code: 1, stderr: '', engine: { left: [] } });
    expect(annotations(played)).toEqual(['error: docker network create failed: no']);
    expect(runner.main.outputs()).toMatchObject(FAILED);
    expect(runner.main.summary()).toContain('docker network create failed: no');
    expect(left()).toEqual([]);
  });
});

describe('a run that cannot begin', OPTIONS, () => {
  test.each<[string, StepOptions, RegExp]>([
    ['an input is wrong', { inputs: { memory: 'much' } }, /^error: memory: "much"/],
    [
      'what a post step needs cannot be saved',
      { env: { GITHUB_STATE: '/nonexistent/state' } },
      /^error: GITHUB_STATE cannot be written/,
    ],
  ])('because %s is an error, and nothing has started', async (_, options, error) => {
    const { runner, main, left } = playedStep('success', options);
    const played = await main();
    expect(played).toMatchObject({ code: 1, stderr: '', engine: { calls: [], left: [] } });
    expect(annotations(played)).toEqual([expect.stringMatching(error)]);
    expect(runner.main.outputs()).toMatchObject(FAILED);
    expect(left()).toEqual([]);
  });
});

describe('a report that cannot be delivered loses only that part', OPTIONS, () => {
  test('the logs are missing', async () => {
    const { runner, main } = playedStep('no-logs');
    const played = await main();
    expect(played).toMatchObject({ code: 3, engine: { left: [] } });
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: Could not read Squid's log: ENOENT/),
      expect.stringMatching(/^warning: Could not read the api-proxy's log: ENOENT/),
      expect.stringMatching(/^warning: Could not write timings\.json: ENOENT/),
      'error: The command ended with exit code 3.',
    ]);
    // Unknown values are left out, never reported as empty.
    const outputs = Object.keys(runner.main.outputs()).toSorted();
    expect(outputs).toEqual(['agent-outputs', 'exit-code', 'logs-path', 'outcome', 'result', 'startup-ms']);
    expect(runner.main.summary()).toContain('Which requests were refused is unknown');
  });

  test('there is no file for the summary', async () => {
    const { runner, main } = playedStep('exit-7', { env: { GITHUB_STEP_SUMMARY: '/nonexistent/summary' } });
    const played = await main();
    expect(played).toMatchObject({ code: 7, engine: { left: [] } });
    expect(annotations(played)).toEqual([
      'error: The command ended with exit code 7.',
      expect.stringMatching(/^warning: Could not write the job summary to GITHUB_STEP_SUMMARY: ENOENT/),
    ]);
    expect(runner.main.outputs()).toMatchObject({ 'exit-code': '7', outcome: 'failure', 'agent-outputs': '{}' });
    expect(JSON.parse(runner.main.state()['awf'] ?? '')).toMatchObject({ succeeded: false });
  });

  test('the state’s file is lost during the command', async () => {
    const { runner, main } = playedStep('state-lost');
    const played = await main();
    expect(played).toMatchObject({ code: 3, engine: { left: [] } });
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: Could not save the state for the post step: GITHUB_STATE cannot be written/),
      'error: The command ended with exit code 3.',
    ]);
    expect(runner.main.outputs()).toMatchObject({ 'exit-code': '3', outcome: 'failure' });
  });

  test('a record that only partly fits leaves nothing, because half of one would fail the step', async () => {
    // More than the largest file of the run's own: the list of CA certificates.
    const limit = 524_288;
    const LINE = 65_536;
    const { runner, main, post } = playedStep('success', { prefix: ['prlimit', `--fsize=${limit}`, '--'] });
    // Leave this much space in each file: for what must be saved at the start, and for the first part of the end's
    // records.
    const fill = (variable: string, room: number): number => {
      const path = runner.main.env[variable] ?? '';
      // In lines of which each fits into a variable of the post step.
      for (let left = limit - room; left > 0; left -= LINE) {
        appendFileSync(path, `earlier=${'x'.repeat(Math.min(left, LINE) - 'earlier=\n'.length)}\n`);
      }
      return limit - room;
    };
    fill('GITHUB_STATE', 800);
    fill('GITHUB_OUTPUT', 200);
    const size = fill('GITHUB_STEP_SUMMARY', 100);
    const played = await main();
    expect(played).toMatchObject({ code: 0, engine: { left: [] } });
    expect(annotations(played)).toEqual([
      expect.stringMatching(/^warning: Could not save the state for the post step: GITHUB_STATE cannot be written/),
      'notice: refused.example. The end of the log and the job summary say what to add.',
      expect.stringMatching(/^warning: Could not write the outputs outcome, .*agent-outputs to GITHUB_OUTPUT: EFBIG/),
      expect.stringMatching(/^warning: Could not write the job summary to GITHUB_STEP_SUMMARY: EFBIG/),
    ]);
    // The runner can read all three.
    expect(Object.keys(runner.main.outputs())).toEqual(['earlier', 'exit-code']);
    expect(statSync(runner.main.env['GITHUB_STEP_SUMMARY'] ?? '').size).toBe(size);
    expect(JSON.parse(runner.main.state()['awf'] ?? '')).not.toHaveProperty('succeeded');
    expect((await post()).code).toBe(0);
  });
});

describe('a step that is cancelled', OPTIONS, () => {
  test('removes everything and reports', async () => {
    const { runner, start, ended, left } = playedStep('endless');
    const running = await start();
    while (!running.stdout().includes('running')) await sleep(20);
    running.signal('SIGINT');
    const played = await ended(running);
    expect(played).toMatchObject({ code: 1, stderr: '', engine: { left: [] } });
    expect(annotations(played).filter((text) => text.startsWith('error'))).toEqual([
      'error: The run was cancelled (SIGINT).',
    ]);
    expect(runner.main.outputs()).toMatchObject({ ...FAILED, 'blocked-domains': '["refused.example"]' });
    expect(left()).toEqual([]);
  });

  test('ends at once when it is cancelled again', async () => {
    const { start, ended } = playedStep('slow-removal');
    const running = await start();
    while (!running.stdout().includes('running')) await sleep(20);
    running.signal('SIGINT');
    while (!running.stderr().includes('removing')) await sleep(20);
    await sleep(SECOND_SIGNAL_AFTER_MS);
    running.signal('SIGINT');
    const played = await ended(running);
    expect(played.code).toBe(130);
    expect(played.stderr).toContain('awf: ended at once. Containers may be left');
    expect(played.engine.left).not.toEqual([]);
  });
});

test('a command that ignores its timeout is killed, and reported as timed out', async () => {
  const { runner, main, left } = playedStep('endless', { inputs: { 'timeout-minutes': '0.005' } });
  const played = await main();
  expect(played).toMatchObject({ code: 124, stderr: '', engine: { left: [] } });
  expect(annotations(played)).toEqual([
    expect.stringMatching(/^warning: The command left what a later program would follow/),
    'warning: The command made the workspace a git repository: there was no .git before.',
    expect.stringMatching(/^error: Stopped after 0\.3 s \(timeout-minutes: 0\.005\)\./),
    'warning: refused.example. The end of the log and the job summary say what to add.',
  ]);
  expect(runner.main.outputs()).toMatchObject({ 'exit-code': '124', outcome: 'timeout' });
  expect(left()).toEqual([]);
});
