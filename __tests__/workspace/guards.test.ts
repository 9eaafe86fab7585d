import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { parseGitConfig } from '../../src/workspace/git/config.ts';
import { linksInHooks, namedBy, placesOf, worktreesAt, type NamedPath } from '../../src/workspace/elsewhere.ts';
import { protectionOf } from '../../src/workspace/guarded.ts';
import { gitGuards, guardMounts } from '../../src/workspace/guards.ts';
import { survey } from '../../src/workspace/survey.ts';
import { given, NO_SECRETS, SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';

/** A new workspace with these files. A path that ends in a slash makes a directory. */
function workspaceWith(files: Readonly<Record<string, string>>): string {
  const workspace = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, `${name}x`)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(workspace, name), content);
  }
  return workspace;
}

const REPOSITORY = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.git/objects/': '',
  '.git/refs/': '',
  '.git/config': '',
};

const OWNER = { uid: process.getuid!(), gid: process.getgid!() };

async function plan(workspace: string, secrets = NO_SECRETS, ofUser: readonly NamedPath[] = []) {
  const own = temporaryDirectory();
  const found = await survey(workspace);
  const guards = gitGuards(found.findings, workspace, undefined, secrets, {
    directory: join(own, 'git'),
    owner: OWNER,
    home: dirname(workspace),
  });
  const worktrees = worktreesAt(found.findings);
  const places = [...guards.named, ...ofUser].flatMap((one) => placesOf(one, worktrees));
  const { readOnly, absent } = protectionOf(places, workspace, [...found.links, ...linksInHooks(places, workspace)]);
  const shown = (paths: Iterable<string>): string[] =>
    [...new Set(paths)].map((path) => relative(workspace, path)).sort();
  return {
    readOnly: shown([...guards.gitFiles, ...readOnly]),
    mounts: guards.mounts
      .flatMap((mount) => (mount.kind === 'bind' ? [mount] : []))
      .map(({ source, target, writable }) => {
        const isOwn = source.startsWith(own);
        return `${relative(workspace, target)}${isOwn ? ' own' : ''}${writable ? ' rw' : ''}`;
      }),
    absent: shown(absent.map(({ path }) => path)),
  };
}

