import { expect, test } from 'vitest';
import { aftermathWarnings } from '../../src/report/aftermath.ts';
import { NOTHING_LEFT } from '../../testing/builders.ts';

test('an untouched workspace gives no warning', () => {
  expect(aftermathWarnings(NOTHING_LEFT)).toEqual([]);
});

test('what the command changed among protected paths is named', () => {
  const changes = [{ path: '.claude/settings.json', how: 'modified' as const }];
  expect(aftermathWarnings({ ...NOTHING_LEFT, changes })).toEqual([
    'The command changed protected files: .claude/settings.json (modified). Review them before a later step uses them.',
  ]);
});

test('what the command locked is named', () => {
  expect(aftermathWarnings({ ...NOTHING_LEFT, shut: ['a/b'] })).toEqual([
    'The command locked directories so that nobody could look into them. AWF unlocked them: a/b.',
  ]);
});
