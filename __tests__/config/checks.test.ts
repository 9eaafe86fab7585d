import { describe, expect, test } from 'vitest';
import { checkEntries, checkVariables } from '../../src/config/checks.ts';
import { describeError } from '../../src/errors.ts';
import { valuesOf } from '../../testing/options.ts';

describe('checkVariables', () => {
  const found = (text: string): string[] => checkVariables(valuesOf({ env: text }).env).map(describeError);

  test('names that differ are fine', () => {
    expect(found('A=1\na=1\nB')).toEqual([]);
  });

  test.each(['A', 'A=other-secret'])('a name given twice is rejected: %s', (line) => {
    expect(found(`A=first-secret\n\nB=1\n${line}`)).toEqual([
      'env, line 4: A is already in env, line 1.\nName each variable once.',
    ]);
  });

  test('each repetition is reported, with the place of the first', () => {
    expect(found('A\nB\nA\nB\nA').map((text) => text.split('\n')[0])).toEqual([
      'env, line 3: A is already in env, line 1.',
      'env, line 4: B is already in env, line 2.',
      'env, line 5: A is already in env, line 1.',
    ]);
  });
});

test('two services at one port are rejected; one that is named twice is fine', () => {
  const found = (text: string): string[] => checkEntries(valuesOf({ 'allow-services': text })).map(describeError);
  expect(found('a:1\nb:2\na:1')).toEqual([]);
  expect(found('a:1\nb:1\nc:1')).toEqual([
    expect.stringMatching(/^allow-services, line 2: b:1 has the same port as a:1, in allow-services, line 1\.\n/),
    expect.stringMatching(/^allow-services, line 3: c:1 has the same port as a:1, in allow-services, line 1\.\n/),
  ]);
});