describe('gitGuards', () => {
  test('a workspace without a repository needs none', async () => {
    expect(await plan(workspaceWith({ 'a/b': '' }))).toEqual({ readOnly: [], mounts: [], absent: [] });
  });

  test('a repository gets a directory of the run’s own, with the host’s objects, and hooks and the unknown read-only', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.git/hooks/pre-commit': '',
      '.git/lfs/objects/': '',
      '.git/annex/': '',
      '.git/unknown': '',
      '.git/modules/m/HEAD': '',
      '.git/modules/m/objects/': '',
      '.git/modules/m/refs/': '',
      'm/.git': 'gitdir: ../.git/modules/m\n',
    });
    expect(await plan(workspace)).toEqual({
      readOnly: ['.git/hooks', 'm/.git'],
      mounts: [
        '.git own rw',
        '.git/annex',
        '.git/hooks',
        '.git/modules/m/objects rw',
        '.git/modules/m/objects/info own rw',
        '.git/unknown',
        '.git/objects rw',
        '.git/objects/info own rw',
        '.git/lfs/objects rw',
      ],
      absent: [],
    });
  });

  const DARING = `[core]\nhooksPath = .hooks\nfsmonitor = scripts/watch.sh\n[include]\npath = ../shared\npath = ../missing
        [alias]\nx = !node scripts/x.js --flag\ny = !./later.sh\n[filter "f"]\nclean = cat /etc/passwd\n`;
  const DARING_FILES = { '.hooks/pre-commit': '', 'scripts/watch.sh': '', 'scripts/x.js': '', shared: '' };
  const FOUND = {
    readOnly: ['.hooks', 'scripts/watch.sh', 'scripts/x.js', 'shared'],
    absent: ['later.sh', 'missing'],
  };

  test('what its settings make git run or read in the workspace is read-only', async () => {
    expect(await plan(workspaceWith({ ...REPOSITORY, '.git/config': DARING, ...DARING_FILES }))).toMatchObject(FOUND);
  });

  test('E17 the settings of the user count like those of the repository', async () => {
    const workspace = workspaceWith({ ...REPOSITORY, ...DARING_FILES });
    const named = namedBy(parseGitConfig(DARING), join(workspace, '.git'), '/home/a');
    expect(await plan(workspace, NO_SECRETS, named)).toMatchObject(FOUND);
  });

  const WORKTREES = {
    ...REPOSITORY,
    '.git/worktrees/wt/HEAD': 'ref: refs/heads/wt\n',
    'wt/.git': 'gitdir: ../.git/worktrees/wt\n',
    'wt/.hooks/pre-commit': '',
    '.git/modules/m/HEAD': 'ref: refs/heads/main\n',
    'm/.git': 'gitdir: ../.git/modules/m\n',
    'm/.hooks/pre-commit': '',
    ...Object.fromEntries(Object.entries(REPOSITORY).map(([name, content]) => [`nested/${name}`, content])),
    'nested/.hooks/pre-commit': '',
  };
  const HOOKS = '[core]\nhooksPath = .hooks\n';

  test('E17 relative paths in the settings of the user lead into each repository and worktree', async () => {
    const workspace = workspaceWith(WORKTREES);
    const { readOnly, absent } = await plan(workspace, NO_SECRETS, namedBy(parseGitConfig(HOOKS), '/home', '/home/a'));
    expect(readOnly).toEqual(['m/.git', 'm/.hooks', 'nested/.hooks', 'wt/.git', 'wt/.hooks']);
    expect(absent).toEqual(['.hooks']);
  });

  test('E17 those of a repository lead into its worktrees, those of a submodule into its own', async () => {
    const own = await plan(workspaceWith({ ...WORKTREES, '.git/config': HOOKS }));
    expect(own).toMatchObject({ absent: ['.hooks'], readOnly: ['m/.git', 'wt/.git', 'wt/.hooks'] });
    const ofModule = await plan(workspaceWith({ ...WORKTREES, '.git/modules/m/config': HOOKS }));
    expect(ofModule.readOnly).toEqual(['m/.git', 'm/.hooks', 'wt/.git']);
  });

  test('E17 a setting may name the home, as git and shells do', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.hooks/x': '',
      'a.sh': '',
      'b.sh': '',
      'c.sh': '',
      included: '',
    });
    const [home, name] = [dirname(workspace), basename(workspace)];
    const settings = `[core]\nhooksPath = ~/${name}/.hooks\nfsmonitor = bash $HOME/${name}/a.sh\n
pager = "x \${HOME}/${name}/b.sh | ~${basename(home)}/${name}/c.sh"\n[include]\npath = ~/${name}/included\n`;
    writeFileSync(join(workspace, '.git/config'), settings);
    expect(await plan(workspace)).toMatchObject({
      readOnly: ['.hooks', 'a.sh', 'b.sh', 'c.sh', 'included'],
    });
  });

  test('E17 the directory from which new repositories get their hooks is read-only', async () => {
    const workspace = workspaceWith({ ...REPOSITORY, 'templates/hooks/post-checkout': '' });
    const entries = parseGitConfig(`[init]\ntemplateDir = ${workspace}/templates\n`);
    const { readOnly } = await plan(workspace, NO_SECRETS, namedBy(entries, '/home', '/home/a'));
    expect(readOnly).toEqual(['templates']);
  });

  test('hooks behind a link', async () => {
    const workspace = workspaceWith({ ...REPOSITORY, 'my-hooks/pre-commit': '' });
    symlinkSync('../my-hooks', join(workspace, '.git/hooks'));
    expect(await plan(workspace)).toMatchObject({ readOnly: ['my-hooks'] });
  });

  test('what hooks that are links lead to is read-only', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.git/config': '[core]\nhooksPath = .hooks\n',
      '.git/hooks/pre-commit.d/': '',
      '.git/modules/m/HEAD': '',
      '.git/modules/m/hooks/': '',
      '.hooks/': '',
      'scripts/a': '',
      'scripts/b': '',
      'scripts/c': '',
    });
    symlinkSync('../../scripts/a', join(workspace, '.git/hooks/pre-commit'));
    symlinkSync('../../../../scripts/missing', join(workspace, '.git/modules/m/hooks/pre-push'));
    symlinkSync('../../../scripts/c', join(workspace, '.git/hooks/pre-commit.d/c'));
    symlinkSync('../scripts/b', join(workspace, '.hooks/pre-commit'));
    symlinkSync('/bin/true', join(workspace, '.hooks/pre-push'));
    expect(await plan(workspace)).toMatchObject({
      readOnly: ['.git/hooks', '.git/modules/m/hooks', '.hooks', 'scripts/a', 'scripts/b', 'scripts/c'],
      absent: ['scripts/missing'],
    });
  });

  test('a directory of hooks with more in it than anybody needs is refused', async () => {
    const workspace = workspaceWith({ ...REPOSITORY, '.git/config': '[core]\nhooksPath = /usr\n' });
    const error = await plan(workspace).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain('from which git takes hooks, has more than 10000 files in it');
  });

  test('hooks behind a link that leads to nothing yet', async () => {
    const workspace = workspaceWith(REPOSITORY);
    symlinkSync('../my-hooks', join(workspace, '.git/hooks'));
    expect(await plan(workspace)).toMatchObject({ readOnly: [], absent: ['my-hooks'] });
  });

  test('a configuration behind a link is rejected', async () => {
    const workspace = workspaceWith({ '.git/HEAD': '', '.git/objects/': '', config: '' });
    symlinkSync('../config', join(workspace, '.git/config'));
    await expect(plan(workspace)).rejects.toThrow('.git/config is a symbolic link');
  });

  test('a credential of the run in a configuration stops the run', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.git/config': `[user]\nname = ${SENTINELS.get('OPENAI_API_KEY')!}`,
    });
    await expect(plan(workspace, given('OPENAI_API_KEY'))).rejects.toThrow(
      '.git/config contains the value of OPENAI_API_KEY',
    );
  });

  test('an unrelated directory with objects and refs is ignored', async () => {
    const game = workspaceWith({ 'game/objects/': '', 'game/refs/': '', 'game/hooks/use.js': '' });
    expect(await plan(game)).toMatchObject({ readOnly: [], mounts: [] });
  });
});

