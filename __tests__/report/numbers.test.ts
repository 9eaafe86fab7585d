import { expect, test } from 'vitest';
import { clockText, counted, countText, durationText } from '../../src/report/numbers.ts';

test.each([
  [0, '0.0 s'],
  [2_647, '2.6 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [59_499, '59 s'],
  [59_500, '1 min'],
  [161_000, '2 min 41 s'],
  [3_599_600, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [-1, '0:00'],
  [3_999, '0:03'],
  [761_000, '12:41'],
  [3_723_000, '1:02:03'],
])('%i ms after the start it is %s', (ms, text) => {
  expect(clockText(ms)).toBe(text);
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1 k'],
  [9_940, '9.9 k'],
  [398_120, '398 k'],
  [999_500, '1 M'],
  [1_240_000, '1.2 M'],
  [2_000_000_000, '2 G'],
])('%i is %s', (count, text) => {
  expect(countText(count)).toBe(text);
});

test('one is one', () => {
  expect([counted(1, 'domain'), counted(0, 'domain'), counted(12_000, 'request')]).toEqual([
    ...['1 domain', '0 domains', '12 k requests'],
  ]);
});
