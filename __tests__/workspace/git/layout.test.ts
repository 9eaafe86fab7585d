import { expect, test } from 'vitest';
import { isReflog } from '../../../src/workspace/git/layout.ts';

const LINE = `${'0'.repeat(40)} ${'a'.repeat(40)} A <a@b.example> 1700000000 +0000\tcommit: x\n`;

test('a log of references may have as many lines as fit', () => {
  expect(isReflog('')).toBe(true);
  expect(isReflog(LINE.repeat(200_000))).toBe(true);
});

test.each([LINE.trimEnd(), `${LINE}x\n`, `\n${LINE}`, LINE.replace('commit', '\0'), LINE.slice(1)])(
  'no log of references: %j',
  (text) => {
    expect(isReflog(text)).toBe(false);
  },
);
