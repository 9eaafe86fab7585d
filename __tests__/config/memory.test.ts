import { describe, expect, test } from 'vitest';
import { memory, memoryBytes } from '../../src/config/memory.ts';
import type { Given } from '../../src/config/source.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

const given = (text: string): Given => ({ text, source: { kind: 'input', name: 'the-option' } });

function refusal(text: string): UserError {
  const error = thrown(() => memory(given(text)));
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toContain(`the-option: "${text}"`);
  return error;
}

describe('a memory limit', () => {
  test.each([
    ['512m', 2 ** 29],
    ['6g', 6 * 2 ** 30],
    ['6144k', 6 * 2 ** 20],
    ['6291456', 6 * 2 ** 20],
    ['6291456b', 6 * 2 ** 20],
  ])('%s has %i octets', (text, bytes) => {
    expect(memory(given(text))).toBe(text);
    expect(memoryBytes(text)).toBe(bytes);
  });

  test('an upper-case unit is equivalent', () => {
    expect(memory(given('2G'))).toBe('2g');
  });

  test.each(['0', '-1', 'g', '1.5g', '6gb', '6 g', 'unlimited', '6g --privileged'])('refuses %s', (text) => {
    expect(refusal(text).hint).toContain('k, m or g');
  });

  test.each(['1b', '5m', '6143k', '6291455b'])('refuses %s, with which the engine starts no container', (text) => {
    expect(refusal(text)).toMatchObject({ hint: 'Agents need gigabytes: write "6g".' });
  });

  test.each(['6', '4096'])('says that %s has no unit', (text) => {
    expect(refusal(text)).toMatchObject({
      message: `the-option: "${text}" is less than the 6 MB that a container needs.`,
      hint: 'A number without a unit is in bytes. Agents need gigabytes: write "6g".',
    });
  });

  test.each(['8388608g', '9007199254740992', '99999999999999999999g', `${'9'.repeat(400)}k`])(
    'refuses %s, a number that the engine cannot read',
    (text) => {
      expect(refusal(text).message).toContain('is more than any machine has.');
    },
  );
});
