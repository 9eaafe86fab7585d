import { describe, expect, test } from 'vitest';
import { valuesOf } from '../../testing/options.ts';
import { thrown } from '../../testing/builders.ts';

const pricesOf = (text: string) => valuesOf({ prices: text }).prices;

describe('prices', () => {
  test.each([
    ['m 2 8', { input: 2, output: 8, cachedInput: 2, cacheWrite: 2, hourCacheWrite: 2 }],
    ['m 2 8 0.5', { input: 2, output: 8, cachedInput: 0.5, cacheWrite: 2, hourCacheWrite: 2 }],
    ['m 3 15 0.3 3.75', { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75, hourCacheWrite: 3.75 }],
    ['m\t3  15 0.3 3.75 6', { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75, hourCacheWrite: 6 }],
    ['m 0 0', { input: 0, output: 0, cachedInput: 0, cacheWrite: 0, hourCacheWrite: 0 }],
  ])('%s', (line, price) => {
    expect(pricesOf(line)).toEqual([{ model: 'm', ...price }]);
  });

  test('one line each, with comments', () => {
    const lines = 'anthropic/claude-* 3 15 # the proxy\n\n# ours\n* 10 30\n';
    expect(pricesOf(lines).map(({ model }) => model)).toEqual(['anthropic/claude-*', '*']);
  });

  test.each([
    ['m 2', 'prices, line 1: "m 2" has not two to five prices'],
    ['m 1 2 3 4 5 6', 'has not two to five prices'],
    ['m 2 $8', 'has a price that is not a number of dollars, "$8"'],
    ['m 2 -8', 'not a number of dollars, "-8"'],
    ['m 2 1e3', 'not a number of dollars, "1e3"'],
    ['m; 2 8', 'does not begin with the name of a model'],
    ['a*b*c 2 8', 'does not begin with the name of a model'],
  ])('%s is refused', (line, message) => {
    const error = thrown(() => pricesOf(line));
    expect(error.message).toContain(message);
    expect(error.hint).toContain('MODEL INPUT OUTPUT');
  });
});
