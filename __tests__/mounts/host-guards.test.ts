import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkWorkspace, hostPrograms, ownFilesInWorkspace, refuseWaysAround } from '../../src/mounts/host-guards.ts';
import { userMounts } from '../../src/mounts/user-mounts.ts';
import { UserError } from '../../src/errors.ts';
import { aConfig, temporaryDirectory, thrown } from '../../testing/builders.ts';

describe('checkWorkspace', () => {
  function check(workspace: string, home: string, workDirectory: string): void {
    checkWorkspace(aConfig({ workspace }), home, workDirectory);
  }

  test('a separate directory is fine, even below the home', () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, 'work/repository'), { recursive: true });
    expect(() => check(join(home, 'work/repository'), home, join(home, 'work/temp'))).not.toThrow();
  });

  test.each([
    ['the home', '.'],
    ['what holds the home', '..'],
    ['a link to the home', 'link'],
  ])('%s is rejected', (_, path) => {
    const home = join(temporaryDirectory(), 'home');
    mkdirSync(home);
    symlinkSync('.', join(home, 'link'));
    const error = thrown(() => check(join(home, path), home, '/does/not/exist'));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(home);
  });

  test('a directory that contains the run’s own directory is rejected', () => {
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

test('hostPrograms: toolchain, PATH, all actions of the job, the runner’s own programs', () => {
  const runner = '/home/runner/runners/2.330.0';
  const environment = { RUNNER_TOOL_CACHE: temporaryDirectory(), PATH: '/usr/bin:/home/runner/go/bin:' };
  const found = hostPrograms(
    '/home/runner/work/_actions/octo/awf/v1',
    `${runner}/externals/node24/bin/node`,
    '/home/runner',
    environment,
  );
  expect(found).toEqual(expect.arrayContaining(['/usr', environment.RUNNER_TOOL_CACHE, '/home/runner/go/bin']));
  expect(found.slice(-2)).toEqual(['/home/runner/work/_actions', `${runner}/externals`]);
  expect(hostPrograms('/srv/awf', '/usr/bin/node', '/home/runner', {}).slice(-4)).toEqual([
    ...['/srv/awf/action.yml', '/srv/awf/dist', '/srv/awf/containers', '/usr/bin/node'],
  ]);
});

test('a writable mount above a directory of PATH is refused, even if that does not exist yet', () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, 'go/pkg'), { recursive: true });
  const environment = { PATH: `/usr/bin:${home}/go/bin` };
  const programs = hostPrograms('/srv/awf', '/usr/bin/node', home, environment);
  const places = { home, workDirectory: '/nonexistent', engine: { dataRoot: undefined, socket: undefined } };
  const mount = (name: string) => () => {
    const source = join(home, name);
    return userMounts([{ source, target: source, writable: true, origin: 'mounts' }], {
      ...places,
      environment,
      programs,
    });
  };
  expect(mount('go')).toThrow(
    `it contains ${home}/go/bin, which holds programs that run outside the sandbox; omit :rw`,
  );
  expect(mount('go/pkg')()).toHaveLength(1);
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
    return () =>
      refuseWaysAround([{ source: at(source), target: at(target), writable: true, origin: 'mounts, line 1' }], guards);
  }

  test.each([
    ['what holds the workspace, elsewhere', '..', '/elsewhere'],
    ['the workspace, elsewhere', '.', '/elsewhere'],
    ['the repository, elsewhere', '.git', '/elsewhere'],
    ['the configuration, elsewhere', '.git/config', '/elsewhere'],
    ['something over the configuration', 'data', '.git/config'],
    ['something over the repository', 'data', '.git'],
    ['something in the repository', 'data', '.git/hooks'],
  ])('%s is rejected', (_, source, target) => {
    expect(refuse(source, target)).toThrow('is guarded');
  });

  test.each([
    ['a part of the workspace without guards', 'data', '/elsewhere'],
    ['what holds the workspace, at its own place', '..', '..'],
  ])('%s may be mounted', (_, source, target) => {
    expect(refuse(source, target)).not.toThrow();
  });
});
