import { expect, test } from 'vitest';
import { words } from '../../src/shared/words.ts';

test.each([
  ['one line', 'a b c', ['a', 'b', 'c']],
  ['lines and indentation', '\n  a b\n    c\n', ['a', 'b', 'c']],
  ['nothing', ' \n ', []],
])('words of %s', (_, text, expected) => {
  expect(words(text)).toEqual(expected);
});
