import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { OUTPUT_LIMIT_BYTES } from '../../src/run/limits.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { leftOvers } from '../../testing/engine/engine.ts';
import { remains } from '../../testing/runner/remains.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';

const MIB = 1024 * 1024;
const PROGRAM = join(ROOT, 'dist', 'cli', 'index.js');

/** Starts the command line. Nobody reads its output yet. */
function start(script: string) {
  const directory = temporaryDirectory();
  const workspace = join(directory, 'workspace');
  mkdirSync(workspace);
  const env = { PATH: HOST_PATH, HOME: join(directory, 'home'), TMPDIR: directory };
  const argv = [PROGRAM, '--log-level=debug', '--', 'bash', '-c', script];
  const child = spawn(process.execPath, argv, { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close') as Promise<[number | null]>;
  /** What the run has left: containers, networks, its work directory. */
  const left = (): string[] => {
    const [, runId = 'none'] = /"awf\.run":"([0-9a-f]{8})"/.exec(stderr) ?? [];
    return [...leftOvers(runId), ...readdirSync(directory).filter((name) => name === `awf-${runId}`)];
  };
  return { child, workspace, stderr: () => stderr, done: closed.then(([code]) => code), left };
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}

/** The process's peak memory in kilobytes. */
function peakMemory(pid = 0): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe('the action', () => {
  let step: ActionStep;
  afterEach(() => {
    step.runner.remove();
  });

  test('relays a limited amount of both streams, says so, and lets the command continue', async () => {
    const half = String(OUTPUT_LIMIT_BYTES / 2);
    // Each stream uses its own character, because either may arrive first.
    step = actionStep({
      run: `head -c ${half} /dev/zero | tr '\\0' '~'; head -c ${half} /dev/zero | tr '\\0' '^' >&2
        head -c ${half} /dev/zero | tr '\\0' '~'; touch went-on; echo done=yes >> "$GITHUB_OUTPUT"`,
    });
    const { code, stdout } = await step.main();
    expect(code).toBe(0);
    expect(existsSync(join(step.runner.workspace, 'went-on'))).toBe(true);
    expect(step.runner.main.outputs()).toMatchObject({ outcome: 'success', 'agent-outputs': '{"done":"yes"}' });
    expect(countOf('~', stdout) + countOf('^', stdout)).toBe(OUTPUT_LIMIT_BYTES);
    expect(stdout.match(/The command wrote more than 64 MiB\. The rest is not shown/g)).toHaveLength(1);
    expect(stdout.length).toBeLessThan(OUTPUT_LIMIT_BYTES + 64 * 1024);
    expect(remains(step.runner)).toEqual([]);
  });
});

describe('the command line', () => {
  test('waits for a slow reader instead of keeping everything in memory, and loses nothing', async () => {
    const size = 400 * MIB;
    const { child, done, stderr } = start(`head -c ${String(size)} /dev/zero; printf end`);
    let received = 0;
    // A test that takes too long tells only that.
    const report = setTimeout(() => {
      process.kill(child.pid ?? 0, 'SIGKILL');
      throw new Error(`After 100 s, ${received} bytes have arrived. AWF has said:\n${stderr()}`);
    }, 100_000);
    await once(child.stdout, 'readable');
    // Long enough for much of the output to arrive, if nothing held it back.
    await sleep(4_000);
    expect(peakMemory(child.pid)).toBeLessThan(250_000);
    let tail = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      received += chunk.length;
      tail = (tail + chunk.subarray(-3).toString('latin1')).slice(-3);
    }
    expect(await done).toBe(0);
    clearTimeout(report);
    expect({ received, tail }).toEqual({ received: size + 3, tail: 'end' });
  });

  test('exits only when its reader has everything', async () => {
    // More than the pipe takes, but no more than all the buffers on the way to it.
    const size = 130_000;
    const directory = temporaryDirectory();
    const workspace = join(directory, 'workspace');
    mkdirSync(workspace);
    const argv = [process.execPath, PROGRAM, '--log-level=debug', '--', 'head', '-c', String(size), '/dev/zero'];
    // A pipe of the shell's: Node.js itself would drop what a child leaves unread in its own.
    const reader = '{ timeout 60 tail -f ../stderr | grep -q -m1 "awf: debug: logs:"; sleep 0.5; wc -c; }';
    const script = `touch ../stderr; { "$@" 2> ../stderr; echo $? > ../code; } | ${reader}`;
    const env = { PATH: HOST_PATH, HOME: join(directory, 'home'), TMPDIR: directory };
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...argv], { cwd: workspace, env });
    expect({ code: readFileSync(join(directory, 'code'), 'utf8').trim(), received: stdout.trim() }).toEqual({
      code: '0',
      received: String(size),
    });
  });

  test('exits with its reader', async () => {
    const { child, done, stderr, left } = start('yes');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^y\ny\n/);
    child.stdout.destroy();
    expect(await done).toBe(1);
    expect(stderr()).toContain('awf: error: The run was ended: nobody reads its output any more.');
    expect(left()).toEqual([]);
  });
});
