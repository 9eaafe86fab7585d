import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostToolchain, present } from '../../src/mounts/host-toolchain.ts';
import { ETC_ROWS, HOME_ROWS, SYSTEM_ROWS, type Row } from '../../src/mounts/toolchain-rows.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** The source of each path in the container. */
function sources(mounts: readonly MountSpec[]): Map<string, string> {
  return new Map(mounts.flatMap((mount) => (mount.kind === 'bind' ? [[mount.target, mount.source]] : [])));
}

/** Files that an agent must not read. Neither they nor a directory that contains one may be mounted. */
const HOME_SECRETS = [
  ...['.docker/config.json', '.npmrc', '.netrc', '.ssh/id_ed25519', '.aws/credentials', '.config/gh/hosts.yml'],
  ...['.config/gcloud/credentials.db', '.azure/azureProfile.json', '.kube/config', '.cargo/credentials.toml'],
  ...['.cargo/config.toml', '.m2/settings.xml', '.gradle/gradle.properties', '.pypirc', '.bashrc', '.gitconfig'],
  ...['.claude.json', '.claude/.credentials.json', '.codex/auth.json', '.local/share/keyrings/login.keyring'],
  ...['.m2/settings-security.xml', '.gem/credentials', '.config/pip/pip.conf', '.config/composer/auth.json'],
  ...['.android/adbkey', '.sdkman/etc/config', '.volta/hooks.json', '.bunfig.toml', '.yarnrc.yml', '.config/go/env'],
];
const SYSTEM_SECRETS = [
  ...['/etc/shadow', '/etc/passwd', '/etc/sudoers', '/etc/ssl/private/key.pem', '/etc/ssh/ssh_host_rsa_key'],
  ...['/etc/docker/daemon.json', '/etc/environment', '/etc/hosts', '/etc/resolv.conf', '/root/.ssh/id_rsa'],
  ...['/run/docker.sock', '/var/run/docker.sock', '/var/lib/docker/volumes', '/proc/1/environ', '/sys/kernel'],
  ...['/etc/pip.conf', '/etc/npmrc', '/etc/wgetrc', '/etc/gitconfig', '/etc/maven/settings.xml', '/etc/profile.d/x.sh'],
  ...['/etc/apt/auth.conf', '/etc/krb5.keytab', '/etc/java-17-openjdk/management/jmxremote.password'],
  ...['/dev/mem', '/tmp/file', '/home/somebody/file', '/boot/grub/grub.cfg', '/mnt/file', '/srv/file'],
];

function homeWith(files: readonly string[]): string {
  const home = temporaryDirectory();
  for (const file of files) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), '');
  }
  return home;
}

const covers = (mounts: readonly MountSpec[], path: string): boolean =>
  mounts.some(({ target }) => path === target || path.startsWith(`${target}/`));

test('everything is read-only and at its own path', () => {
  const home = homeWith(['.cargo/bin/cargo', '.nvm/versions/node', 'go/bin/tool']);
  const mounts = hostToolchain(home, {});
  expect(mounts.length).toBeGreaterThan(5);
  for (const mount of mounts) {
    expect(mount).toEqual({ kind: 'bind', source: realpathSync(mount.target), target: mount.target, writable: false });
  }
});

test('the directories that programs need are mounted', () => {
  const mounts = hostToolchain(temporaryDirectory(), {});
  const needed = ['/usr/bin/env', '/bin/sh', '/lib/x'];
  for (const path of needed) expect([path, covers(mounts, path)]).toEqual([path, true]);
});

describe('what it never shows', () => {
  const parents = (path: string): string[] => (path === '/' ? [] : [dirname(path), ...parents(dirname(path))]);

  test.each(SYSTEM_SECRETS)('%s', (path) => {
    const targets = hostToolchain(temporaryDirectory(), {}).map(({ target }) => target);
    expect([path, ...parents(path)].filter((shown) => targets.includes(shown))).toEqual([]);
  });

  test.each(HOME_SECRETS)('~/%s', (file) => {
    const home = homeWith([...HOME_SECRETS, '.cargo/bin/cargo', '.local/bin/tool', '.rustup/settings.toml']);
    const mounts = hostToolchain(home, {});
    expect(covers(mounts, join(home, '.cargo/bin/cargo'))).toBe(true);
    expect(covers(mounts, join(home, file))).toBe(false);
  });
});

test('what a host does not have is left out', () => {
  const mounts = hostToolchain('/does/not/exist', { RUNNER_TOOL_CACHE: '/nor/this' });
  expect(mounts.filter(({ target }) => !existsSync(target))).toEqual([]);
});

test('a link is mounted as its destination, at the path that programs know', () => {
  const home = homeWith(['real/bin/tool']);
  mkdirSync(join(home, '.cargo'));
  symlinkSync('../real/bin', join(home, '.cargo/bin'));
  expect(sources(hostToolchain(home, {})).get(join(home, '.cargo/bin'))).toBe(join(home, 'real/bin'));
});

