import { expect, test } from 'vitest';
import { yarn } from '../../../src/config/presets/yarn.ts';
import { aMachine } from '../../../testing/machine.ts';

const YARN = { '/usr/bin/yarn': '', '/usr/lib/cli.js': "const YARN_REGISTRY = 'https://yarn.example';" };

const urlsOf = (files: Readonly<Record<string, string>>, isDefault = true, environment: NodeJS.ProcessEnv = {}) =>
  yarn(aMachine({ ...YARN, ...files }, environment), isDefault).map(({ url }) => url);

test('Yarn 1 has its own default', () => {
  expect(yarn(aMachine(YARN), true)).toEqual([{ url: 'https://yarn.example', from: "Yarn's own default" }]);
});

test('Yarn 1 follows what npm is set to', () => {
  expect(urlsOf({}, false)).toEqual([]);
});

test.each<[string, Record<string, string>, NodeJS.ProcessEnv]>([
  ['.yarnrc', { '~/.yarnrc': 'registry "https://own.example/"\n' }, {}],
  ['a scope of .yarnrc', { '~/.yarnrc': '"@team:registry" "https://own.example/"\n' }, {}],
  ['/etc/yarnrc', { '/etc/yarnrc': 'registry "https://own.example/"\n' }, {}],
  ['.yarnrc.yml', { '~/.yarnrc.yml': 'npmRegistryServer: "https://own.example/"\n' }, {}],
  ['a quoted key', { '~/.yarnrc.yml': '"npmRegistryServer": https://own.example/\n' }, {}],
  ['a variable of Yarn 1', {}, { YARN_REGISTRY: 'https://own.example/' }],
  ['a variable of Yarn 2', {}, { YARN_NPM_REGISTRY_SERVER: 'https://own.example/' }],
])('%s replaces the default', (_, files, environment) => {
  expect(urlsOf(files, true, environment)).toEqual(['https://own.example/']);
});
