import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkWorkspace, ownFilesInWorkspace, refuseWaysAround, userMounts } from '../../src/agent/mounts.ts';
import { UserError } from '../../src/errors.ts';
import { aConfig, temporaryDirectory, thrown } from '../support/builders.ts';

const mount = (source: string, workDirectory = '/does/not/exist/work') =>
  userMounts([{ source, target: '/target', writable: true }], workDirectory);

describe('userMounts', () => {
  test('directories and files are mounted as asked', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect(
      userMounts(
        [
          { source: directory, target: '/a', writable: false },
          { source: join(directory, 'file'), target: '/b', writable: true },
        ],
        '/does/not/exist/work',
      ),
    ).toEqual([
      { kind: 'bind', source: directory, target: '/a', writable: false },
      { kind: 'bind', source: join(directory, 'file'), target: '/b', writable: true },
    ]);
  });

  test.each(['/', '/proc', '/proc/1', '/proc/self/environ', '/sys', '/dev', '/dev/null', '/run', '/var', '/var/run'])(
    'refuses %s',
    (source) => {
      const error = thrown(() => mount(source));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(`mounts: ${source} cannot be mounted`);
    },
  );

  test('refuses a link, or a way round, to one of them', () => {
    const directory = temporaryDirectory();
    symlinkSync('/proc', join(directory, 'link'));
    expect(() => mount(join(directory, 'link'))).toThrow("it shows the host's processes");
    expect(() => mount(`${directory}/../../../../../../proc`)).toThrow("it shows the host's processes");
  });

  test('refuses what is missing', () => {
    expect(() => mount('/does/not/exist')).toThrow('it does not exist');
  });

  test('refuses a socket', async () => {
    const path = join(temporaryDirectory(), 'engine.sock');
    const server = createServer();
    await new Promise<void>((listening) => server.listen(path, listening));
    try {
      expect(() => mount(path)).toThrow('neither a directory nor a file');
    } finally {
      server.close();
    }
  });

  test('refuses the run’s own directory, what is in it, and what holds it', () => {
    const parent = temporaryDirectory();
    const work = join(parent, 'work');
    mkdirSync(join(work, 'agent'), { recursive: true });
    mkdirSync(join(parent, 'work-2'));
    for (const source of [work, join(work, 'agent'), parent])
      expect(() => mount(source, work)).toThrow("the run's own");
    expect(mount(join(parent, 'work-2'), work)).toHaveLength(1);
  });
});

describe('checkWorkspace', () => {
  function check(workspace: string, home: string, workDirectory: string): void {
    checkWorkspace(aConfig({ workspace }), home, workDirectory);
  }

  test('a directory of its own is fine, below the home too', () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, 'work/repository'), { recursive: true });
    expect(() => check(join(home, 'work/repository'), home, join(home, 'work/temp'))).not.toThrow();
  });

  test.each([
    ['the home', '.'],
    ['what holds the home', '..'],
    ['a link to the home', 'link'],
  ])('%s is refused', (_, path) => {
    const home = join(temporaryDirectory(), 'home');
    mkdirSync(home);
    symlinkSync('.', join(home, 'link'));
    const error = thrown(() => check(join(home, path), home, '/does/not/exist'));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(home);
  });

  test('what holds the run’s own directory is refused', () => {
    const workspace = temporaryDirectory();
    expect(() => check(workspace, '/does/not/exist', join(workspace, 'awf-1'))).toThrow('temporary directory');
  });
});

describe('ownFilesInWorkspace', () => {
  function action(root: string): void {
    for (const folder of ['dist', 'containers', 'src']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'action.yml'), '');
  }

  test('an action elsewhere needs no guard', () => {
    const root = temporaryDirectory();
    action(root);
    expect(ownFilesInWorkspace(root, temporaryDirectory())).toEqual([]);
    expect(ownFilesInWorkspace(root, `${root}-2`)).toEqual([]);
  });

  test.each(['.', 'actions/awf', 'link'])('an action in the workspace is guarded at its own path: %s', (path) => {
    const workspace = temporaryDirectory();
    const real = join(workspace, path === 'link' ? 'real' : path);
    action(real);
    symlinkSync('real', join(workspace, 'link'));
    expect(ownFilesInWorkspace(join(workspace, path), workspace).toSorted()).toEqual(
      ['action.yml', 'containers', 'dist'].map((name) => join(real, name)),
    );
  });

  test('what the action does not have is left out', () => {
    const workspace = temporaryDirectory();
    mkdirSync(join(workspace, 'dist'));
    expect(ownFilesInWorkspace(workspace, workspace)).toEqual([join(workspace, 'dist')]);
  });
});

describe('refuseWaysAround', () => {
  /** A target that starts with a slash is outside the workspace. */
  function refuse(source: string, target: string): () => void {
    const workspace = temporaryDirectory();
    for (const name of ['.git', 'data']) mkdirSync(join(workspace, name));
    writeFileSync(join(workspace, '.git/config'), '');
    const at = (path: string): string => (path.startsWith('/') ? path : join(workspace, path));
    const guards = [
      { kind: 'bind', source: at('.git'), target: at('.git'), writable: true },
      { kind: 'bind', source: '/work/config', target: at('.git/config'), writable: false },
    ] as const;
    return () => refuseWaysAround([{ source: at(source), target: at(target), writable: true }], guards);
  }

  test.each([
    ['what holds the workspace, elsewhere', '..', '/elsewhere'],
    ['the workspace, elsewhere', '.', '/elsewhere'],
    ['the repository, elsewhere', '.git', '/elsewhere'],
    ['the configuration, elsewhere', '.git/config', '/elsewhere'],
    ['something over the configuration', 'data', '.git/config'],
    ['something over the repository', 'data', '.git'],
    ['something in the repository', 'data', '.git/hooks'],
  ])('%s is refused', (_, source, target) => {
    expect(refuse(source, target)).toThrow('is guarded');
  });

  test.each([
    ['a part of the workspace without guards', 'data', '/elsewhere'],
    ['what holds the workspace, at its own place', '..', '..'],
  ])('%s may be mounted', (_, source, target) => {
    expect(refuse(source, target)).not.toThrow();
  });
});
