import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { SECOND_SIGNAL_AFTER_MS } from '../../src/run/limits.ts';

const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Exiting {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly code: Promise<number | null>;
  readonly printed: (text: string) => Promise<void>;
}

const FIXTURE = join(import.meta.dirname, 'fixtures', 'exit.ts');
const OPTIONS: { readonly stdio: ['ignore', 'pipe', 'pipe'] } = { stdio: ['ignore', 'pipe', 'pipe'] };

/** Starts the fixture. @param reads if false, standard error is not read and its pipe fills up */
function start(what: string, reads = true): Exiting {
  return started(spawn(process.execPath, [FIXTURE], { ...OPTIONS, env: { TEST_CASE: what } }), reads);
}

function started(child: Exiting['child'], reads = true): Exiting {
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  if (reads) child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, reads ? 'close' : 'exit') as Promise<[number | null]>;
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    code: ended.then(([code]) => code),
    printed: async (text) => {
      while (!`${stdout}${stderr}`.includes(text)) await sleep(10);
    },
  };
}

describe('an entry exits', { timeout: 30_000, concurrent: true }, () => {
  test('with its exit code, whatever other code was set, once the readers have everything', async () => {
    const { code, stdout, stderr } = start('output');
    expect(await code).toBe(7);
    expect([stdout().length, stderr().length]).toEqual([1024 * 1024, 1024 * 1024]);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s, in an orderly way', async (signal) => {
    const { child, printed, code, stderr } = start('signal');
    await printed('waiting');
    child.kill(signal);
    expect(await code).toBe(1);
    expect(stderr()).toBe(`The run was cancelled (${signal}).\ncleaned up\n`);
  });

  test.each([
    ['under nohup', 'nohup "$0" "$1"'],
    ['in a script under nohup', 'nohup sh -c "\\"$0\\" \\"$1\\"; true"'],
  ])('not after SIGHUP %s', async (_, script) => {
    const { child, printed, stdout, stderr } = started(
      spawn('bash', ['-c', script, process.execPath, FIXTURE], {
        ...{ ...OPTIONS, detached: true },
        env: { TEST_CASE: 'signal', PATH: process.env['PATH'] ?? '' },
      }),
    );
    await printed('waiting');
    for (const [signal, waits] of [
      ['SIGHUP', 300],
      ['SIGTERM', 0],
    ] as const) {
      expect(stdout()).not.toContain('cleaning up');
      process.kill(-child.pid!, signal);
      await sleep(waits);
    }
    await printed('cleaned up');
    expect(stderr()).toContain('The run was cancelled (SIGTERM).');
  });

  test('in an orderly way if a terminal and a wrapper both pass on Ctrl-C', async () => {
    const { code, stderr } = start('signal-twice');
    expect(await code).toBe(1);
    expect(stderr()).toContain('cleaned up');
  });

  test('in an orderly way after SIGINT and then SIGTERM, as a runner sends them', async () => {
    const { child, printed, code, stderr } = start('half-a-second');
    await printed('waiting');
    child.kill('SIGINT');
    await printed('cleaning up');
    child.kill('SIGTERM');
    expect(await code).toBe(1);
    expect(stderr()).toBe('The run was cancelled (SIGINT).\ncleaned up\n');
  });

  test.each([
    ['at once at a second Ctrl-C', 'slow-cleaning', true],
    ['at once at a second Ctrl-C that nobody hears of: standard error is full', 'full-pipe', false],
  ])('%s', async (_, what, reads) => {
    const { child, printed, code, stderr } = start(what, reads);
    await printed('waiting');
    child.kill('SIGINT');
    await printed('cleaning up');
    await sleep(SECOND_SIGNAL_AFTER_MS);
    child.kill('SIGINT');
    expect(await code).toBe(130);
    if (reads) expect(stderr()).toMatch(/awf: ended at once\. Containers may be left; find them with: docker ps /);
  });

  test('if nobody reads its output any more', async () => {
    const { child, printed, code, stderr } = start('endless');
    await printed('waiting');
    child.stdout.destroy();
    expect(await code).toBe(1);
    expect(stderr()).toBe('The run was ended: nobody reads its output any more.\ncleaned up\n');
  });
});
