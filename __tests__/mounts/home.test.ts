import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linkIntoHome, openDirectories, seenAt, workspaceLink } from '../../src/mounts/home.ts';
import { hostToolchain } from '../../src/mounts/host-toolchain.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const HOME = '/home/runner';

const at = (target: string): MountSpec => ({ kind: 'bind', source: '/srv', target, writable: true });

test('what lies deep in the home is mounted elsewhere and linked to', () => {
  const targets = [
    '/usr',
    `${HOME}/.nvm`,
    `${HOME}/.cargo/bin`,
    `${HOME}/.local/share/claude`,
    `${HOME}-2/a/b`,
    '/home',
  ];
  const { mounts, links } = linkIntoHome(targets.map(at), HOME, '/workspace');
  expect(mounts).toEqual(
    [
      ...['/usr', `${HOME}/.nvm`, '/tmp/awf-home/.cargo/bin', '/tmp/awf-home/.local/share/claude'],
      ...[`${HOME}-2/a/b`, '/home'],
    ].map(at),
  );
  expect(links).toEqual({
    '.cargo/bin': '/tmp/awf-home/.cargo/bin',
    '.local/share/claude': '/tmp/awf-home/.local/share/claude',
  });
  expect(mounts.map(({ target }) => seenAt(target, HOME))).toEqual(targets);
});

test.each([
  ['a hosted runner', 'work/r/r', ['work/_temp/results', 'work/_tool', 'work/r/other'], ['works/x', 'a/b']],
  [
    'a runner of one’s own',
    'actions-runner/_work/r/r',
    ['actions-runner/_work/_tool', 'actions-runner/x'],
    ['.cargo/bin'],
  ],
  ['a project in the home', 'project', [], ['.cargo/bin', 'work/x']],
])('beside the workspace of %s, mounts stay: no link could be made there', (_, workspace, stay, move) => {
  const inHome = (path: string): string => `${HOME}/${path}`;
  const targets = [...stay, ...move].map(inHome);
  const { mounts, links } = linkIntoHome(targets.map(at), HOME, inHome(workspace));
  expect(mounts.map(({ target }) => target)).toEqual([
    ...stay.map(inHome),
    ...move.map((path) => `/tmp/awf-home/${path}`),
  ]);
  expect(Object.keys(links)).toEqual(move);
});

function homeWith(...files: readonly string[]): string {
  const home = temporaryDirectory();
  for (const file of files) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), '');
  }
  return home;
}

function toolsOf(home: string) {
  const mounts = hostToolchain(home, {});
  return linkIntoHome(mounts, home, '/workspace', openDirectories(mounts, home));
}

describe('tools in the home', () => {
  test('no mount is deep in the home, because the engine would create the directories above as root', () => {
    const home = homeWith('.cargo/bin/cargo', '.local/share/claude/versions/2', 'go/bin/tool', '.nvm/nvm.sh');
    const targets = toolsOf(home).mounts.map(({ target }) => target);
    expect(targets.filter((target) => target.startsWith(home))).toEqual([join(home, '.nvm')]);
    expect(targets).toEqual(expect.arrayContaining(['.cargo/bin', 'go/bin'].map((path) => `/tmp/awf-home/${path}`)));
  });

  test('each entry is linked, including a single mounted file', () => {
    const home = homeWith(
      '.cargo/bin/cargo',
      '.cargo/bin/rustc',
      '.rustup/settings.toml',
      '.rustup/toolchains/a/bin/x',
    );
    expect(toolsOf(home).links).toEqual({
      '.cargo/bin/cargo': '/tmp/awf-home/.cargo/bin/cargo',
      '.cargo/bin/rustc': '/tmp/awf-home/.cargo/bin/rustc',
      '.rustup/settings.toml': '/tmp/awf-home/.rustup/settings.toml',
      '.rustup/toolchains/a': '/tmp/awf-home/.rustup/toolchains/a',
    });
  });

  test('a directory that is a link', () => {
    const home = homeWith('real/tool');
    mkdirSync(join(home, 'go'));
    symlinkSync('../real', join(home, 'go/bin'));
    expect(toolsOf(home).links).toEqual({ 'go/bin/tool': '/tmp/awf-home/go/bin/tool' });
    expect(toolsOf(home).mounts).toContainEqual({
      kind: 'bind',
      source: join(home, 'real'),
      target: '/tmp/awf-home/go/bin',
      writable: false,
    });
  });

  test('each version of Python has its own packages, and more can be added', () => {
    const home = homeWith(
      ...['.local/lib/python3.11/site-packages/a.py', '.local/lib/python3.12/site-packages/b.py'],
      ...['.local/lib/node_modules/tool/x.js', '.pyenv/shims/pip', '.pyenv/versions/3.11.7/bin/python'],
    );
    expect(Object.keys(toolsOf(home).links).toSorted()).toEqual([
      '.local/lib/node_modules/tool',
      '.local/lib/python3.11/site-packages/a.py',
      '.local/lib/python3.12/site-packages/b.py',
      '.pyenv/shims/pip',
      '.pyenv/versions/3.11.7',
    ]);
  });

  test('a directory that cannot be read has none', () => {
    const mount = { kind: 'bind', source: '/does/not/exist', target: '/home/x/go/bin', writable: false } as const;
    expect(linkIntoHome([mount], '/home/x', '/workspace', openDirectories([mount], '/home/x')).links).toEqual({});
  });
});

test.each([
  ['in the home', `${HOME}/runner/_work/r/r`, '/data/work/r/r', [], { 'runner/_work/r/r': '/data/work/r/r' }],
  ['beside mounts elsewhere', `${HOME}/runner/r`, `${HOME}/disk/r`, [`${HOME}/.nvm`], { 'runner/r': `${HOME}/disk/r` }],
  ['outside the home', '/runner/_work/r/r', '/data/work/r/r', [], {}],
  ['below a mount', `${HOME}/cache/r`, '/data/r', [`${HOME}/cache`], {}],
  ['under another name', `${HOME}/runner/link`, '/data/r', [], {}],
  ['beside the workspace', `${HOME}/work/x/r`, `${HOME}/work/r`, [], {}],
])('a link to the workspace: %s', (_, named, workspace, targets, links) => {
  expect(workspaceLink(named, HOME, workspace, targets.map(at))).toEqual(links);
});
