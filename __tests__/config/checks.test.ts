import { describe, expect, test } from 'vitest';
import { checkVariables } from '../../src/config/checks.ts';
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
