import { expect, test } from 'vitest';
import { bun } from '../../../src/config/presets/bun.ts';
import { aMachine } from '../../../testing/machine.ts';

const urlsOf = (text: string, path = '~/.bunfig.toml'): string[] =>
  bun(aMachine({ [path]: text })).settings.map(({ url }) => url);

test.each([
  ['a text', '[install]\nregistry = "https://own.example/"\n', '~/.bunfig.toml'],
  ['a table', '[install]\nregistry = { url = "https://own.example/", token = "$t" }\n', '~/.bunfig.toml'],
  ['a dotted key', 'install.registry = "https://own.example/"\n', '~/.config/.bunfig.toml'],
  ['a scope', '[install.scopes]\n"@team" = "https://user:pass@own.example/"\n', '~/.bunfig.toml'],
])('the registry as %s', (_, text, path) => {
  expect(urlsOf(text, path).map((url) => new URL(url).host)).toEqual(['own.example']);
});

test('a variable', () => {
  const machine = aMachine({}, { BUN_CONFIG_REGISTRY: 'https://own.example/' });
  expect(bun(machine).settings).toEqual([{ url: 'https://own.example/', from: 'BUN_CONFIG_REGISTRY' }]);
});

test('other settings say nothing', () => {
  expect(urlsOf('[install]\ncache = "https://no.example/"\nexact = true\n')).toEqual([]);
});
