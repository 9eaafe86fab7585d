import { afterEach, describe, expect, test } from 'vitest';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';
import { remains } from '../../testing/runner/remains.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

let step: ActionStep;
afterEach(() => {
  expect(remains(step.runner)).toEqual([]);
  step.runner.remove();
});

/** Runs longer than any of these tests. */
const FOREVER = 'while :; do sleep 0.1; done';

describe('timeout-minutes', () => {
  test('asks every process to end, reads everything back, and fails the step with 124', async () => {
    step = actionStep({
      'timeout-minutes': '0.03',
      run: `
        set +e
        curl -sS https://refused.example 2> /dev/null
        setsid bash -c 'trap "echo the child got it; exit" TERM; echo ready >> ready; ${FOREVER}' &
        until [ -s ready ]; do sleep 0.05; done
        trap 'echo the command got it; echo at-the-end=yes >> "$GITHUB_OUTPUT"; echo last words >> "$GITHUB_STEP_SUMMARY"; wait; exit 0' TERM
        ${FOREVER}`,
    });
    const from = performance.now();
    const { code, stdout } = await step.main();
    expect(code).toBe(124);
    expect(performance.now() - from).toBeGreaterThan(0.03 * 60_000);
    expect(stdout).toContain('the child got it');
    expect(stdout).toContain('the command got it');
    expect(logCommands(stdout).filter(({ name }) => name === 'error')).toEqual([
      {
        name: 'error',
        value: 'Stopped after 1.8 s (timeout-minutes: 0.03). If the command needs more time, raise timeout-minutes.',
      },
    ]);
    expect(step.runner.main.outputs()).toMatchObject({
      outcome: 'timeout',
      'exit-code': '124',
      'blocked-domains': '["refused.example"]',
      'agent-outputs': '{"at-the-end":"yes"}',
    });
    expect(step.runner.main.summary()).toMatch(
      /^## ⏱️ AWF: stopped after [^]*\*\*Stopped after .* because of `timeout-minutes: /,
    );
    expect(step.runner.main.summary()).toContain('> last words');
  });

  test('control: a faster command has its own exit code', async () => {
    step = actionStep({ 'timeout-minutes': '1', run: 'exit 5' });
    expect((await step.main()).code).toBe(5);
    expect(step.runner.main.outputs()).toMatchObject({ outcome: 'failure', 'exit-code': '5' });
  });

  test('leaves the command default signals and none of the sandbox’s descriptors', async () => {
    const run = `grep -E 'Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0`;
    step = actionStep({ 'timeout-minutes': '1', shell: 'sh', run });
    const { stdout } = await step.main();
    expect(stdout).toMatch(/^SigBlk:\s0{16}$/m);
    expect(stdout).toMatch(/^SigIgn:\s0{16}$/m);
    // 3 is the directory that ls reads.
    expect(stdout).toMatch(/^0 1 2 3 \/dev\/null$/m);
  });

  test('a cancelled job does not wait for the grace period', async () => {
    step = actionStep({ 'timeout-minutes': '0.02', run: `trap 'echo ignored' TERM; echo ready; ${FOREVER}` });
    const main = await step.start();
    await untilSaid(main, 'ignored');
    main.signal('SIGINT');
    const { code, stdout } = await main.done;
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error title=[^:]+::The run was cancelled \(SIGINT\)\./);
    expect(step.runner.main.outputs()).toMatchObject({ outcome: 'error' });
  });
});

test('as many files may be open as a build needs, if the engine allows it', async () => {
  step = actionStep({ run: 'echo "$(ulimit -Sn) of $(ulimit -Hn)"' });
  const [, soft, hard] = /^(\d+) of (\d+)$/m.exec((await step.main()).stdout) ?? [];
  expect(Number(soft)).toBe(Math.min(65_536, Number(hard)));
});
