import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isGone, ownerOf } from '../../src/host/owner.ts';
import { killedOwner } from '../../testing/killed-process.ts';

const own = ownerOf()!;
const [place, pid, started] = [
  own.slice(0, own.lastIndexOf('/', own.lastIndexOf('/') - 1)),
  ...own.split('/').slice(-2),
];

test('a process that runs is not gone, and one that has ended is', async () => {
  expect(isGone(own)).toBe(false);
  expect(isGone(await killedOwner())).toBe(true);
});

test('another process with the same number is no owner', () => {
  expect(isGone(`${place}/${pid}/${Number(started) - 1}`)).toBe(true);
});

test('a process of another user is not gone', () => {
  expect(isGone(ownerOf(1)!)).toBe(false);
});

test('a zombie is gone: nobody has asked yet how it ended', async () => {
  // The shell becomes a program that never asks about its child.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  const owner = ownerOf(child)!;
  expect(isGone(owner)).toBe(false);
  // Until then it is a shell, which may ask.
  await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  process.kill(child, 'SIGKILL');
  await sleep(200);
  process.kill(child, 0); // throws if it were no zombie
  expect(isGone(owner)).toBe(true);
});

test.each([
  ['another boot, or another machine', 0, '00000000-0000-0000-0000-000000000000'],
  ['another namespace of processes', 1, 'pid:[1]'],
  ['another namespace of clocks', 2, 'time:[1]'],
])('what cannot be seen from here may be alive: %s', async (_, part, other) => {
  const owner = (await killedOwner()).split('/');
  expect(isGone(owner.with(part, other).join('/'))).toBe(false);
});

test.each(['', 'x', `${place}/0/1`, `${place}/-1/1`, `${place}/1`])(
  'text that is no owner is not gone: "%s"',
  (text) => {
    expect(isGone(text)).toBe(false);
  },
);

test('a process that does not exist has no name', async () => {
  const [, number = ''] = /\/(\d+)\/\d+$/.exec(await killedOwner()) ?? [];
  expect(ownerOf(Number(number))).toBeUndefined();
});
