import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownRepository, surroundingRepository } from '../../../src/workspace/git/own-repository.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, HAS_GIT } from '../../../testing/git.ts';

describe('surroundingRepository', () => {
  const directory = (...names: readonly string[]): string => {
    const path = join(temporaryDirectory(), ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };

  test('none', () => {
    expect(surroundingRepository(directory('sub'))).toBeUndefined();
    expect(surroundingRepository('/')).toBeUndefined();
  });

  test('a repository, and a linked worktree', () => {
    const workspace = directory('packages', 'web');
    const top = join(workspace, '../..');
    mkdirSync(join(top, '.git'));
    expect(surroundingRepository(workspace)).toBeUndefined(); // a directory of that name is no repository yet
    writeFileSync(join(top, '.git/HEAD'), 'ref: refs/heads/main\n');
    expect(surroundingRepository(workspace)).toBe(top);
    writeFileSync(join(workspace, '../.git'), 'gitdir: /elsewhere\n');
    expect(surroundingRepository(workspace)).toBe(join(top, 'packages'));
  });

  test('not the workspace itself', () => {
    const workspace = directory('sub');
    mkdirSync(join(workspace, '.git'));
    writeFileSync(join(workspace, '.git/HEAD'), 'ref: refs/heads/main\n');
    expect(surroundingRepository(workspace)).toBeUndefined();
  });
});

describe('ownRepository', () => {
  test('no .git, and a directory', () => {
    const workspace = temporaryDirectory();
    expect(ownRepository(workspace)).toEqual({ dotGit: undefined, outside: undefined, warning: undefined });
    mkdirSync(join(workspace, '.git'));
    expect(ownRepository(workspace)).toMatchObject({ outside: undefined, warning: undefined });
  });

  test('a link is not followed', () => {
    const workspace = temporaryDirectory();
    symlinkSync(temporaryDirectory(), join(workspace, '.git'));
    expect(ownRepository(workspace).outside).toBeUndefined();
    expect(ownRepository(workspace).warning).toContain('symbolic link');
  });

  test('a file that leads to a directory that does not lead back is not trusted: an earlier command may have written it', () => {
    const [workspace, other, elsewhere] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    const target = join(other, '.git/worktrees/x');
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'commondir'), '../..\n');
    writeFileSync(join(target, 'gitdir'), `${elsewhere}/.git\n`);
    writeFileSync(join(target, 'config'), `[core]\nworktree = ${elsewhere}\n`);
    writeFileSync(join(workspace, '.git'), `gitdir: ${target}\n`);
    writeFileSync(join(elsewhere, '.git'), `gitdir: ${target}\n`);
    expect(ownRepository(workspace).outside).toBeUndefined();
    expect(ownRepository(workspace).warning).toContain('AWF does not mount');
    expect(ownRepository(elsewhere).outside).toEqual({ directory: join(other, '.git'), gitDirectory: target });
    // The common directory must be the one that contains the worktree.
    writeFileSync(join(target, 'commondir'), '../../..\n');
    rmSync(join(target, 'config'));
    expect(ownRepository(elsewhere).outside).toBeUndefined();
  });

  test('a submodule’s repository says where its worktree is', () => {
    const top = temporaryDirectory();
    const workspace = join(top, 'sub');
    mkdirSync(workspace);
    mkdirSync(join(top, '.git/modules/sub'), { recursive: true });
    writeFileSync(join(workspace, '.git'), 'gitdir: ../.git/modules/sub\n');
    writeFileSync(
      join(top, '.git/modules/sub/config'),
      '[core]\n\tworktree = ../../../other\n\tworktree = ../../../sub\n',
    );
    const directory = join(top, '.git/modules/sub');
    expect(ownRepository(workspace).outside).toEqual({ directory, gitDirectory: directory });
    writeFileSync(join(directory, 'config'), '[core]\n\tworktree = ../../../other\n');
    expect(ownRepository(workspace).outside).toBeUndefined();
  });

  test.skipIf(!HAS_GIT).each(['wt', 'wörter'])('a linked worktree as git makes it, in %s', (name) => {
    const repository = join(temporaryDirectory(), `${name} main`);
    const workspace = join(temporaryDirectory(), name);
    mkdirSync(repository);
    git(repository, 'init', '-q');
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'x');
    git(repository, 'worktree', 'add', '-q', '-b', 'side', workspace);
    const directory = join(repository, '.git');
    expect(ownRepository(workspace).outside).toEqual({
      directory,
      gitDirectory: join(directory, `worktrees/${basename(workspace)}`),
    });
  });
});
