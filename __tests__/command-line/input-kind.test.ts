import { describe, expect, test } from 'vitest';
import { inputKind, isForeground, type InputKind } from '../../src/command-line/input-kind.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

describe('inputKind', () => {
  const on = { isOutputTerminal: true, isForeground: true };
  test.each<[wanted: boolean | undefined, InputKind, { isOutputTerminal: boolean; isForeground: boolean }, InputKind]>([
    [undefined, 'terminal', on, 'terminal'],
    [undefined, 'terminal', { ...on, isForeground: false }, 'none'],
    [undefined, 'terminal', { ...on, isOutputTerminal: false }, 'none'],
    [undefined, 'data', on, 'data'],
    [undefined, 'none', on, 'none'],
    [true, 'terminal', { ...on, isForeground: false }, 'terminal'],
    [false, 'terminal', on, 'none'],
    [false, 'data', on, 'data'],
  ])('--tty %s, input %s, %j: %s', (wanted, input, rest, expected) => {
    expect(inputKind(wanted, { input, ...rest })).toBe(expected);
  });

  test.each([
    ['data', true, 'input'],
    ['none', true, 'input'],
    ['terminal', false, 'output'],
  ] as const)('--tty with the input %s and an output terminal %s is an error', (input, isOutputTerminal, named) => {
    const error = thrown(() => inputKind(true, { input, isOutputTerminal, isForeground: true }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe(`--tty: the standard ${named} of awf is not a terminal.`);
  });
});

test.each([
  ['1 (node) S 0 7 7 34816 7 0', true],
  ['1 (node) S 0 7 7 34816 8 0', false],
  ['1 (a) S 0 7 7 0 (b) S 0 7 7 34816 8 0', false],
  ['1 (node) S 0 7 7 0 -1 0', true],
])('isForeground: %s', (stat, expected) => {
  expect(isForeground(stat)).toBe(expected);
});
