import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { npm } from '../../../src/config/presets/npm.ts';
import { aMachine } from '../../../testing/machine.ts';

const DEFINITIONS = 'node_modules/@npmcli/config/lib/definitions/definitions.js';
const NPM = {
  '/usr/lib/node_modules/npm/bin/npm-cli.js': '',
  [`/usr/lib/node_modules/npm/${DEFINITIONS}`]: `
  'replace-registry-host': new Definition('replace-registry-host', { default: 'npmjs' }),
  registry: new Definition('registry', {
    default: 'https://default.example/',
    type: url,`,
};

/** A machine with npm as distributions install it: a link to a file of the package. */
function withNpm(files: Readonly<Record<string, string>> = {}, environment: NodeJS.ProcessEnv = {}) {
  const machine = aMachine({ ...NPM, '/usr/bin/env': '', ...files }, environment);
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(machine.root, 'usr/bin/npm'));
  return machine;
}

describe('npm', () => {
  test('has the default of the installed npm', () => {
    expect(npm(withNpm())).toEqual({ settings: [{ url: 'https://default.example/', from: "npm's own default" }] });
  });

  test('has the default of npm 6', () => {
    const machine = aMachine({
      '/usr/bin/npm': '',
      '/usr/share/nodejs/npm/lib/config/defaults.js':
        "    'read-only': false,\n    registry: 'https://six.example/',\n",
    });
    expect(npm(machine).settings).toEqual([{ url: 'https://six.example/', from: "npm's own default" }]);
  });

  test.each<[string, Record<string, string>, Record<string, string>, string, string]>([
    [
      'a variable',
      { '~/.npmrc': 'registry=https://b.example' },
      { NPM_CONFIG_REGISTRY: 'https://a.example/' },
      'https://a.example/',
      'NPM_CONFIG_REGISTRY',
    ],
    [
      'the user’s file',
      { '~/.npmrc': 'registry = "https://b.example/npm/"' },
      {},
      'https://b.example/npm/',
      '~/.npmrc',
    ],
    [
      'the file that a variable names',
      { '/run/npmrc': 'registry=https://c.example' },
      { NPM_CONFIG_USERCONFIG: '/run/npmrc' },
      'https://c.example',
      '/run/npmrc',
    ],
    [
      'the machine’s file',
      { '/usr/etc/npmrc': '; ours\nregistry=https://d.example' },
      {},
      'https://d.example',
      '/usr/etc/npmrc',
    ],
    [
      'the package’s file',
      { '/usr/lib/node_modules/npm/npmrc': 'registry=https://e.example' },
      {},
      'https://e.example',
      '/usr/lib/node_modules/npm/npmrc',
    ],
    [
      'the file below the prefix of the user’s file',
      { '~/.npmrc': 'prefix=~/own', '/home/me/own/etc/npmrc': 'registry=https://g.example' },
      {},
      'https://g.example',
      '~/own/etc/npmrc',
    ],
    [
      'the file below the prefix of a variable',
      { '/opt/p/etc/npmrc': 'registry=https://h.example' },
      { npm_config_prefix: '/opt/p' },
      'https://h.example',
      '/opt/p/etc/npmrc',
    ],
    [
      'the user’s file, though variables are empty',
      { '~/.npmrc': 'registry=https://i.example' },
      { NPM_CONFIG_USERCONFIG: '', NPM_CONFIG_REGISTRY: '' },
      'https://i.example',
      '~/.npmrc',
    ],
    [
      'pnpm’s own file',
      { '~/.config/pnpm/auth.ini': 'registry=https://j.example' },
      { XDG_CONFIG_HOME: '' },
      'https://j.example',
      '~/.config/pnpm/auth.ini',
    ],
    [
      'a fallback in a file',
      { '~/.npmrc': 'registry=https://${PLACE:-k}.example' },
      {},
      'https://k.example',
      '~/.npmrc',
    ],
    [
      'a variable in a file',
      { '~/.npmrc': 'registry=https://${PLACE}.example' },
      { PLACE: 'f' },
      'https://f.example',
      '~/.npmrc',
    ],
  ])('%s counts before the default', (_, files, environment, url, from) => {
    expect(npm(withNpm(files, environment)).settings).toEqual([{ url, from }]);
  });

  test('scopes have registries of their own', () => {
    const text = '@team:registry=https://team.example/\n//team.example/:_authToken=https://token.example\n';
    expect(npm(withNpm({ '~/.npmrc': text })).settings.map(({ url }) => url)).toEqual([
      'https://default.example/',
      'https://team.example/',
    ]);
  });

  test.each<[string, Record<string, string>, NodeJS.ProcessEnv]>([
    ['a scope’s variable', {}, { 'npm_config_@team:registry': 'https://own.example/' }],
    ['Corepack', {}, { COREPACK_NPM_REGISTRY: 'https://own.example/' }],
    [
      'pnpm 11',
      { '~/.config/pnpm/config.yaml': 'a: https://no.example/\nregistries:\n  "@team": https://own.example/\n' },
      {},
    ],
    ['Yarn', { '~/.yarnrc.yml': 'npmScopes:\n  team:\n    "npmRegistryServer": "https://own.example/"\n' }, {}],
    ['Bun', { '~/.bunfig.toml': '[install.scopes]\nteam = { url = "https://own.example/", token = "x" }\n' }, {}],
  ])('other tools’ registries are added: %s', (_, files, environment) => {
    expect(npm(withNpm(files, environment)).settings.map(({ url }) => url)).toEqual([
      'https://default.example/',
      'https://own.example/',
    ]);
  });

  test('a broken bunfig.toml is named', () => {
    expect(npm(withNpm({ '~/.bunfig.toml': '[install' })).gap).toBe('~/.bunfig.toml is not valid TOML');
  });

  test('nothing of the workspace counts, however it is named', () => {
    const files = { '~/project/.npmrc': 'registry=https://evil.example/' };
    for (const environment of [{}, { NPM_CONFIG_USERCONFIG: '/home/me/project/.npmrc' }]) {
      expect(JSON.stringify(npm(withNpm(files, environment)))).not.toContain('evil');
    }
    const planted = aMachine(
      { '~/project/bin/npm': '', '~/project/npmrc': 'registry=https://evil.example/' },
      { PATH: '/home/me/project/bin' },
    );
    expect(npm(planted).settings).toEqual([]);
  });

  test('a machine without npm says nothing', () => {
    expect(npm(aMachine())).toEqual({ settings: [], gap: expect.stringContaining('npm is not installed') as string });
  });
});
