import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { survey } from '../../src/workspace/survey.ts';
import { guardWorkspace, inspectWorkspace, readBaseline, type Aftermath } from '../../src/workspace/workspace.ts';
import { aftermathMarkdown, aftermathWarnings } from '../../src/report/aftermath.ts';
import { aConfig, NO_SECRETS, temporaryDirectory } from '../../testing/builders.ts';

function write(workspace: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, `${name}x`)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(workspace, name), content);
  }
}

const repository = (at: string): Record<string, string> => ({
  [`${at}/HEAD`]: 'ref: refs/heads/main\n',
  [`${at}/objects/`]: '',
  [`${at}/refs/heads/`]: '',
  [`${at}/config`]: '[core]\n\tbare = false\n',
});
const EVIL = '[core]\n\tfsmonitor = ./evil\n[user]\n\tname = A\n';

/** What an inspection finds after `change` to a workspace with a repository. */
async function after(
  change: (workspace: string) => void,
  before: (workspace: string) => void = () => undefined,
): Promise<{ workspace: string; found: Aftermath }> {
  const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
  write(workspace, { ...repository('.git'), file: '' });
  before(workspace);
  await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], work, Infinity);
  change(workspace);
  const found = await inspectWorkspace(readBaseline(work)!, Infinity);
  return { workspace, found };
}

const paths = ({ disarmed }: Aftermath): string[] => disarmed.map(({ path }) => path);

