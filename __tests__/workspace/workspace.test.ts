import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { offencesIn } from '../../src/workspace/git/judge.ts';
import type { Config } from '../../src/config/config.ts';
import { survey } from '../../src/workspace/survey.ts';
import { writeBaseline } from '../../src/workspace/baseline.ts';
import { inspectWorkspace, type Aftermath } from '../../src/workspace/inspect.ts';
import { guardWorkspace, type Surroundings } from '../../src/workspace/workspace.ts';
import { aftermathMarkdown, aftermathWarnings } from '../../src/report/aftermath.ts';
import { aConfig, NO_SECRETS, NOTHING_LEFT, temporaryDirectory } from '../../testing/builders.ts';

function write(workspace: string, files: Readonly<Record<string, string>>, link?: string): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, `${name}x`)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(workspace, name), content);
  }
  if (link !== undefined) symlinkSync('../x', join(workspace, link));
}

const repository = (at: string): Record<string, string> => ({
  [`${at}/HEAD`]: 'ref: refs/heads/main\n',
  [`${at}/objects/`]: '',
  [`${at}/refs/heads/`]: '',
  [`${at}/config`]: '[core]\n\tbare = false\n',
});
const EVIL = '[core]\n\tfsmonitor = ./evil\n[user]\n\tname = A\n';

const surroundings = (workDirectory: string): Surroundings => ({
  agentUser: { uid: process.getuid!(), gid: process.getgid!(), name: 'agent', home: '/nonexistent' },
  home: '/nonexistent',
  temporary: dirname(workDirectory),
  environment: {},
  workDirectory,
});

/** What an inspection finds after `change` to a workspace with a repository, whose git directory in the sandbox is `own`. */
async function after(
  change: (workspace: string, own: string) => void,
  before: (workspace: string) => void = () => undefined,
): Promise<{ workspace: string; found: Aftermath }> {
  const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
  write(workspace, { ...repository('.git'), file: '' });
  before(workspace);
  const config = aConfig({ workspace });
  const { baseline } = await guardWorkspace(config, NO_SECRETS, [], surroundings(work), Infinity);
  change(workspace, join(work, 'git/0'));
  const found = await inspectWorkspace({ ...baseline, visible: ['/usr'] }, Infinity);
  return { workspace, found };
}

const paths = ({ disarmed }: Aftermath): string[] => disarmed.map(({ path }) => path);

test('a workspace in a repository gets a warning that names the top and what to do, unless the top holds the home', async () => {
  const top = temporaryDirectory();
  write(top, { ...repository('.git'), 'packages/web/': '' });
  const config = aConfig({ workspace: join(top, 'packages/web'), frontEnd: 'cli' });
  const around = surroundings(temporaryDirectory());
  const { warnings } = await guardWorkspace(config, NO_SECRETS, [], around, Infinity);
  expect(warnings).toEqual([
    expect.stringMatching(
      /lies in the repository .* Make .* the workspace, and set --working-directory to the directory/,
    ),
  ]);
  const home = join(top, 'home');
  const inHome = await guardWorkspace(config, NO_SECRETS, [], { ...around, home }, Infinity);
  expect(inHome.warnings).toEqual([]);
});

test('E20 a program that later steps would run instead of the host’s is moved aside', async () => {
  const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
  write(workspace, { '.venv/bin/python': '', 'ci/env.sh': '' });
  const environment = { PATH: `${workspace}/.venv/bin:/usr/bin:/bin`, BASH_ENV: 'ci/env.sh' };
  const around = { ...surroundings(work), environment };
  const { baseline, mounts } = await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], around, Infinity);
  expect(mounts).toContainEqual(expect.objectContaining({ target: join(workspace, 'ci/env.sh'), writable: false }));
  write(workspace, { '.venv/bin/tool': '' });
  symlinkSync('/proc/self/exe', join(workspace, '.venv/bin/cat'));
  symlinkSync('tool', join(workspace, '.venv/bin/ls'));
  const found = await inspectWorkspace({ ...baseline, visible: ['/usr'] }, Infinity);
  expect(readdirSync(join(workspace, '.venv/bin')).map((name) => name.replace(/awf-\w+$/, 'awf-'))).toEqual([
    'cat.awf-',
    'ls.awf-',
    'python',
    'tool',
  ]);
  expect(aftermathWarnings(found).join()).toMatch(/bin\/ls \(PATH has it before \/(?:usr\/)?bin\/ls\)/);
  expect(found.disarmed.filter(({ movedTo }) => movedTo === undefined)).toEqual([]);
});

