import { describe, expect, test } from 'vitest';
import { expandPreset, presetFinder } from '../../../src/config/presets/expand.ts';
import type { Machine } from '../../../src/config/presets/machine.ts';
import { presetNamed } from '../../../src/config/presets/names.ts';
import { aMachine } from '../../../testing/machine.ts';

const expand = (name: string, machine: Machine = aMachine()) => expandPreset(presetNamed(name)!, machine);
const textsOf = (name: string, machine?: Machine): string[] => expand(name, machine).hosts.map(({ text }) => text);

describe('a preset becomes entries', () => {
  test('for exact hosts over HTTPS', () => {
    expect(expand('rustup')).toEqual({ hosts: [{ text: 'https://=static.rust-lang.org', from: 'rustup' }], gaps: [] });
  });

  test.each([
    ['https://user:s3cret@mirror.example/npm/', 'https://=mirror.example'],
    ['https://mirror.example:8443/npm/', 'https://=mirror.example:8443'],
    ['https://mirror.example:443/', 'https://=mirror.example'],
    ['http://mirror.example/', 'http://=mirror.example'],
  ])('for a registry at %s: %s', (registry, entry) => {
    const { hosts } = expand('npm', aMachine({ '~/.npmrc': `registry=${registry}` }));
    expect(hosts).toEqual([{ text: entry, from: '~/.npmrc' }]);
    expect(JSON.stringify(hosts)).not.toContain('s3cret');
  });

  test('for a sparse index, and for all below a domain', () => {
    const program = Buffer.from('sparse+https://index.default.example/');
    expect(textsOf('crates', aMachine({ '/usr/bin/cargo': program }))).toEqual([
      'https://=index.default.example',
      'https://*.default.example',
    ]);
  });

  test('each once, with the setting that is read first', () => {
    const environment = { GOPROXY: 'https://mirror.example/a,https://mirror.example/b', GOSUMDB: 'mirror.example' };
    expect(expand('go', aMachine({}, environment)).hosts).toEqual([
      { text: 'https://=mirror.example', from: 'GOPROXY' },
    ]);
  });

  test('with those of the presets that it contains, or what is missing of them', () => {
    const deno = ['https://=jsr.io', 'https://=npm.jsr.io', 'https://=deno.land', 'https://=dl.deno.land'];
    const machine = aMachine({}, { npm_config_registry: 'https://mirror.example/' });
    expect(textsOf('deno', machine)).toEqual([...deno, 'https://=mirror.example']);
    expect(expand('deno')).toMatchObject({ gaps: [expect.stringContaining('npm is not installed')] });
  });

  test('for nothing on a machine that says nothing', () => {
    expect(expand('pypi')).toEqual({ hosts: [], gaps: [expect.stringContaining('pip is not installed')] });
  });
});

test('the presets that cover a host on this machine', () => {
  const program = Buffer.from('sparse+https://index.default.example/');
  const machine = aMachine({ '~/.npmrc': 'registry=https://mirror.example:8443/', '/usr/bin/cargo': program });
  const presetsOf = presetFinder(machine);
  expect(presetsOf('mirror.example', 8443)).toEqual(['npm', 'yarn-berry', 'bun', 'deno']);
  expect(presetsOf('static.default.example', 443)).toEqual(['crates']);
  expect(presetsOf('default.example', 443)).toEqual([]);
  expect(presetsOf('github.com', 443)).toEqual(['github-read', 'github-release']);
});

test('a preset does not cover what it would not allow', () => {
  const files = {
    '~/.npmrc': 'registry=https://mirror.example:8443/',
    '/etc/apt/sources.list': 'deb http://plain.example/debian stable main',
  };
  const presetsOf = presetFinder(aMachine(files));
  expect(presetsOf('mirror.example', 443)).toEqual([]);
  expect(presetsOf('github.com', 80)).toEqual([]);
  expect(presetsOf('plain.example', 443)).toEqual([]);
  expect(presetsOf('plain.example', 80)).toEqual(['debian']);
});
