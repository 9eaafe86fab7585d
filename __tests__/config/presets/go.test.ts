import { expect, test } from 'vitest';
import { go } from '../../../src/config/presets/go.ts';
import { aMachine } from '../../../testing/machine.ts';

const GO = {
  '/usr/local/go/bin/go': '',
  '/usr/local/go/go.env': '# Defaults\nGOPROXY=https://default.example,direct\nGOSUMDB=sums.example\n',
};
const PATH = '/usr/local/go/bin';

test('the installed Go’s own settings', () => {
  const from = '/usr/local/go/go.env';
  expect(go(aMachine(GO, { PATH })).settings).toEqual([
    { url: 'https://default.example', from },
    { url: 'https://sums.example', from },
  ]);
});

test('Go before 1.21 has them in its sources', () => {
  const source = 'GOPROXY  = envOr("GOPROXY", "https://default.example,direct")';
  const machine = aMachine({ '/opt/go/src/cmd/go/internal/cfg/cfg.go': source }, { GOROOT: '/opt/go' });
  expect(go(machine).settings).toEqual([{ url: 'https://default.example', from: "Go's own default" }]);
});

test.each<[string, Record<string, string>, Record<string, string>, string[]]>([
  ['of go env -w', { '~/.config/go/env': 'GOPROXY=https://mirror.example\n' }, {}, ['mirror.example', 'sums.example']],
  [
    'of the file that GOENV names',
    { '/run/env': 'GOPROXY=https://mirror.example' },
    { GOENV: '/run/env' },
    ['mirror.example', 'sums.example'],
  ],
  [
    'of the environment',
    {},
    { GOPROXY: 'https://one.example/go|https://two.example,direct', GOSUMDB: 'off' },
    ['one.example', 'two.example'],
  ],
  [
    'with a database elsewhere',
    {},
    { GOSUMDB: 'sums.example+033de0ae https://mirror.example/sums' },
    ['default.example', 'mirror.example'],
  ],
  [
    'without a scheme, and nothing after direct',
    {},
    { GOPROXY: 'one.example/go,direct|https://never.example', GOSUMDB: 'sums.example mirror.example/sums' },
    ['one.example', 'mirror.example'],
  ],
  [
    'with an empty variable in front',
    { '~/.config/go/env': 'GOPROXY=https://mirror.example\n' },
    { GOPROXY: '', XDG_CONFIG_HOME: '' },
    ['mirror.example', 'sums.example'],
  ],
  ['with a database’s key', {}, { GOSUMDB: 'own.example+033de0ae' }, ['default.example', 'own.example']],
])('settings %s', (_, files, environment, hosts) => {
  const { settings } = go(aMachine({ ...GO, ...files }, { PATH, ...environment }));
  expect(settings.map(({ url }) => new URL(url).host)).toEqual(hosts);
});

test('without a proxy, what is missing is said', () => {
  expect(go(aMachine(GO, { PATH, GOPROXY: 'direct' })).gap).toContain('GOPROXY has no module proxy');
  expect(go(aMachine()).gap).toContain('Go is not installed');
});
