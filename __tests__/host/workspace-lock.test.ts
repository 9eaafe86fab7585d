import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeError } from '../../src/errors.ts';
import { checkUnlocked, lockWorkspace } from '../../src/host/workspace-lock.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

test('E16 a second run in a workspace is refused, and one above or below it too', async () => {
  const workspace = temporaryDirectory();
  const lock = await lockWorkspace(workspace);
  for (const path of [workspace, join(workspace, 'a/b'), join(workspace, '..')]) {
    const message = `Another run works in ${path}, or in a directory above or below it.`;
    const error: unknown = await lockWorkspace(path).catch((caught: unknown) => caught);
    expect(describeError(error)).toBe(
      `${message}\nWait until it has ended, or give each run a checkout of its own (git worktree add).`,
    );
    expect(() => checkUnlocked(path)).toThrow(message);
  }
  lock.release();
});

test('a look claims nothing', async () => {
  const workspace = temporaryDirectory();
  checkUnlocked(workspace);
  const lock = await lockWorkspace(workspace);
  lock.release();
  checkUnlocked(workspace);
});

test('beside it, another run works; and in it, the next one', async () => {
  const workspace = temporaryDirectory();
  const lock = await lockWorkspace(workspace);
  (await lockWorkspace(`${workspace}-2`)).release();
  lock.release();
  (await lockWorkspace(join(workspace, 'a'))).release();
  (await lockWorkspace(workspace)).release();
});

test('of several runs that start together, one gets the workspace', async () => {
  const workspace = temporaryDirectory();
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockWorkspace(workspace)));
  const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(locks).toHaveLength(1);
  locks[0]!.release();
});

test('the claim of a process that was killed ends with it', async () => {
  const workspace = temporaryDirectory();
  const module = join(import.meta.dirname, '../../src/host/workspace-lock.ts');
  const script = `import { lockWorkspace } from '${module}'; await lockWorkspace('${workspace}'); console.log('locked'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  await expect(lockWorkspace(workspace)).rejects.toThrow('Another run');
  child.kill('SIGKILL');
  await once(child, 'close');
  await sleep(10);
  (await lockWorkspace(workspace)).release();
});
