import { describe, expect, test } from 'vitest';
import { collectProblems, ConfigError, describeError, throwProblems, UserError, withHint } from '../src/errors.ts';
import { ValueError } from '../src/shared/value-error.ts';
import { thrown } from '../testing/builders.ts';

describe('describeError', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error('a'), 'a'],
    ['a hint', new UserError('a', { hint: 'do b' }), 'a\ndo b'],
    ['a cause', new UserError('a', { cause: new Error('b') }), 'a\nCause: b'],
    ['both', new UserError('a', { hint: 'do b', cause: new Error('c') }), 'a\ndo b\nCause: c'],
    [
      'a chain of causes',
      new UserError('a', { cause: new UserError('b', { hint: 'do c', cause: new Error('d') }) }),
      'a\nCause: b\ndo c\nCause: d',
    ],
    ['a cause that the message has already', new UserError('a failed: b', { cause: new Error('b') }), 'a failed: b'],
    ['a cause that is no error', new UserError('a', { cause: 'b' }), 'a'],
    ['a string', 'a', 'a'],
    ['nothing', undefined, 'undefined'],
  ])('%s', (_, error, text) => {
    expect(describeError(error)).toBe(text);
  });
});

test('a UserError is an error with a name and a cause', () => {
  const cause = new Error('b');
  const error = new UserError('a', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'UserError', message: 'a', cause, hint: undefined });
});

describe('several mistakes', () => {
  const one = new UserError('a is wrong.', { hint: 'Write b.' });
  const other = new UserError('c is wrong.', { hint: 'Write d,\nor e.', cause: new Error('f') });

  test('none throws nothing', () => {
    expect(() => {
      throwProblems([]);
    }).not.toThrow();
  });

  const throwing = (...problems: UserError[]) =>
    thrown(() => {
      throwProblems(problems);
    });

  test('a single one is thrown unchanged', () => {
    expect(throwing(one)).toBe(one);
  });

  test('several that are thrown together are collected one by one', () => {
    const problems: UserError[] = [];
    collectProblems(problems, () => {
      throwProblems([one, other]);
    });
    expect(problems).toEqual([one, other]);
  });

  test('all are reported at once, each with its remedy', () => {
    const error = throwing(one, other);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ problems: [one, other] });
    expect(describeError(error)).toBe(
      [
        'The configuration has 2 mistakes:',
        '- a is wrong.',
        '  Write b.',
        '- c is wrong.',
        '  Write d,',
        '  or e.',
        '  Cause: f',
      ].join('\n'),
    );
  });

  test('are collected; errors that are not the user’s are thrown', () => {
    const problems: UserError[] = [];
    const fail = (error: Error) => (): number => {
      throw error;
    };
    expect(collectProblems(problems, () => 1)).toBe(1);
    expect(collectProblems(problems, fail(one))).toBeUndefined();
    expect(problems).toEqual([one]);
    expect(() => collectProblems(problems, fail(new TypeError('broken')))).toThrow(TypeError);
  });
});

describe('withHint', () => {
  const failing = (error: Error) => () =>
    withHint('do b', () => {
      throw error;
    });

  test('adds what to do, keeps the cause, and does not print it twice', () => {
    const cause = new ValueError('a is wrong.');
    const error = thrown(failing(cause));
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: 'a is wrong.', hint: 'do b', cause });
    expect(describeError(error)).toBe('a is wrong.\ndo b');
  });

  test('returns every other error unchanged', () => {
    const error = new TypeError('broken');
    expect(thrown(failing(error))).toBe(error);
    expect(withHint('do b', () => 1)).toBe(1);
  });
});