describe('a policy file that the command makes', () => {
  const FILE = '.github/awf.yml';
  const inspected = async (
    change: (workspace: string) => void,
    before: Parameters<typeof write>[1] = {},
    isPolicy = true,
  ): Promise<{ workspace: string; moved: string[]; isThere: boolean }> => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, before);
    const entry = { path: FILE, mode: 'read-only', ...(isPolicy && { isPolicy }) } as const;
    const config = aConfig({ workspace, protectPaths: [entry] });
    const { baseline } = await guardWorkspace(config, NO_SECRETS, [], surroundings(work), Infinity);
    change(workspace);
    const found = await inspectWorkspace({ ...baseline, visible: ['/usr'] }, Infinity);
    return { workspace, moved: paths(found), isThere: existsSync(join(workspace, FILE)) };
  };

  test('is moved aside, because the next run would follow it', async () => {
    const { workspace, moved, isThere } = await inspected((at) => write(at, { [FILE]: 'version: 1' }));
    expect({ moved, isThere }).toEqual({ moved: [FILE], isThere: false });
    expect(readdirSync(join(workspace, '.github'))).toEqual([expect.stringMatching(/^awf\.yml\.awf-/)]);
  });

  test('behind a link, too: the link is moved', async () => {
    const { moved, isThere } = await inspected((at) => {
      write(at, { 'elsewhere/awf.yml': 'version: 1' });
      symlinkSync('elsewhere', join(at, '.github'));
    });
    expect({ moved, isThere }).toEqual({ moved: ['.github'], isThere: false });
  });

  test('stays where there was one before, or where an entry leaves it to the command', async () => {
    const make = (at: string): void => write(at, { [FILE]: 'version: 1' });
    expect(await inspected(make, { [FILE]: 'old' })).toMatchObject({ moved: [], isThere: true });
    expect(await inspected(make, {}, false)).toMatchObject({ moved: [], isThere: true });
    expect(await inspected(() => undefined)).toMatchObject({ moved: [], isThere: false });
    expect(await inspected(() => undefined, { '.github': 'a file' })).toMatchObject({ moved: [], isThere: false });
  });
});

