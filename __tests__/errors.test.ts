import { describe, expect, test } from 'vitest';
import { describeError, UserError } from '../src/errors.ts';

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
