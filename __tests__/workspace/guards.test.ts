import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
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

const REPOSITORY = { '.git/HEAD': 'ref: refs/heads/main\n', '.git/objects/': '', '.git/refs/': '', '.git/config': '' };

async function plan(workspace: string, secrets = NO_SECRETS) {
  const { readOnly, pinned, copies, elsewhere } = gitGuards(await survey([workspace]), [workspace], undefined, secrets);
  const shown = (paths: Iterable<string>): string[] => [...paths].map((path) => relative(workspace, path)).sort();
  return {
    readOnly: shown(readOnly),
    pinned: shown(pinned),
    copies: shown(copies.keys()),
    hooks: shown(elsewhere.hookDirectories),
    absent: shown(elsewhere.absent),
  };
}

describe('gitGuards', () => {
  test('a workspace without a repository needs none', async () => {
    expect(await plan(workspaceWith({ 'a/b': '' }))).toEqual({
      readOnly: [],
      pinned: [],
      copies: [],
      hooks: [],
      absent: [],
    });
  });

  test('a repository: its configuration, its hooks and what redirects them, as far as they exist', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.git/hooks/pre-commit': '',
      '.git/config.worktree': '',
      '.git/info/attributes': '',
      '.git/objects/info/alternates': '',
      '.git/worktrees/wt/HEAD': '',
      '.git/worktrees/wt/commondir': '../..\n',
      '.git/worktrees/wt/gitdir': '',
      '.git/modules/m/HEAD': '',
      '.git/modules/m/objects/': '',
      '.git/modules/m/refs/': '',
      '.git/modules/m/config': '',
      'm/.git': 'gitdir: ../.git/modules/m\n',
    });
    expect(await plan(workspace)).toMatchObject({
      readOnly: [
        '.git/hooks',
        '.git/info/attributes',
        '.git/objects/info/alternates',
        '.git/worktrees/wt/commondir',
        '.git/worktrees/wt/gitdir',
        'm/.git',
      ],
      pinned: ['.git', '.git/modules/m', '.git/worktrees/wt'],
      copies: ['.git/config', '.git/config.worktree', '.git/modules/m/config'],
    });
  });

  test('what its settings make git run or read in the workspace', async () => {
    const workspace = workspaceWith({
      ...REPOSITORY,
      '.git/config': `[core]\nhooksPath = .hooks\nfsmonitor = scripts/watch.sh\n[include]\npath = ../shared\npath = ../missing
        [alias]\nx = !node scripts/x.js --flag\ny = !./later.sh\n[filter "f"]\nclean = cat /etc/passwd\n`,
      '.hooks/pre-commit': '',
      'scripts/watch.sh': '',
      'scripts/x.js': '',
      shared: '',
    });
    expect(await plan(workspace)).toMatchObject({
      readOnly: ['.hooks', 'scripts/watch.sh', 'scripts/x.js', 'shared'],
      hooks: ['.hooks'],
      absent: ['later.sh', 'missing'],
    });
  });

  test('hooks behind a link', async () => {
    const workspace = workspaceWith({ ...REPOSITORY, 'my-hooks/pre-commit': '' });
    symlinkSync('../my-hooks', join(workspace, '.git/hooks'));
    expect(await plan(workspace)).toMatchObject({ readOnly: ['my-hooks'], hooks: ['my-hooks'] });
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
    expect(await plan(workspaceWith({ 'game/objects/': '', 'game/refs/': '', 'game/hooks/use.js': '' }))).toMatchObject(
      {
        readOnly: [],
        pinned: [],
      },
    );
  });
});

describe('guardMounts', () => {
  const mounts = (plan: { readOnly?: string[]; pinned?: string[]; copies?: [string, string][] }): string[] =>
    guardMounts(
      ['/w'],
      { readOnly: plan.readOnly ?? [], pinned: plan.pinned ?? [], copies: new Map(plan.copies) },
      () => '/work/copy',
    ).map((mount) => {
      if (mount.kind !== 'bind') throw new Error('not a bind mount');
      const source = mount.source === mount.target ? '' : `${mount.source} over `;
      return `${source}${mount.target}${mount.writable ? ' rw' : ''}`;
    });

  test('the directories above become mount points, because those cannot be renamed', () => {
    expect(mounts({ readOnly: ['/w/a/b/c'] })).toEqual(['/w/a rw', '/w/a/b rw', '/w/a/b/c']);
    expect(mounts({ readOnly: ['/w/a'] })).toEqual(['/w/a']);
  });

  test('each place is mounted once', () => {
    expect(mounts({ readOnly: ['/w/a/x', '/w/a/y', '/w/a/x'], pinned: ['/w/a'] })).toEqual([
      '/w/a rw',
      '/w/a/x',
      '/w/a/y',
    ]);
  });

  test('nothing writable lies inside something read-only', () => {
    expect(
      mounts({
        readOnly: ['/w/a', '/w/a/b/.git/hooks'],
        pinned: ['/w/a/b/.git'],
        copies: [['/w/a/b/.git/config', '']],
      }),
    ).toEqual(['/w/a', '/work/copy over /w/a/b/.git/config']);
  });

  test('a copy replaces its file', () => {
    expect(mounts({ pinned: ['/w/.git'], copies: [['/w/.git/config', '']] })).toEqual([
      '/w/.git rw',
      '/work/copy over /w/.git/config',
    ]);
  });

  test('more mounts than the engine can handle are rejected', () => {
    const readOnly = Array.from({ length: 1100 }, (_, index) => `/w/${String(index)}/.git`);
    const error = thrown(() => mounts({ readOnly }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('2200 mounts');
  });
});
