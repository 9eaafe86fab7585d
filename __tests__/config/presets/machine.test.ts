import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configDirectories, configHome, textOf, variableOf } from '../../../src/config/presets/machine.ts';
import { aMachine } from '../../../testing/machine.ts';

test('a file is read without its byte order mark', () => {
  expect(textOf(aMachine({ '/a': '\uFEFFtext' }), '/a')).toBe('text');
});

test('links are followed, but not into the workspace', () => {
  const machine = aMachine({ '~/project/evil': 'evil', '/good': 'good' });
  const directory = join(machine.root, machine.home);
  symlinkSync('project/evil', join(directory, 'a'));
  symlinkSync('../../good', join(directory, 'b'));
  expect(textOf(machine, '/home/me/a')).toBeUndefined();
  expect(textOf(machine, '/home/me/b')).toBe('good');
});

test('the workspace may be behind a link itself', () => {
  const machine = aMachine({ '/data/repository/evil': 'evil' });
  mkdirSync(join(machine.root, machine.home), { recursive: true });
  symlinkSync('../../data/repository', join(machine.root, machine.workspace));
  expect(textOf(machine, '/data/repository/evil')).toBeUndefined();
});

test('what is no file, or far too large, is left alone', () => {
  const machine = aMachine();
  const path = (name: string): string => join(machine.root, name);
  execFileSync('mkfifo', [path('pipe')]);
  mkdirSync(path('directory'));
  writeFileSync(path('large'), '');
  truncateSync(path('large'), 20 * 1024 * 1024);
  for (const name of ['/pipe', '/directory', '/large', '/missing', 'relative']) {
    expect(textOf(machine, name)).toBeUndefined();
  }
});

test('an empty variable is not set', () => {
  const machine = aMachine({}, { EMPTY: '', XDG_CONFIG_HOME: '', XDG_CONFIG_DIRS: '' });
  expect(variableOf(machine, 'EMPTY')).toBeUndefined();
  expect(configHome(machine)).toBe('/home/me/.config');
  expect(configDirectories(machine)).toEqual(['/etc/xdg']);
});
