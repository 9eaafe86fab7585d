import { expect, test } from 'vitest';
import { nameMatcher } from '../../src/shared/name-patterns.ts';

test.each([
  ['LANG', ['LANG'], true],
  ['LANGUAGE', ['LANG'], false],
  ['lang', ['LANG'], false],
  ['LC_ALL', ['LC_*'], true],
  ['LC_', ['LC_*'], true],
  ['LC', ['LC_*'], false],
  ['XLC_ALL', ['LC_*'], false],
  ['OPENAI_API_KEY', ['OPENAI_*KEY'], true],
  ['OPENAI_KEY', ['OPENAI_*KEY'], true],
  ['OPENAI_KEYS', ['OPENAI_*KEY'], false],
  // The two ends must not share a character.
  ['ab', ['ab*b'], false],
  ['abb', ['ab*b'], true],
  ['site.py', ['*.py'], true],
  ['anything', ['*'], true],
  ['', ['*'], true],
  ['a.c', ['a.c', 'abc'], true],
  ['abc', ['a.c'], false],
  ['b', [], false],
])('%j on the list %j: %j', (name, patterns, expected) => {
  expect(nameMatcher(patterns)(name)).toBe(expected);
});