describe('npm’s prefix, wherever it is in the home', () => {
  const FILES = [
    ...['.npm-global/bin/claude', '.npm-global/lib/node_modules/x/y', '.npm-global/etc/npmrc'],
    ...['tools/bin/other', 'project/p/bin/own', 'project/p/lib/node_modules/x/y'],
  ];

  test('is there if PATH names it, without its settings', () => {
    const home = homeWith(FILES);
    const PATH = ['.npm-global', 'tools', 'project/p'].map((name) => join(home, name, 'bin')).join(':');
    const mounts = hostToolchain(home, { PATH }, join(home, 'project'));
    const shown = FILES.filter((file) => covers(mounts, join(home, file)));
    expect(shown).toEqual(['.npm-global/bin/claude', '.npm-global/lib/node_modules/x/y']);
    expect(hostToolchain(home, {})).toEqual(hostToolchain(home, { PATH: '/usr/bin' }));
  });

  test.each([
    ['the workspace itself', 'p/bin', 'p/bin'],
    ['a link to a directory in it', 'link/bin', 'p'],
  ])('gets no mount of its own if it is %s', (_, named, workspace) => {
    const home = homeWith(['p/bin/own', 'p/lib/node_modules/x/y']);
    symlinkSync('p', join(home, 'link'));
    const mounts = hostToolchain(home, { PATH: join(home, named) }, join(home, workspace));
    expect([...sources(mounts).values()].filter((path) => path === join(home, 'p/bin'))).toEqual([]);
  });

  test('gets no second mount in a directory that is there as a whole', () => {
    const home = homeWith(['.nvm/v24/bin/node', '.nvm/v24/lib/node_modules/npm/x']);
    const mounts = hostToolchain(home, { PATH: join(home, '.nvm/v24/bin') });
    expect([...sources(mounts).keys()].filter((path) => path.startsWith(home))).toEqual([join(home, '.nvm')]);
    const cache = { RUNNER_TOOL_CACHE: join(home, 'cache'), PATH: join(home, 'cache/v24/bin') };
    for (const name of ['bin', 'lib/node_modules']) mkdirSync(join(home, 'cache/v24', name), { recursive: true });
    writeFileSync(join(home, 'cache/v24/bin/node'), '');
    const targets = hostToolchain(home, cache).map(({ target }) => target);
    expect(targets.filter((path) => path.startsWith(join(home, 'cache')))).toEqual([join(home, 'cache')]);
  });
});

describe('a row with a pattern', () => {
  test.each<[string, Row['except'], string[]]>([
    ['jdk-*/conf', undefined, ['jdk-17/conf', 'jdk-21/conf']],
    ['jdk-*/*', undefined, ['jdk-17/conf', 'jdk-17/secret', 'jdk-21/conf']],
    ['jdk-*/*', { secret: 'a reason' }, ['jdk-17/conf', 'jdk-21/conf']],
    ['*', { 'jdk-*': 'a reason' }, ['jre']],
    ['j*e', undefined, ['jre']],
    ['jr*re', undefined, []],
    ['nothing-*/conf', undefined, []],
    ['jre', undefined, ['jre']],
    ['jre/*', undefined, ['jre/file']],
    ['jre/file/*', undefined, []],
  ])('%s except %j: %j', (pattern, except, expected) => {
    const root = homeWith(['jdk-17/conf/x', 'jdk-17/secret', 'jdk-21/conf', 'jre/file']);
    const row = { path: join(root, pattern), why: '', ...(except === undefined ? {} : { except }) };
    expect(present(row)).toEqual(expected.map((path) => join(root, path)));
  });
});

test('each row gives a reason, and none occurs twice', () => {
  const rows = [...SYSTEM_ROWS, ...ETC_ROWS, ...HOME_ROWS];
  expect(rows.filter(({ why }) => why === '')).toEqual([]);
  expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
});

describe('the tool cache', () => {
  test('is mounted if it is outside the system directories', () => {
    const cache = temporaryDirectory();
    expect(hostToolchain('/does/not/exist', { RUNNER_TOOL_CACHE: cache })).toContainEqual({
      kind: 'bind',
      source: cache,
      target: cache,
      writable: false,
    });
  });

  test.each(['', undefined, '/', '/etc', '/var', '/var/lib', '/proc/self', '/dev/shm', '/home', '/tmp', 'usr/bin'])(
    'adds nothing if it is %j',
    (cache) => {
      expect(hostToolchain('/does/not/exist', { RUNNER_TOOL_CACHE: cache })).toEqual(
        hostToolchain('/does/not/exist', {}),
      );
    },
  );

  test('adds nothing if it is the home, contains it, or leads there', () => {
    const top = homeWith(['home/.ssh/id', 'other/file']);
    symlinkSync('home', join(top, 'link'));
    for (const RUNNER_TOOL_CACHE of [top, join(top, 'home'), join(top, 'link')]) {
      expect(hostToolchain(join(top, 'home'), { RUNNER_TOOL_CACHE })).toEqual(hostToolchain(join(top, 'home'), {}));
    }
  });
});

test('programs that a setup action unpacked in RUNNER_TEMP, but nothing else there', () => {
  const temporary = temporaryDirectory();
  for (const name of ['a', 'b', 'c']) mkdirSync(join(temporary, name));
  for (const name of ['a', 'b']) writeFileSync(join(temporary, name, 'program'), '');
  symlinkSync('b', join(temporary, 'link'));
  const PATH = [temporary, ...['a', 'c', 'link', 'none'].map((name) => join(temporary, name)), 'a', ''].join(':');
  const targets = hostToolchain('/does/not/exist', { RUNNER_TEMP: temporary, PATH }).map(({ target }) => target);
  expect(targets.filter((target) => target.startsWith(temporary))).toEqual([join(temporary, 'a')]);
});
