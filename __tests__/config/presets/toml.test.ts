import { expect, test } from 'vitest';
import { addressesAt, entriesAt, tomlFile, valueAt } from '../../../src/config/presets/toml.ts';
import { aMachine } from '../../../testing/machine.ts';

test('a value is where its keys lead, and nowhere else', () => {
  const file = tomlFile(aMachine({ '~/a.toml': '[a."b.c"]\nd = ["https://x.example/", 5]\n' }), '/home/me/a.toml');
  expect(addressesAt(file?.table, 'a', 'b.c', 'd')).toEqual(['https://x.example/']);
  expect(valueAt(file?.table, 'a', 'toString')).toBeUndefined();
  expect(entriesAt(file?.table, 'a').map(([key]) => key)).toEqual(['b.c']);
  expect(file?.from).toBe('~/a.toml');
});

test('a broken file has nothing, and is named', () => {
  expect(tomlFile(aMachine({ '/a': 'a = [' }), '/a')).toEqual({ table: {}, from: '/a', gap: '/a is not valid TOML' });
});

test('there need not be a file', () => {
  expect(tomlFile(aMachine(), '/a')).toBeUndefined();
});
