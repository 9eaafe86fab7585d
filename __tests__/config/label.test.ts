import { describe, expect, test } from 'vitest';
import { stepLabel } from '../../src/config/label.ts';
import { label } from '../../src/config/parsers.ts';

const labelOf = (text: string) => label({ text, source: { kind: 'input', name: 'label' } });

describe('label', () => {
  test.each([
    ['Review', 'Review'],
    [' a\n\tb ', 'a b'],
    ['a\u202eb\u0000c\u200b', 'abc'],
    ['\u202e\n', undefined],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['x'.repeat(81), `${'x'.repeat(80)}…`],
    ['👩‍👩‍👧'.repeat(3), '👩‍👩‍👧'.repeat(3)],
  ])('%j is %j', (text, expected) => {
    expect(labelOf(text)).toBe(expected);
  });

  test('stays short, whatever it is made of', () => {
    expect(labelOf(`a${'\u0301'.repeat(100_000)}`)!.length).toBeLessThan(400);
  });
});

test.each([
  ['agent', 'agent'],
  ['_my-step', '_my-step'],
  ['__run', undefined],
  ['__run_2', undefined],
  ['__OWNER_awf', undefined],
  ['3', undefined],
  ['', undefined],
])('a step with the id %j is called %j', (id, expected) => {
  expect(stepLabel({ GITHUB_ACTION: id })).toBe(expected);
});