describe('guardMounts', () => {
  const mounts = (readOnly: readonly string[], own: readonly string[] = []): string[] =>
    guardMounts(
      '/w',
      readOnly,
      own.map((target) => ({ kind: 'bind', source: '/own', target, writable: true })),
    ).map((mount) => {
      if (mount.kind !== 'bind') throw new Error('not a bind mount');
      const source = mount.source === mount.target ? '' : `${mount.source} over `;
      return `${source}${mount.target}${mount.writable ? ' rw' : ''}`;
    });

  test('the directories above become mount points, because those cannot be renamed', () => {
    expect(mounts(['/w/a/b/c'])).toEqual(['/w/a rw', '/w/a/b rw', '/w/a/b/c']);
    expect(mounts(['/w/a'])).toEqual(['/w/a']);
    expect(mounts([], ['/w/a/.git', '/w/a/.git/objects'])).toEqual([
      '/w/a rw',
      '/own over /w/a/.git rw',
      '/own over /w/a/.git/objects rw',
    ]);
  });

  test('each place is mounted once', () => {
    expect(mounts(['/w/a/x', '/w/a/y', '/w/a/x'])).toEqual(['/w/a rw', '/w/a/x', '/w/a/y']);
  });

  test('nothing of the host is mounted into a git directory of the run’s own', () => {
    expect(mounts(['/w/.git/x', '/w/y'], ['/w/.git'])).toEqual(['/w/y', '/own over /w/.git rw']);
  });

  test('more mounts than the engine can handle are rejected', () => {
    const error = thrown(() => mounts(Array.from({ length: 1100 }, (_, index) => `/w/${String(index)}/.git`)));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(
      'has so many git repositories and read-only paths that guarding them takes 2200 mounts',
    );
  });
});
