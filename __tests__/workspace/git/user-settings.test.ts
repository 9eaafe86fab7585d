import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { userSettings, withHome } from '../../../src/workspace/git/user-settings.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';

/** A home with these files. */
function homeWith(files: Readonly<Record<string, string>>): string {
  const home = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  return home;
}

/** What is found, as `file: key=value`, relative to the home. */
function found(home: string, environment: NodeJS.ProcessEnv = {}): string[] {
  const settings = userSettings(home, { GIT_CONFIG_SYSTEM: '/nonexistent', ...environment });
  return settings.flatMap(({ file, entries }) =>
    entries.map(({ section, key, value }) => `${file}: ${section}.${key}=${value}`.replaceAll(`${home}/`, '')),
  );
}

const hooks = (directory: string): string => `[user]\n\tname = A\n[core]\n\thooksPath = ${directory}\n`;

test('E17 every file that git reads for the user counts, and harmless settings do not', () => {
  const home = homeWith({
    '.gitconfig': hooks('a'),
    '.config/git/config': hooks('~/b'),
    'xdg/git/config': hooks('c'),
    system: hooks('d'),
    global: hooks('e'),
  });
  expect(found(home)).toEqual(['.config/git/config: core.hookspath=~/b', '.gitconfig: core.hookspath=a']);
  expect(found(home, { XDG_CONFIG_HOME: '' })).toEqual(found(home));
  expect(found(home, { XDG_CONFIG_HOME: join(home, 'xdg') })).toContain('xdg/git/config: core.hookspath=c');
  expect(found(home, { GIT_CONFIG_SYSTEM: join(home, 'system') })).toContain('system: core.hookspath=d');
  expect(found(home, { GIT_CONFIG_GLOBAL: join(home, 'global') })).toEqual(['global: core.hookspath=e']);
});

test('E17 so do the files that they include, whatever the condition', () => {
  const home = homeWith({
    '.gitconfig': '[include]\n\tpath = one\n[includeIf "gitdir:/elsewhere/"]\n\tpath = ~/sub/two\n',
    one: hooks('a'),
    'sub/two': '[include]\n\tpath = three\n',
    'sub/three': hooks('b'),
  });
  expect(found(home)).toEqual(expect.arrayContaining(['one: core.hookspath=a', 'sub/three: core.hookspath=b']));
});

test('files that include each other, and ones that git would not understand, are no obstacle', () => {
  const home = homeWith({
    '.gitconfig': `[include]\n\tpath = .gitconfig\n${hooks('a')}`,
    '.config/git/config': '[core\n',
  });
  expect(found(home)).toContain('.gitconfig: core.hookspath=a');
});

test('E17 so do settings in the environment of the job', () => {
  const environment = {
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'core.hooksPath',
    GIT_CONFIG_VALUE_0: 'a',
    GIT_CONFIG_KEY_1: 'filter.A.b.Clean',
    GIT_CONFIG_VALUE_1: './b',
    GIT_CONFIG_KEY_2: 'user.name',
    GIT_CONFIG_VALUE_2: 'A',
    GIT_TEMPLATE_DIR: '~/c',
  };
  const home = homeWith({});
  expect(found(home, environment)).toEqual([': core.hookspath=a', ': filter.clean=./b', ': init.templatedir=~/c']);
  for (const count of ['x', '-1', '1e9']) expect(found(home, { GIT_CONFIG_COUNT: count })).toEqual([]);
});

test.each([
  ['~/x', '/home/a/x'],
  ['~a/x', '/home/a/x'],
  ['bash "$HOME/x" ${HOME}/y', 'bash "/home/a/x" /home/a/y'],
  ['x=$HOME/y', 'x=/home/a/y'],
  ['~b/x', '~b/x'],
  ['a~/x', 'a~/x'],
  ['~', '~'],
])('%s names the home', (value, path) => {
  expect(withHome(value, '/home/a')).toBe(path);
});
