import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { now, Timings } from '../../src/run/timings.ts';

describe('Timings', () => {
  test('measures a phase and passes on its value', async () => {
    const timings = new Timings();
    const before = now();
    await expect(timings.measure('a', () => sleep(15, 'value'))).resolves.toBe('value');
    await expect(timings.measure('b', () => 7)).resolves.toBe(7);
    expect(timings.phases.map(({ phase }) => phase)).toEqual(['a', 'b']);
    const [a, b] = timings.phases;
    expect(a!.startMs).toBeGreaterThanOrEqual(before);
    expect(a!.endMs - a!.startMs).toBeGreaterThanOrEqual(13);
    expect(b!.startMs).toBeGreaterThanOrEqual(a!.endMs);
    expect(b!.endMs).toBeLessThanOrEqual(now());
  });

  test('a phase that fails has an end too', async () => {
    const timings = new Timings();
    const failing = timings.measure('a', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(timings.phases[0]!.endMs).toBeGreaterThanOrEqual(timings.phases[0]!.startMs);
  });

  test('overlapping phases are listed in the order in which they began', async () => {
    const timings = new Timings();
    await Promise.all([timings.measure('long', () => sleep(10)), timings.measure('short', () => sleep(1))]);
    expect(timings.phases.map(({ phase }) => phase)).toEqual(['long', 'short']);
    expect(timings.phases[0]!.endMs).toBeGreaterThanOrEqual(timings.phases[1]!.endMs);
  });

  test('as JSON', async () => {
    const timings = new Timings();
    await timings.measure('a', () => undefined);
    timings.startupMs = 5;
    timings.teardownMs = 6;
    const number = expect.any(Number) as number;
    expect(timings.record()).toEqual({
      startupMs: 5,
      teardownMs: 6,
      phases: [{ phase: 'a', startMs: number, endMs: number }],
    });
  });
});

test('now counts from the start of the process, in tenths of milliseconds', () => {
  const [before, value, after] = [performance.now(), now(), performance.now()];
  expect(value).toBeGreaterThanOrEqual(before - 0.05);
  expect(value).toBeLessThanOrEqual(after + 0.05);
  expect(value * 10).toBeCloseTo(Math.round(value * 10), 5);
});