describe('inspectWorkspace', () => {
  test('ordinary work is ignored', async () => {
    const { found } = await after((workspace) => {
      write(workspace, {
        ...repository('clone/.git'),
        'clone/.git/hooks/pre-commit.sample': '',
        '.git/objects/ab/cd': 'x',
        '.git/refs/heads/topic': 'x',
        '.git/worktrees/w/HEAD': 'x',
        '.git/worktrees/w/commondir': '../..\n',
        '.git/rebase-merge/git-rebase-todo': 'pick 1 x\n# exec\nsquash 2 y\n',
        'w/.git': `gitdir: ${workspace}/.git/worktrees/w\n`,
        'objects/a': '',
        'hooks/use.js': '',
      });
      symlinkSync('/etc', join(workspace, 'etc'));
    });
    expect(found).toEqual({ disarmed: [], newRepository: false, changes: [], unread: [], left: 0 });
    expect(aftermathWarnings(found)).toEqual([]);
    expect(aftermathMarkdown(found)).toEqual([]);
  });

  test('what was dangerous before and is unchanged stays', async () => {
    const { found } = await after(
      () => undefined,
      (workspace) => write(workspace, { ...repository('n/.git'), 'n/.git/config': EVIL, 'n/.git/hooks/pre-push': '' }),
    );
    expect(found.disarmed).toEqual([]);
  });

  test('a configuration is replaced with a newly composed one', async () => {
    const { workspace, found } = await after((w) => write(w, { ...repository('n/.git'), 'n/.git/config': EVIL }));
    expect(found.disarmed).toMatchObject([{ path: 'n/.git/config', what: ['the setting core.fsmonitor'] }]);
    expect(readFileSync(join(workspace, 'n/.git/config'), 'utf8')).toBe('[user]\n\tname = "A"\n');
    expect(readFileSync(join(workspace, found.disarmed[0]!.movedTo!), 'utf8')).toBe(EVIL);
  });

  test.each<[string, (workspace: string) => void, string]>([
    ['a configuration that git would read otherwise', (w) => write(w, { 'n/.git/config': '[core' }), 'n/.git/config'],
    [
      'a configuration too large to be read',
      (w) => write(w, { 'n/.git/config': `#${'x'.repeat(2 ** 20)}\n${EVIL}` }),
      'n/.git/config',
    ],
    [
      '.git without a HEAD, for a later git init',
      (w) => write(w, { 'n/.git/hooks/post-checkout': '' }),
      'n/.git/hooks/post-checkout',
    ],
    [
      'objects from elsewhere',
      (w) => write(w, { '.git/objects/info/alternates': '/x' }),
      '.git/objects/info/alternates',
    ],
    ['a link among the refs', (w) => symlinkSync('/etc/passwd', join(w, '.git/refs/heads/x')), '.git/refs/heads/x'],
    ['a worktree of a repository elsewhere', (w) => write(w, { 'a/.git': 'gitdir: /etc/x\n' }), 'a/.git'],
    [
      'steps that run',
      (w) => write(w, { '.git/rebase-merge/git-rebase-todo': 'pick 1\nx evil\n' }),
      '.git/rebase-merge/git-rebase-todo',
    ],
    ['a bare repository loses its refs', (w) => write(w, { ...repository('b'), 'b/config': EVIL }), 'b/refs'],
    [
      'a common directory that is not where worktrees are',
      (w) => write(w, { 'c/HEAD': '', 'c/commondir': '../x' }),
      'c/commondir',
    ],
  ])('%s', async (_, change, path) => {
    const { workspace, found } = await after(change);
    expect(paths(found)).toEqual([path]);
    expect(found.disarmed[0]?.movedTo).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}\\.awf-[0-9a-f]{12}$`));
    expect(existsSync(join(workspace, found.disarmed[0]!.movedTo!)) || path.endsWith('/x')).toBe(true);
  });

  test('does not wait for a pipe in place of a configuration', async () => {
    const { found } = await after((workspace) => {
      mkdirSync(join(workspace, 'n/.git'), { recursive: true });
      spawnSync('mkfifo', [join(workspace, 'n/.git/config')]);
    });
    expect(found.disarmed).toMatchObject([{ path: 'n/.git/config', what: ['neither a file nor a directory'] }]);
  });

  test('a user’s own files stay if the command makes the directory around them a repository', async () => {
    const { workspace, found } = await after(
      (w) => write(w, { 'app/HEAD': '', 'app/objects/': '', 'app/refs/': '', 'app/config': EVIL }),
      (w) => write(w, { 'app/hooks/use.js': 'mine' }),
    );
    expect(paths(found)).toEqual(['app/refs']);
    expect(readdirSync(join(workspace, 'app')).filter((name) => !name.startsWith('refs'))).toEqual([
      'HEAD',
      'config',
      'hooks',
      'objects',
    ]);
    expect(readFileSync(join(workspace, 'app/hooks/use.js'), 'utf8')).toBe('mine');
  });

  test('a new repository in the workspace is reported', async () => {
    const { found } = await after(
      (w) => write(w, repository('.git')),
      (w) => rmSync(join(w, '.git'), { recursive: true }),
    );
    expect(found).toMatchObject({ newRepository: true, disarmed: [] });
    expect(aftermathWarnings(found).join()).toContain('there was no .git before');
  });

  test('.git as a link is restored', async () => {
    const { workspace, found } = await after(
      (w) => {
        rmSync(join(w, '.git'));
        write(w, { ...repository('.git'), '.git/config': EVIL });
      },
      (w) => {
        rmSync(join(w, '.git'), { recursive: true });
        symlinkSync('real', join(w, '.git'));
      },
    );
    expect(readlinkSync(join(workspace, '.git'))).toBe('real');
    expect(found.disarmed.map(({ what }) => what)).toContainEqual(['a replacement for a symbolic link']);
  });

  test('paths that are too long to open are reported, and so is a search that ends early', async () => {
    const { workspace, found } = await after((w) => {
      const part = 'd'.repeat(250);
      spawnSync('bash', ['-c', `for i in $(seq 20); do mkdir ${part}; cd -P ${part}; done`], { cwd: w });
    });
    expect(found.unread).toHaveLength(1);
    expect(aftermathWarnings(found).join()).toContain('could not be searched everywhere');
    spawnSync('rm', ['-rf', join(workspace, 'd'.repeat(250))]);
    expect((await survey([workspace], { limitMs: -1 })).left).toBeGreaterThan(0);
    expect(aftermathWarnings({ ...found, unread: [], left: 3 }).join()).toContain('at least 3 directories');
    expect(aftermathMarkdown({ ...found, unread: [], left: 3 }).join()).toContain('At least 3 directories');
  });

  test('read permission is restored if the command has removed it', async () => {
    const { workspace, found } = await after((w) => {
      write(w, { ...repository('locked/n/.git'), 'locked/n/.git/config': EVIL });
      chmodSync(join(w, 'locked/n/.git'), 0o111);
      chmodSync(join(w, 'locked'), 0o311);
    });
    expect(paths(found)).toEqual(['locked/n/.git/config']);
    expect(found.disarmed[0]?.movedTo).toBeDefined();
    chmodSync(join(workspace, 'locked'), 0o755);
  });

  test('the baseline contains no contents of files', async () => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, {
      ...repository('.git'),
      '.git/config': '[http]\n\textraheader = secret-value\n',
      '.mcp.json': 'secret-value',
    });
    await guardWorkspace(
      aConfig({ workspace, protectPaths: [{ path: '.mcp.json', mode: 'report' }] }),
      NO_SECRETS,
      [],
      work,
      Infinity,
    );
    for (const name of readdirSync(work)) expect(readFileSync(join(work, name), 'utf8')).not.toContain('secret-value');
    expect(readdirSync(work)).toHaveLength(2);
  });
});
