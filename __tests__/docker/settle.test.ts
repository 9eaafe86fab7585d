import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { settleAll } from '../../src/docker/settle.ts';

test('returns every value, in order', async () => {
  await expect(settleAll([sleep(5, 'a'), 'b', Promise.resolve(3)] as const)).resolves.toEqual(['a', 'b', 3]);
});

test('fails with the first error, but only when everything has ended', async () => {
  let ended = false;
  const slow = sleep(20).then(() => {
    ended = true;
  });
  await expect(
    settleAll([Promise.reject(new Error('first')), slow, Promise.reject(new Error('second'))]),
  ).rejects.toThrow('first');
  expect(ended).toBe(true);
});

test('returns nothing for nothing', async () => {
  await expect(settleAll([])).resolves.toEqual([]);
});
