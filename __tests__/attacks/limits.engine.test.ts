import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

let step: ActionStep;
afterEach(() => {
  step.runner.remove();
});

/** Sends Squid a request before the attack, and sets an output. */
const BEFORE = 'set +e +o pipefail; curl -sS https://refused.example 2> /dev/null; echo kept=yes >> "$GITHUB_OUTPUT"\n';

async function attack(inputs: Readonly<Record<string, string>>): Promise<EntryResult> {
  step = actionStep({ ...inputs, run: BEFORE + (inputs['run'] ?? '') });
  return step.main();
}

/** Checks that the sidecars survived, their logs were read, the report was written, and nothing is left. */
function expectOnlyTheAgentDied(outcome: string): void {
  const { main } = step.runner;
  expect(main.outputs()).toMatchObject({
    outcome,
    'blocked-domains': '["refused.example"]',
    'agent-outputs': '{"kept":"yes"}',
  });
  expect(main.summary()).toContain('| `refused.example` ❓ | 1 |');
  expect(readFileSync(join(main.outputs()['logs-path'] ?? '', 'access.log'), 'utf8')).toContain('refused.example');
  expect(remains(step.runner)).toEqual([]);
}

/** Prints how many processes run at a time. */
const START_PROCESSES = (count: number): string =>
  `for i in $(seq ${String(count)}); do sleep 3 & done; echo "running: $(jobs -r | wc -l)"`;

describe('D1', () => {
  test('a fork bomb', async () => {
    const bomb = 'bomb() { bomb | bomb & }; bomb; sleep 100';
    const result = await attack({ run: bomb, pids: '100', 'timeout-minutes': '0.1' });
    expect(result.code, result.stdout + result.stderr).toBe(124);
    expect(result.stdout).toContain('fork');
    expect(result.stdout).toContain('Resource temporarily unavailable');
    expectOnlyTheAgentDied('timeout');
  });

  test('control: as many processes as a build needs', async () => {
    const result = await attack({ run: `${START_PROCESSES(40)}; exit 0`, pids: '100' });
    expect(result.stdout).toContain('running: 40');
    expect(result.stdout).not.toContain('Resource temporarily unavailable');
    expectOnlyTheAgentDied('success');
  });

  test('a memory hog', async () => {
    const hog = `node -e 'Buffer.alloc(50 * 1024 * 1024, 1); console.log("it fits")'
      node -e 'const kept = []; for (;;) kept.push(Buffer.alloc(1024 * 1024, 1))'; exit $?`;
    const result = await attack({ run: hog, memory: '200m' });
    expect(result.stdout).toContain('it fits');
    expect(result.code, result.stdout + result.stderr).toBe(137);
    expect(result.stdout).toContain(
      'Memory ran out, and the command was killed (exit code 137): it needed more than its limit of 200 MB',
    );
    expectOnlyTheAgentDied('failure');
  });

  test('full file systems, all at once: the command gets an error and survives', async () => {
    const fill = `for directory in /tmp ~ /var/tmp; do
        head -c 1M /dev/zero > $directory/small && echo "small: $directory"
        head -c 10G /dev/zero > $directory/large
      done
      head -c 10M /dev/zero | tail -c 1M | wc -c; exit 7`;
    const result = await attack({ run: fill, memory: '300m' });
    expect(result.stdout.match(/^small: .+$/gm)).toHaveLength(3);
    expect(result.stdout.match(/No space left on device/g)).toHaveLength(3);
    expect(result.stdout).toMatch(/^1048576$/m);
    expect(result.code, result.stdout + result.stderr).toBe(7);
    expectOnlyTheAgentDied('failure');
  });

  test('an endless number of empty files', async () => {
    const fill = `node -e '
      const { writeFileSync } = require("fs");
      let made = 0;
      try { for (;; made++) writeFileSync("/tmp/" + made + "x".repeat(200), ""); } catch (error) { console.log(error.code, made > 10_000); }'
      exit 7`;
    const result = await attack({ run: fill, memory: '300m' });
    expect(result.stdout).toMatch(/^ENOSPC true$/m);
    expect(result.code, result.stdout + result.stderr).toBe(7);
    expectOnlyTheAgentDied('failure');
  });
});

describe('D4', () => {
  const beat = (file: string): string => `trap "" TERM HUP INT; while :; do date +%N >> ${file}; sleep 0.05; done`;
  const heart = (name: string): string => readFileSync(join(step.runner.workspace, name), 'utf8');
  const START = `
    (setsid bash -c '${beat('setsid')}' > /dev/null 2>&1 < /dev/null &)
    (nohup bash -c '${beat('nohup')}' > /dev/null 2>&1 < /dev/null &)
    (setsid bash -c '(bash -c "$1" &) &' - '${beat('fork')}' > /dev/null 2>&1 < /dev/null &)
    until [ -s setsid ] && [ -s nohup ] && [ -s fork ]; do sleep 0.1; done; echo beating`;

  test.each([
    ['the command ends', 'exit 0', '', 0, 'success'],
    ['its time is over, and SIGTERM is ignored', 'trap "" TERM; while :; do sleep 1; done', '0.05', 124, 'timeout'],
  ])('no process survives when %s', async (_, end, minutes, code, outcome) => {
    const result = await attack({ run: `${START}\n${end}`, 'timeout-minutes': minutes });
    expect(result.stdout).toContain('beating');
    expect(result.code, result.stdout + result.stderr).toBe(code);
    const beats = ['setsid', 'nohup', 'fork'].map(heart);
    await sleep(500);
    expect(['setsid', 'nohup', 'fork'].map(heart)).toEqual(beats);
    expectOnlyTheAgentDied(outcome);
  });
});