describe('inspectWorkspace', () => {
  test('ordinary work is ignored', async () => {
    const { found } = await after((workspace) => {
      write(workspace, {
        ...repository('clone/.git'),
        'clone/.git/hooks/pre-commit.sample': '',
        'clone/.git/index': `DIRC\0\0\0\x02${'\0'.repeat(24)}`,
        'clone/.git/info/exclude': '# nothing\n',
        'clone/.git/description': 'Unnamed repository\n',
        'clone/.git/branches/': '',
        'clone/.git/packed-refs': '# pack-refs with: peeled\n',
        [`clone/.git/objects/ab/${'c'.repeat(38)}`]: 'x',
        [`clone/.git/objects/pack/pack-${'a'.repeat(40)}.idx`]: 'x',
        'clone/.git/objects/info/packs': '',
        'clone/.git/refs/heads/topic': `${'a'.repeat(40)}\n`,
        'clone/.git/logs/HEAD': `${'0'.repeat(40)} ${'a'.repeat(40)} A <a@b.example> 1700000000 +0000\tcommit: x\n`,
        'clone/.git/worktrees/w/HEAD': 'ref: refs/heads/topic\n',
        'clone/.git/worktrees/w/commondir': '../..\n',
        'clone/.git/worktrees/w/gitdir': `${workspace}/w/.git\n`,
        'w/.git': `gitdir: ${workspace}/clone/.git/worktrees/w\n`,
        'objects/a': '',
        'hooks/use.js': '',
      });
      symlinkSync('/usr/bin/env', join(workspace, 'env'));
      symlinkSync('../file', join(workspace, 'objects/inside'));
    });
    expect(found).toEqual(NOTHING_LEFT);
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

  test('a repository with anything but data is moved aside and made anew from its data', async () => {
    const { workspace, found } = await after((w) =>
      write(w, {
        ...repository('n/.git'),
        'n/.git/config': EVIL,
        'n/.git/hooks/pre-push': '',
        'n/.git/refs/heads/main': `${'a'.repeat(40)}\n`,
        [`n/.git/objects/ab/${'c'.repeat(38)}`]: 'x',
      }),
    );
    expect(found.disarmed).toMatchObject([
      { path: 'n/.git', what: ['config: the setting core.fsmonitor', 'hooks/pre-push: a hook'] },
    ]);
    const of = (name: string): string => readFileSync(join(workspace, 'n/.git', name), 'utf8');
    expect(of('config')).toBe('[user]\n\tname = "A"\n');
    expect([of('HEAD'), of('refs/heads/main'), of(`objects/ab/${'c'.repeat(38)}`)]).toEqual([
      'ref: refs/heads/main\n',
      `${'a'.repeat(40)}\n`,
      'x',
    ]);
    expect(readdirSync(join(workspace, 'n/.git')).sort()).toEqual(['HEAD', 'config', 'objects', 'refs']);
    expect(readFileSync(join(workspace, found.disarmed[0]!.movedTo!, 'config'), 'utf8')).toBe(EVIL);
  });

  const IN_NEW: readonly [string, (git: string) => void][] = [
    ['a configuration that git would read otherwise', (git) => write(git, { config: '[core' })],
    ['a configuration too large to be read', (git) => write(git, { config: `#${'x'.repeat(2 ** 20)}\n${EVIL}` })],
    ['objects from elsewhere', (git) => write(git, { 'objects/info/alternates': '/x' })],
    ['objects from elsewhere, by HTTP', (git) => write(git, { 'objects/info/http-alternates': '/x' })],
    ['a link among the refs', (git) => symlinkSync('/etc/passwd', join(git, 'refs/heads/x'))],
    ['a link instead of a directory', (git) => symlinkSync('/etc', join(git, 'logs'))],
    ['steps of a rebase', (git) => write(git, { 'rebase-merge/git-rebase-todo': 'exec evil\n' })],
    ['the strategy of a rebase', (git) => write(git, { 'rebase-merge/strategy': 'evil\n' })],
    ['steps of a series of cherry-picks', (git) => write(git, { 'sequencer/todo': 'pick x\n' })],
    ['attributes', (git) => write(git, { 'info/attributes': '* filter=evil\n' })],
    ['grafts', (git) => write(git, { 'info/grafts': 'x\n' })],
    ['an old kind of remote', (git) => write(git, { 'remotes/evil': 'URL: ext::sh\n' })],
    ['settings of the worktree', (git) => write(git, { 'config.worktree': EVIL })],
    ['a redirection', (git) => write(git, { commondir: '../x\n' })],
    ['a reference with odd text', (git) => write(git, { 'refs/heads/x': 'ref: ../../x\n' })],
    ['a message with a zero', (git) => write(git, { MERGE_MSG: 'a\0b' })],
    ['a submodule’s hook', (git) => write(git, { 'modules/a/b/HEAD': '', 'modules/a/b/hooks/pre-commit': '' })],
    ['a worktree that leads elsewhere', (git) => write(git, { 'worktrees/w/commondir': '../../../x\n' })],
    ['something that nobody knows', (git) => write(git, { 'next/thing': '' })],
  ];
  test.each(IN_NEW)('a new repository with %s', async (_, change) => {
    const { workspace, found } = await after((w) => {
      write(w, repository('n/.git'));
      change(join(w, 'n/.git'));
    });
    expect(paths(found)).toEqual(['n/.git']);
    expect(found.disarmed[0]?.movedTo).toMatch(/^n\/\.git\.awf-[0-9a-f]{12}$/);
    expect(offencesIn(join(workspace, 'n/.git'), workspace)).toEqual([]);
  });

  test.each<[string, (workspace: string) => void, string]>([
    ['.git without a HEAD, for a later git init', (w) => write(w, { 'n/.git/hooks/post-checkout': '' }), 'n/.git'],
    ['a worktree of a repository elsewhere', (w) => write(w, { 'a/.git': 'gitdir: /etc/x\n' }), 'a/.git'],
    ['a link to a repository', (w) => write(w, { 'a/x': '' }, 'a/.git'), 'a/.git'],
    ['a bare repository loses its refs', (w) => write(w, { ...repository('b'), 'b/config': EVIL }), 'b/refs'],
    [
      'a common directory that is not where worktrees are',
      (w) => write(w, { 'c/HEAD': 'ref: refs/heads/x\n', 'c/commondir': '../x' }),
      'c/commondir',
    ],
    ['a link among the objects', (w) => symlinkSync('/tmp', join(w, '.git/objects/ab')), '.git/objects/ab'],
    [
      'a link among the objects of Git LFS',
      (w) => {
        write(w, { '.git/lfs/objects/ab/cd/': '' });
        symlinkSync('/etc/passwd', join(w, '.git/lfs/objects/ab/cd/x'));
      },
      '.git/lfs/objects/ab/cd/x',
    ],
    [
      'a directory with more links among the objects than anybody needs',
      (w) => {
        write(w, { '.git/objects/ab/': '' });
        for (let i = 0; i < 200; i++) symlinkSync('/tmp', join(w, '.git/objects/ab', String(i)));
      },
      '.git/objects/ab',
    ],
  ])('%s', async (_, change, path) => {
    const { workspace, found } = await after(change);
    expect(paths(found)).toEqual([path]);
    expect(found.disarmed[0]?.movedTo).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}\\.awf-[0-9a-f]{12}$`));
    const moved = lstatSync(join(workspace, found.disarmed[0]!.movedTo!), { throwIfNoEntry: false });
    expect(moved).toBeDefined();
  });

  test('does not wait for a pipe in place of a configuration', async () => {
    const { found } = await after((workspace) => {
      mkdirSync(join(workspace, 'n/.git'), { recursive: true });
      spawnSync('mkfifo', [join(workspace, 'n/.git/config')]);
    });
    expect(found.disarmed).toMatchObject([{ path: 'n/.git', what: ['config: neither a file nor a directory'] }]);
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

  test('a path that is too long to open is moved aside with what is above it; a search that ends early is reported', async () => {
    const { workspace, found } = await after((w) => {
      const part = 'd'.repeat(250);
      spawnSync('bash', ['-c', `for i in $(seq 20); do mkdir ${part}; cd -P ${part}; done`], { cwd: w });
    });
    expect(found.disarmed).toMatchObject([{ what: ['a directory that AWF cannot look at'] }]);
    expect(found.disarmed[0]?.movedTo).toBeDefined();
    // Above it, and not above the workspace.
    expect(readdirSync(workspace)).toEqual(['.git', expect.stringMatching(/^d{238,250}/), 'file']);
    for (const name of readdirSync(workspace)) spawnSync('rm', ['-rf', join(workspace, name)]);
    expect((await survey(workspace, -1)).left).toBeGreaterThan(0);
    expect(aftermathWarnings({ ...found, left: 3 }).join()).toContain('at least 3 directories');
    expect(aftermathMarkdown({ ...found, left: 3 }).join()).toContain('At least 3 directories');
  });

  test('read permission is restored if the command has removed it', async () => {
    const { workspace, found } = await after((w) => {
      write(w, { ...repository('locked/n/.git'), 'locked/n/.git/config': EVIL });
      chmodSync(join(w, 'locked/n/.git'), 0o111);
      chmodSync(join(w, 'locked'), 0o311);
    });
    expect(paths(found)).toEqual(['locked/n/.git']);
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
    const config = aConfig({ workspace, protectPaths: [{ path: '.mcp.json', mode: 'report' }] });
    const { baseline } = await guardWorkspace(config, NO_SECRETS, [], surroundings(work), Infinity);
    writeBaseline(work, { ...baseline, visible: [] });
    const files = readdirSync(work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain('secret-value');
    }
    expect(files.map(({ name }) => name).sort()).toEqual(['HEAD', 'baseline.json', 'config']);
  });

  test('E17 what the settings of the user make git run in the workspace is read-only', async () => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, { ...repository('.git'), '.hooks/pre-commit': '', 'scripts/watch.sh': '' });
    write(work, { gitconfig: '[core]\n\thooksPath = .hooks\n\tfsmonitor = scripts/watch.sh\n' });
    const readOnly = async (environment: NodeJS.ProcessEnv): Promise<string[]> => {
      const directory = temporaryDirectory();
      const around = { ...surroundings(directory), environment: { GIT_CONFIG_SYSTEM: '/nonexistent', ...environment } };
      const { mounts } = await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], around, Infinity);
      return mounts.flatMap(({ target, ...mount }) =>
        mount.kind === 'bind' && !mount.writable ? [relative(workspace, target)] : [],
      );
    };
    const paths = ['.hooks', 'scripts/watch.sh'];
    expect(await readOnly({ GIT_CONFIG_GLOBAL: join(work, 'gitconfig') })).toEqual(expect.arrayContaining(paths));
    for (const path of paths) expect(await readOnly({})).not.toContain(path);
  });

  test('E5 what a link in a protected path leads to is read-only, or must not appear', async () => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, { 'docs/commands/a.md': '', 'shared/x.md': '', '.claude/skills/': '', '.vscode/': '' });
    const links = {
      ...{ '.claude/commands': '../docs/commands', '.claude/later.md': '../docs/later.md', '.claude/top': '..' },
      ...{ '.claude/skills/x.md': '../../shared/x.md', '.vscode/other.md': '../docs/other.md' },
    };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(workspace, path));
    const protectPaths = [
      { path: '.claude', mode: 'read-only' },
      { path: 'shared', mode: 'report' },
    ] as const;
    const config = aConfig({ workspace, protectPaths });
    const { baseline, mounts } = await guardWorkspace(config, NO_SECRETS, [], surroundings(work), Infinity);
    const readOnly = mounts.filter((mount) => mount.kind === 'bind' && !mount.writable);
    expect(readOnly.map(({ target }) => relative(workspace, target)).sort()).toEqual(['.claude', 'docs/commands']);
    write(workspace, { 'docs/later.md': 'evil', 'docs/other.md': '' });
    expect((await inspectWorkspace({ ...baseline, visible: [] }, Infinity)).disarmed).toMatchObject([
      { path: 'docs/later.md', what: ['what a link in a read-only path leads to'] },
    ]);
    expect(readdirSync(join(workspace, 'docs'))).toContain('other.md');
  });

  /** What of a workspace with these links is read-only, and what must not appear. */
  async function guardedWith(
    files: Readonly<Record<string, string>>,
    links: Readonly<Record<string, string>>,
    protectPaths: Config['protectPaths'] = [],
  ): Promise<{ readOnly: string[]; absent: string[] }> {
    const workspace = temporaryDirectory();
    write(workspace, files);
    for (const [path, target] of Object.entries(links)) {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      symlinkSync(target, join(workspace, path));
    }
    const config = aConfig({ workspace, protectPaths });
    const around = surroundings(temporaryDirectory());
    const { baseline, mounts } = await guardWorkspace(config, NO_SECRETS, [], around, Infinity);
    const readOnly = mounts.filter((mount) => mount.kind === 'bind' && !mount.writable);
    return {
      readOnly: readOnly.map(({ target }) => relative(workspace, target)).sort(),
      absent: baseline.absent.map(({ path }) => relative(workspace, path)),
    };
  }

  test('E5 links are followed from a protected path that is a link, and from what other links lead to', async () => {
    const files = { 'config/claude/': '', 'docs/commands/': '', 'shared/prompts/x.md': '', 'docs/other/': '' };
    const links = {
      ...{ '.claude': 'config/claude', 'config/claude/commands': '../../docs/commands' },
      ...{ 'docs/commands/more': '../alias', 'docs/alias': '../shared/prompts', 'docs/other/x': '../../src' },
    };
    const found = await guardedWith({ ...files, 'src/x': '' }, links, [{ path: '.claude', mode: 'read-only' }]);
    expect(found).toEqual({ readOnly: ['config/claude', 'docs/commands', 'shared/prompts'], absent: [] });
  });

  test('E13 what links in a local action lead to is read-only, apart from packages', async () => {
    const files = { 'tools/act/action.yml': '', 'shared/run.sh': '', 'packages/x/index.js': '', 'own/': '' };
    const links = {
      ...{
        'tools/act/run.sh': '../../shared/run.sh',
        'tools/act/later': '../../shared/later',
        'tools/act/own': '../../own',
      },
      ...{ 'tools/act/node_modules/x': '../../../packages/x', 'tools/node_modules': '../packages' },
    };
    const found = await guardedWith(files, links, [{ path: 'own', mode: 'report' }]);
    expect(found).toEqual({ readOnly: ['shared/run.sh', 'tools/act'], absent: ['shared/later'] });
  });

  test('E12 a file in a read-only path has no other names that are writable', async () => {
    const workspace = temporaryDirectory();
    write(workspace, { '.claude/settings.json': 'good', '.claude/commands/': '' });
    linkSync(join(workspace, '.claude/settings.json'), join(workspace, 'settings.json'));
    linkSync(join(workspace, '.claude/settings.json'), join(workspace, '.claude/commands/same'));
    const config = aConfig({ workspace, protectPaths: [{ path: '.claude', mode: 'read-only' }] });
    await guardWorkspace(config, NO_SECRETS, [], surroundings(temporaryDirectory()), Infinity);
    writeFileSync(join(workspace, 'settings.json'), 'evil');
    for (const name of ['settings.json', 'commands/same'])
      expect(readFileSync(join(workspace, '.claude', name), 'utf8')).toBe('good');
  });

  test('E17 a new worktree has none of the hooks that the settings of its repository name', async () => {
    const { workspace, found } = await after(
      (w) => {
        write(w, { 'new/.git': 'gitdir: ../.git/worktrees/new\n', 'new/.hooks/pre-commit': '', 'new/run.sh': '' });
        write(w, { ...repository('other/.git'), 'other/.hooks/pre-commit': '' });
      },
      (w) => write(w, { '.git/config': '[core]\n\thooksPath = .hooks\n\tfsmonitor = ./run.sh\n' }),
    );
    expect(found.disarmed).toMatchObject([
      { path: 'new/.hooks', what: ['a path that a git setting names'] },
      { path: 'new/run.sh', what: ['a path that a git setting names'] },
    ]);
    expect(readdirSync(join(workspace, 'other/.hooks'))).toEqual(['pre-commit']);
  });

  test('E17 a directory of hooks that was not there is moved aside as a whole, or the link that leads to one', async () => {
    const { workspace, found } = await after(
      (w) => {
        write(w, { 'absent/pre-commit': '', 'others/pre-commit': '' });
        symlinkSync('others', join(w, 'linked'));
        rmSync(join(w, 'alias'));
        write(w, { 'alias/pre-commit': 'evil' });
      },
      (w) => {
        const named = ['absent', 'linked', 'alias'].map((name) => `[core]\n\thooksPath = ${name}\n`);
        write(w, { '.git/config': named.join(''), 'real/pre-commit': '' });
        symlinkSync('real', join(w, 'alias'));
      },
    );
    expect(found.disarmed).toMatchObject([
      { path: 'absent', what: ['a path that a git setting names'] },
      { path: 'alias', what: ['a replacement for a symbolic link'] },
      { path: 'linked', what: ['a path that a git setting names'] },
    ]);
    expect(readlinkSync(join(workspace, 'alias'))).toBe('real');
    expect(readdirSync(join(workspace, 'others'))).toEqual(['pre-commit']);
  });

  test('E10 a flood of references costs the command its references, and keeps nothing else from being found', async () => {
    const { workspace, found } = await after((w, own) => {
      write(w, { ...repository('n/.git'), 'n/.git/hooks/pre-commit': '' });
      const line = (_: unknown, number: number): string => `${'a'.repeat(40)} refs/heads/x${number}\n`;
      writeFileSync(join(own, 'packed-refs'), Array.from({ length: 200_000 }, line).join(''));
    });
    expect(paths(found)).toEqual(['n/.git']);
    expect(found.kept.failed).toEqual([expect.stringMatching(/more than 100000 references changed/)]);
    expect(readdirSync(join(workspace, '.git/refs/heads'))).toEqual([]);
  });

  test('E9 the directory that was searched last is not blamed for what comes after the search', async () => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, { 'sub/file': '' });
    const { baseline } = await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], surroundings(work), Infinity);
    const places: string[] = [];
    await inspectWorkspace({ ...baseline, visible: [] }, Infinity, (path) => places.push(path));
    expect(places).toEqual([workspace, join(workspace, 'sub'), workspace]);
  });

  test('E14 links to /proc, the home and the runner’s places are moved aside, others out of the workspace reported', async () => {
    const { found } = await after((w) => {
      mkdirSync(join(w, 'coverage'));
      symlinkSync('.', join(w, 'here'));
      for (const [name, target] of Object.entries({
        a: '/proc/self/environ',
        b: '/nonexistent/.ssh/id_ed25519',
        c: join(dirname(w), 'secret'),
        d: '../here/../beside',
        e: '/etc/hostname',
        f: '../file',
      })) {
        symlinkSync(target, join(w, 'coverage', name));
      }
    });
    expect(paths(found)).toEqual(['coverage/a', 'coverage/b', 'coverage/c', 'coverage/d']);
    expect(found.links.map((link) => link.replace(/ -> .*/, ''))).toEqual(['coverage/e']);
    expect(aftermathWarnings(found).join()).toContain('coverage/e -> /etc/hostname');
  });

  /** What a program gets that takes all files of a directory, and follows its links. */
  const taken = (directory: string): string =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.isFile() === true)
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');
  const SECRET = 'what only the home has';

  test.each<readonly [string, (w: string, secret: string) => void]>([
    ['a link', (w, secret) => symlinkSync(secret, join(w, 'out/a'))],
    ['a link to a link', (w, secret) => ['out/b', 'a'].reduce((to, at) => (symlinkSync(to, join(w, at)), at), secret)],
    ['a git directory that is a link', (w, secret) => symlinkSync(secret, join(w, 'out/.git'))],
    [
      'a git directory that is moved aside',
      (w, secret) => {
        write(w, { ...repository('out/.git'), 'out/.git/hooks/post-commit': '' });
        symlinkSync(secret, join(w, 'out/.git/refs/heads/a'));
      },
    ],
    [
      'a directory that is moved aside because there is too much in it',
      (w, secret) => {
        symlinkSync(secret, join(w, 'out/0'));
        for (let index = 1; index <= 10_001; index++) linkSync(join(w, 'out/0'), join(w, 'out', String(index)));
      },
    ],
    [
      'a workspace with too much in it',
      (w, secret) => {
        symlinkSync(secret, join(w, '0'));
        for (let index = 1; index <= 10_001; index++) linkSync(join(w, '0'), join(w, String(index)));
      },
    ],
    ['among the objects', (w, secret) => symlinkSync(secret, join(w, '.git/objects/pack'))],
  ])(
    'E14 an upload of all that is there finds no secret behind %s',
    async (_, leave) => {
      const secret = join(temporaryDirectory(), 'secret');
      writeFileSync(secret, SECRET);
      let control = '';
      const { workspace } = await after(
        (w) => {
          leave(w, secret);
          control = taken(w);
        },
        (w) => mkdirSync(join(w, 'out')),
      );
      expect(control).toContain(SECRET);
      expect(taken(workspace)).not.toContain(SECRET);
      // Faster than Node, for 10,000 files.
      expect(spawnSync('rm', ['-rf', workspace]).status).toBe(0);
    },
    60_000,
  );

  test('E19, E9 programs and pipes in what is moved aside, or among objects, are harmless too', async () => {
    const object = '.git/objects/ab/'.padEnd(54, 'c');
    const inner = `inner/${object}`;
    const { workspace, found } = await after((w) => {
      write(w, { ...repository('inner/.git'), [inner]: '', [object]: '' });
      write(w, { ...repository('bad/.git'), 'bad/.git/hooks/x': '', 'bad/.git/program': '' });
      for (const name of [inner, object, 'bad/.git/program']) chmodSync(join(w, name), 0o6755);
      expect(spawnSync('mkfifo', [join(w, 'bad/.git/pipe')]).status).toBe(0);
    });
    const all = readdirSync(workspace, { recursive: true, encoding: 'utf8' }).map((name) => join(workspace, name));
    const stats = all.map((path) => lstatSync(path));
    expect(stats.filter((one) => one.isFile() && (one.mode & 0o6000) !== 0)).toEqual([]);
    expect(stats.filter((one) => one.isFIFO())).toEqual([]);
    expect(all.filter((path) => /\/program$/.test(path))).toHaveLength(1);
    expect(found.setIdFiles.map(({ path }) => path)).toEqual(expect.arrayContaining([inner, object]));
    expect(found.setIdFiles).toHaveLength(3);
    expect(found.setIdFiles.every(({ isCleared }) => isCleared)).toBe(true);
  });

  test('E4 a repository of Mercurial, Sapling or Jujutsu that the command makes is moved aside, wherever it is', async () => {
    const { workspace, found } = await after((w) => {
      write(w, { '.hg/hgrc': '[hooks]\npre-status = ./evil\n', 'a/b/.sl/config': '', 'c/.jj/repo/config.toml': '' });
      write(w, { 'elsewhere/hgrc': '', 'hg/hgrc': '' });
      symlinkSync('elsewhere', join(w, 'a/.hg'));
    });
    expect(paths(found).sort()).toEqual(['.hg', 'a/.hg', 'a/b/.sl', 'c/.jj']);
    for (const name of paths(found)) expect(existsSync(join(workspace, name))).toBe(false);
    expect(existsSync(join(workspace, 'hg/hgrc'))).toBe(true);
  });

  test('E4 the settings of one that was there are read-only, and no others appear', async () => {
    const [workspace, work] = [temporaryDirectory(), temporaryDirectory()];
    write(workspace, { '.hg/hgrc': '', '.hg/requires': 'store\n', 'sub/.jj/repo/store/': '' });
    const around = surroundings(work);
    const { baseline, mounts } = await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], around, Infinity);
    const readOnly = mounts.flatMap((mount) => (mount.kind === 'bind' && !mount.writable ? mount.target : []));
    expect(readOnly).toEqual([join(workspace, '.hg/hgrc'), join(workspace, '.hg/requires')]);
    write(workspace, { '.hg/sharedpath': '/evil', '.hg/store/x': '', 'sub/.jj/repo/config.toml': '' });
    expect(paths(await inspectWorkspace({ ...baseline, visible: [] }, Infinity))).toEqual([
      ...['.hg/sharedpath', 'sub/.jj/repo/config.toml'],
    ]);
  });

  test('E14 the home may be behind a link', async () => {
    const [workspace, work, home] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    const alias = join(temporaryDirectory(), 'home');
    symlinkSync(home, alias);
    const around = { ...surroundings(work), home: alias, temporary: '/nonexistent/temp' };
    const { baseline } = await guardWorkspace(aConfig({ workspace }), NO_SECRETS, [], around, Infinity);
    for (const [name, top] of Object.entries({ a: alias, b: home }))
      symlinkSync(`${top}/.ssh/id`, join(workspace, name));
    expect(paths(await inspectWorkspace({ ...baseline, visible: ['/usr'] }, Infinity))).toEqual(['a', 'b']);
  });

  test('E14 a link that was there before, and leads where it led, is nobody’s business', async () => {
    const { found } = await after(
      (w) => {
        rmSync(join(w, 'b'));
        symlinkSync('/proc/self', join(w, 'b'));
      },
      (w) => {
        for (const name of ['a', 'b']) symlinkSync('/proc/1', join(w, name));
      },
    );
    expect(paths(found)).toEqual(['b']);
  });

  test('E19 the rights of a file’s owner are not lent to whoever runs it', async () => {
    const { workspace, found } = await after(
      (w) => {
        write(w, { program: '', ours: '' });
        chmodSync(join(w, 'program'), 0o6755);
      },
      (w) => {
        write(w, { known: '' });
        chmodSync(join(w, 'known'), 0o4755);
      },
    );
    expect(paths(found)).toEqual([]);
    expect(found.setIdFiles).toEqual([{ path: 'program', isCleared: true }]);
    expect(aftermathWarnings(found)).toEqual([expect.stringMatching(/set-user-ID.*AWF cleared them: program\.$/)]);
    expect(aftermathMarkdown(found).join()).toContain('`program`: ⛔ no longer');
    expect(statSync(join(workspace, 'program')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(workspace, 'known')).mode & 0o7777).toBe(0o4755);
  });

  test('E9 a new pipe is removed, so that no later step waits at it', async () => {
    const { workspace, found } = await after(
      (w) => {
        mkdirSync(join(w, 'shut'));
        for (const name of ['package.json', 'shut/p']) spawnSync('mkfifo', [join(w, name)]);
        chmodSync(join(w, 'shut'), 0o555);
      },
      (w) => spawnSync('mkfifo', [join(w, 'ours')]),
    );
    expect(found.pipes.map(({ path }) => path).sort()).toEqual(['package.json', 'shut/p']);
    expect(aftermathWarnings(found)).toEqual([expect.stringMatching(/named pipes, and AWF removed them: .*shut\/p/)]);
    expect(aftermathMarkdown(found).join()).toContain('`package.json`: ⛔ removed');
    expect(readdirSync(workspace).sort()).toEqual(['.git', 'file', 'ours', 'shut']);
    expect(readdirSync(join(workspace, 'shut'))).toEqual([]);
  });

  test('L1 a name with line ends and escapes is shown in full, in one line, and forges nothing', async () => {
    const name = 'x\n::error::forged\x1b[2J';
    const shown = 'x\\n::error::forged\\x1b[2J';
    const { workspace, found } = await after((w) => {
      write(w, { ...repository(`${name}/.git`), [`${name}/.git/${name}`]: '', [`${name}.set`]: '' });
      chmodSync(join(w, `${name}.set`), 0o4755);
      symlinkSync(`/proc/${name}`, join(w, `${name}.closed`));
      symlinkSync(`/etc/${name}`, join(w, `${name}.reported`));
      spawnSync('mkfifo', [join(w, `${name}.pipe`)]);
      for (const [end, mode] of Object.entries({ shut: 0o000, fixed: 0o555 }))
        mkdirSync(join(w, `${name}.${end}`), mode);
    });
    expect(found).toMatchObject({
      disarmed: [
        { path: `${shown}.closed`, what: [`a link to /proc/${shown}`] },
        { path: `${shown}/.git`, what: [`${shown}: not known to be data of git`] },
      ],
      links: [`${shown}.reported -> /etc/${shown}`],
      setIdFiles: [{ path: `${shown}.set` }],
      pipes: [{ path: `${shown}.pipe` }],
      shut: [`${shown}.shut`],
      readOnly: [`${shown}.fixed`],
    });
    const [warnings, markdown] = [aftermathWarnings(found), aftermathMarkdown(found)];
    expect(warnings).toHaveLength(5);
    for (const warning of warnings) expect(warning).toMatch(/^[^\p{C}]+$/u);
    const lines = markdown.join('\n').split('\n');
    expect(lines.filter((line) => line.startsWith('::') || /[^\P{C}]/u.test(line))).toEqual([]);
    for (const end of ['.closed', '/.git', '.reported', '.set', '.pipe', '.shut', '.fixed']) {
      expect([...warnings, ...lines].filter((line) => line.includes(`${shown}${end}`)).length).toBeGreaterThan(0);
    }
    expect(readdirSync(join(workspace, `${name}.shut`))).toEqual([]);
  });

  test('E13 a link on the way to a local action leads afterwards where it led', async () => {
    const outside = temporaryDirectory();
    const { workspace, found } = await after(
      (w) => {
        rmSync(join(w, 'alias'));
        write(w, { 'alias/a/action.yml': 'evil' });
        rmSync(join(w, 'deep'), { recursive: true });
        write(outside, { alias: 'somebody’s' });
        symlinkSync(outside, join(w, 'deep'));
      },
      (w) => {
        const uses = '{ uses: ./alias/a }, { uses: ./deep/alias/a }';
        write(w, { 'actions/a/action.yml': 'runs:', '.github/workflows/w.yml': `jobs: { j: { steps: [${uses}] } }` });
        symlinkSync('actions', join(w, 'alias'));
        write(w, { 'deep/x': '' });
        symlinkSync('../actions', join(w, 'deep/alias'));
      },
    );
    expect(paths(found)).toEqual(['alias', 'deep', 'deep/alias']);
    expect(readlinkSync(join(workspace, 'alias'))).toBe('actions');
    expect(readdirSync(outside)).toEqual(['alias']);
  });

  test('E12 files that are shared with places outside become the workspace’s own', async () => {
    const outside = temporaryDirectory();
    for (const name of ['a', 'b']) writeFileSync(join(outside, name), 'good', { mode: 0o555 });
    const { workspace } = await after(
      (w) => {
        for (const name of ['a', 'a2', '.git/objects/b']) {
          chmodSync(join(w, name), 0o755);
          writeFileSync(join(w, name), 'evil');
        }
        writeFileSync(join(w, 'c'), 'changed');
      },
      (w) => {
        linkSync(join(outside, 'a'), join(w, 'a'));
        linkSync(join(outside, 'a'), join(w, 'a2'));
        linkSync(join(outside, 'b'), join(w, '.git/objects/b'));
        writeFileSync(join(w, 'c'), '');
        linkSync(join(w, 'c'), join(w, 'c2'));
        utimesSync(join(outside, 'a'), 1_000, 1_000);
      },
    );
    for (const name of ['a', 'b']) expect(readFileSync(join(outside, name), 'utf8')).toBe('good');
    // Two names in the workspace of one file are left alone.
    expect(readFileSync(join(workspace, 'c2'), 'utf8')).toBe('changed');
  });

  test('E12 the objects of a repository outside become its own, too', async () => {
    const [clone, outside] = [temporaryDirectory(), temporaryDirectory()];
    writeFileSync(join(clone, 'object'), 'good', { mode: 0o444 });
    const object = `.git/objects/ab/${'c'.repeat(38)}`;
    const { workspace } = await after(
      () => {
        chmodSync(join(outside, object), 0o644);
        writeFileSync(join(outside, object), 'evil');
      },
      (w) => {
        rmSync(join(w, '.git'), { recursive: true });
        write(outside, { ...repository('.git'), [`${object}-`]: '' });
        linkSync(join(clone, 'object'), join(outside, object));
        write(outside, {
          '.git/worktrees/w/HEAD': 'ref: refs/heads/main\n',
          '.git/worktrees/w/commondir': '../..\n',
          '.git/worktrees/w/gitdir': `${w}/.git\n`,
        });
        write(w, { '.git': `gitdir: ${outside}/.git/worktrees/w\n` });
      },
    );
    expect(workspace).not.toBe(outside);
    // Its content is not what its name says.
    expect(lstatSync(join(outside, object), { throwIfNoEntry: false })).toBeUndefined();
    expect(readFileSync(join(clone, 'object'), 'utf8')).toBe('good');
  });
});
