import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatcher, type Gap } from '../../src/shared/glob.ts';

const IN_SEGMENT: Gap = { least: 1, without: /\// };
const ANY: Gap = { least: 0, without: /;/ };

test.each<[string, string, boolean]>([
  ['/a/*', '/a/b', true],
  ['/a/*', '/a/', false],
  ['/a/*', '/a/b/c', false],
  ['/*-*.tgz', '/a-b-1.tgz', true],
  ['/*-*.tgz', '/-b.tgz', false],
  ['/*/b/*', '/a/b/c', true],
  ['/*/b/*', '/a/x/b/c', false],
  ['/**b', '/ab', false],
  ['/**b', '/aab', true],
  ['/a', '/a', true],
])('%s, %s: %j', (pattern, text, expected) => {
  expect(globMatcher(pattern, () => IN_SEGMENT)(text)).toBe(expected);
});

test('fits what a regular expression fits', () => {
  const letters = (...all: string[]) =>
    fc.array(fc.constantFrom(...all), { maxLength: 9 }).map((list) => list.join(''));
  for (const [gap, source] of [
    [IN_SEGMENT, '[^/]+'],
    [ANY, '[^;]*'],
  ] as const) {
    fc.assert(
      fc.property(letters('a', 'b', '/', ';', '*'), letters('a', 'b', '/', ';'), (pattern, text) => {
        const expression = pattern.split('*').map((part) => RegExp.escape(part));
        expect(globMatcher(pattern, () => gap)(text)).toBe(new RegExp(`^${expression.join(source)}$`).test(text));
      }),
      { numRuns: 3_000 },
    );
  }
});

test('D2 several stars in a segment keep nobody waiting', () => {
  // A regular expression takes hours.
  expect(globMatcher('/*-*-*-*.tgz', () => IN_SEGMENT)(`/${'a-'.repeat(8_000)}`)).toBe(false);
});
