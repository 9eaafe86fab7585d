import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installFiles, installLinks, installVariables, pathWithInstalls } from '../../src/agent/installs.ts';
import { agentEnvironment } from '../../src/agent/environment.ts';
import {
  aConfig,
  ADDRESSES,
  NO_SECRETS,
  temporaryDirectory,
  USER,
  type ConfigOverrides,
} from '../../testing/builders.ts';

const HOME = '/home/runner';

describe('PATH', () => {
  const parts = (path: string): string[] => pathWithInstalls(path, HOME).split(':');

  test('begins with what the command installs, and ends with directories that the host’s programs share', () => {
    const found = parts('/usr/bin:/bin');
    const [bin, cargo] = [`${HOME}/.local/installed/bin`, `${HOME}/.cargo/bin`];
    expect(found[0]).toBe(bin);
    expect(found.indexOf(bin)).toBeLessThan(found.indexOf('/usr/bin'));
    expect(found.indexOf(cargo)).toBeGreaterThan(found.indexOf('/bin'));
  });

  test('keeps the host’s order: no program of the host covers another one that was found before', () => {
    const host = [`${HOME}/.local/bin`, '/opt/tool/bin', `${HOME}/.cargo/bin`, '/usr/bin'];
    const found = parts(host.join(':'));
    expect(found.filter((directory) => host.includes(directory))).toEqual(host);
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('the variables', () => {
  const of = (options: ConfigOverrides, host: NodeJS.ProcessEnv = {}): Readonly<Record<string, string>> =>
    agentEnvironment(aConfig(options), NO_SECRETS, ADDRESSES, host, USER).variables;
  const GEMS = { GEM_HOME: '/usr/local/bundle', PATH: '/usr/bin' };

  test('are not those of an image, whose tools have places of their own', () => {
    expect(of({ agentImage: 'ruby:3' }, GEMS)).not.toHaveProperty('GEM_HOME');
    expect(of({ agentImage: 'ruby:3', envAll: true }, GEMS)['GEM_HOME']).toBe('/usr/local/bundle');
  });

  test('leave the host’s PATH alone if env gives one', () => {
    expect(of({ env: [{ name: 'PATH', value: '/own' }] }, GEMS)['PATH']).toBe('/own');
    expect(of({}, GEMS)['PATH']).toContain(':/usr/bin:');
    expect(of({}, {})).not.toHaveProperty('PATH');
  });
});

test('corepack is found first where it may install', () => {
  expect(installLinks('/usr/bin/corepack')).toEqual({ '.local/installed/bin/corepack': '/usr/bin/corepack' });
  expect(installLinks(undefined)).toEqual({});
});

test('npm looks for no newer npm, and installs below the home', () => {
  const home = temporaryDirectory();
  for (const [path, content] of Object.entries(installFiles())) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const { NPM_CONFIG_GLOBALCONFIG = '' } = installVariables(home);
  const env = { PATH: process.env['PATH'], HOME: home, NPM_CONFIG_GLOBALCONFIG };
  const settings = execFileSync('npm', ['config', 'get', 'update-notifier', 'prefix'], {
    env,
    cwd: home,
    encoding: 'utf8',
  });
  expect(settings.trim().split('\n')).toEqual(['update-notifier=false', `prefix=${home}/.local/installed`]);
});
