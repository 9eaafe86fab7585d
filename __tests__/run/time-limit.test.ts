import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { TimeLimit } from '../../src/run/time-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A clock, and what it has announced so far. */
function clock(limitMs: number | undefined) {
  const limit = new TimeLimit(limitMs);
  const said: string[] = [];
  void limit.reached.then(() => said.push('reached'));
  void limit.exhausted.then(() => said.push('exhausted'));
  return { limit, said };
}

test('fires when the time is up, and again ten seconds later', async () => {
  const { limit, said } = clock(30_000);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(said).toEqual([]);
  limit.start();
  await vi.advanceTimersByTimeAsync(29_999);
  expect({ said, isReached: limit.isReached }).toEqual({ said: [], isReached: false });
  await vi.advanceTimersByTimeAsync(1);
  expect({ said, isReached: limit.isReached }).toEqual({ said: ['reached'], isReached: true });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(said).toEqual(['reached']);
  await vi.advanceTimersByTimeAsync(1);
  expect(said).toEqual(['reached', 'exhausted']);
});

test('does not fire if it was stopped before or within the grace period', async () => {
  const early = clock(1_000);
  early.limit.start();
  early.limit.stop();
  const late = clock(1_000);
  late.limit.start();
  await vi.advanceTimersByTimeAsync(1_000);
  late.limit.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(early.said).toEqual([]);
  expect(late.said).toEqual(['reached']);
  expect(vi.getTimerCount()).toBe(0);
});

test('never fires without a limit', async () => {
  const { limit, said } = clock(undefined);
  limit.start();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(1e9);
  expect({ said, isReached: limit.isReached }).toEqual({ said: [], isReached: false });
});

test('can be made to fire early, for the first reason that is given', async () => {
  const { limit, said } = clock(1_000);
  const [first, second] = [new UserError('first'), new UserError('second')];
  limit.start();
  limit.end(first);
  limit.end(second);
  await vi.advanceTimersByTimeAsync(0);
  expect({ said, reason: limit.reason }).toEqual({ said: ['reached'], reason: first });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toEqual(['reached', 'exhausted']);
});

test('has no other reason if the time is up first, and none that comes before the command is forgotten', async () => {
  const late = clock(1_000);
  late.limit.start();
  await vi.advanceTimersByTimeAsync(1_000);
  late.limit.end(new UserError('too late'));
  expect(late.limit.reason).toBeUndefined();
  const early = clock(1_000);
  early.limit.end(new UserError('early'));
  early.limit.start();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(early.said).toEqual(['reached']);
});
