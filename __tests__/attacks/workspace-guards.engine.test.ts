import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Aftermath } from '../../src/workspace/inspect.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { CHECKOUT_TOKEN, copyOf, GIT_ATTACKS, makeRepository, Marks } from './git-attacks.ts';
import { git, GIT_ENVIRONMENT, HAS_GIT, tryGit } from '../../testing/git.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import { untilSaid, runEntry, type EntryResult } from '../../testing/runner/run-entry.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';

const IDENTITY = Object.entries(GIT_ENVIRONMENT)
  .filter(([name]) => /AUTHOR|COMMITTER/.test(name))
  .map(([name, value]) => `export ${name}=${value}`)
  .join('; ');

/** State of git's operations, each of which may name what git does next (gitrepository-layout(5), git-bisect(1)). */
const STATE_DIRECTORIES = ['rebase-merge', 'rebase-apply', 'sequencer', 'NOTES_MERGE_WORKTREE'];
const STATE_FILES = [
  ...['rebase-merge/git-rebase-todo', 'rebase-merge/strategy', 'rebase-apply/applying', 'sequencer/todo'],
  ...['BISECT_START', 'BISECT_RUN', 'BISECT_TERMS', 'NOTES_MERGE_WORKTREE/x', 'NOTES_MERGE_REF', 'maintenance.lock.d'],
  ...['config.worktree', 'unheard-of'],
];

const STATE = `for top in .git state/.git; do (cd $top; mkdir ${STATE_DIRECTORIES.join(' ')}
  for f in ${STATE_FILES.join(' ')}; do echo 'exec false' > $f || echo "refused $f"; done); done`;

/** What git does in the sandbox before the attacks. */
const WORK = {
  'git works': `set -e; ${IDENTITY}
    git status --short; echo three > file.txt; git diff --stat; git commit -qam third; git log --oneline | wc -l
    git switch -q -c topic; git branch; echo four > file.txt; git stash -q; git stash pop -q; git commit -qam fourth
    git fetch -q local; git rebase -q local/main; git worktree add -q inner; git -C inner status --short
    git worktree remove inner; git switch -q main; git -C wt commit -q --allow-empty -m x; echo 'all of it'`,
  'E15 a clone': 'git clone -q . state',
  'E4 a forged object': `at() { sed 's|^..|.git/objects/&/|'; }; f=$(git rev-parse HEAD:file.txt | at); cp $f forged; rm -f $f
    cp $(echo evil | git hash-object -w --stdin | at) $f; git cat-file -p HEAD:file.txt; ls $f`,
  'R6 configuration': 'git config --get-regexp "extraheader|include|url|token"; cat .git/config nested/.git/config',
  'R6 files': 'grep -rl "$TOKEN" . "$RUNNER_TEMP" 2> /dev/null',
};

const WORKFLOWS = `
  for f in .github/workflows/ci.yml .github/workflows/new.yml .mcp.json; do echo tampered > $f || echo "refused $f"; done
  mv .github .github-2 || echo refused mv; rm -rf .github/workflows; mkdir -p .vscode; echo '{}' > .vscode/tasks.json
  echo '{"scripts":{}}' > package.json; echo tampered > control.txt`;

const INPUTS = {
  'protect-paths': '.github/workflows\n.mcp.json\n.vscode\nreport:package.json',
};

describe.skipIf(!HAS_GIT)('control: without the sandbox, each attack succeeds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'awf-guards-'));
  const marks = new Marks(join(directory, 'marks'));
  const original = join(directory, 'original');
  beforeAll(() => {
    mkdirSync(original);
    makeRepository(original);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(GIT_ATTACKS)('$name', (attack) => {
    const workspace = copyOf(original, join(directory, 'copy'));
    try {
      const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...GIT_ENVIRONMENT };
      spawnSync('bash', ['-c', marks.script(attack)], { cwd: workspace, env, timeout: 60_000 });
      expect(marks.take()).not.toContain(attack.name);
      for (const args of attack.trigger) triggerGit(workspace, args);
      expect(marks.take()).toContain(attack.name);
    } finally {
      spawnSync('chmod', ['-R', 'u+rwX', workspace]);
      rmSync(workspace, { recursive: true });
    }
  });
});

/** Runs git through a shell, because an argument of spawn is always UTF-8. */
function triggerGit(workspace: string, args: readonly string[], prefix: readonly string[] = []): number | null {
  const words = ['git', ...args].map((arg) => `$'${arg.replace('\xff', '\\xff')}'`).join(' ');
  const argv: readonly string[] = [...prefix, 'bash', '-c', words];
  const [file = '', ...rest] = argv;
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_EDITOR: 'true', ...GIT_ENVIRONMENT };
  return spawnSync(file, rest, { cwd: workspace, env, timeout: 60_000 }).status;
}

const CASES = [
  { who: 'the caller', asOther: false, inImage: false },
  { who: 'the caller, with an image', asOther: false, inImage: true },
  ...(process.getuid?.() === 0 ? [{ who: 'an ordinary user', asOther: true, inImage: false }] : []),
];

describe.skipIf(!HAS_GIT).each(CASES)('the sandbox, started by $who', ({ asOther, inImage }) => {
  const user = ordinaryUser();
  const prefix = asOther ? user.prefix : [];
  let step: ActionStep;
  let marks: Marks;
  let main: EntryResult;
  let sections: Record<string, string>;
  let before: { config: Buffer; hooks: string[] };
  const of = (name: string): string => join(step.runner.workspace, name);

  beforeAll(async () => {
    marks = new Marks(mkdtempSync(join(tmpdir(), 'awf-marks-')));
    chmodSync(marks.directory, 0o777);
    step = actionStep({
      ...INPUTS,
      ...(inImage ? { 'agent-image': foreignImage('git') } : {}),
      env: `TOKEN=${CHECKOUT_TOKEN}`,
      run: sectionedScript({
        'control: the toolchain': 'cat /of-the-image; command -v git',
        ...WORK,
        'E5 protected paths': WORKFLOWS,
        ...Object.fromEntries(GIT_ATTACKS.map((attack) => [attack.name, `${IDENTITY}\n${marks.script(attack)}`])),
        // Git in the sandbox would take this for its own state.
        'E15 state that names programs': STATE,
      }),
    });
    makeRepository(step.runner.workspace);
    before = { config: readFileSync(of('.git/config')), hooks: readdirSync(of('.git/hooks')) };
    const top = dirname(step.runner.workspace);
    if (asOther) {
      const copy = copyAction(top);
      give(top, user);
      main = await runProgram([...prefix, ...copy.argv('main')], { env: step.runner.main.env, cwd: of('.') });
    } else main = await step.main();
    sections = sectionsOf(main.stdout);
  }, IMAGE_PATIENCE);
  afterAll(() => {
    spawnSync('chmod', ['-R', 'u+rwX', dirname(step.runner.workspace)]);
    step.runner.remove();
    rmSync(marks.directory, { recursive: true, force: true });
  });

  test('control: the attacks were made, and permitted changes took effect', () => {
    expect(main.stderr).toBe('');
    expect(main.code, main.stdout + main.stderr).toBe(0);
    expect(Object.keys(sections)).toEqual(expect.arrayContaining(GIT_ATTACKS.map(({ name }) => name)));
    expect(readFileSync(of('control.txt'), 'utf8')).toBe('tampered\n');
    expect(readFileSync(of('h2/pre-commit'), 'utf8')).toContain('touch');
    expect(sections['control: the toolchain']).toMatch(
      inImage ? /^an image with git\n\/usr\/bin\/git$/ : /No such file.*\n\//,
    );
  });

  test('git status, diff, commit, log, switch, stash, fetch, rebase and worktree work in the sandbox', () => {
    expect(sections['git works']).toContain('all of it');
    expect(tryGit(of('.'), ['log', '--format=%s', '-1', 'topic'], prefix)).toMatchObject({ stdout: 'fourth\n' });
  });

  test('R6: the token of the checkout is not there', () => {
    expect(sections['R6 configuration']).toContain('https://github.com/octocat/hello-world');
    expect(sections['R6 configuration']).not.toMatch(/extraheader|include|x-access-token/i);
    expect(main.stdout).not.toContain(CHECKOUT_TOKEN);
    expect(sections['R6 files']?.trim()).toBe('');
    expect(before.config.toString()).toContain(CHECKOUT_TOKEN);
  });

  test('E4: hooks and configuration are unchanged', () => {
    expect(readFileSync(of('.git/config')).equals(before.config)).toBe(true);
    expect(readdirSync(of('.git/hooks'))).toEqual(before.hooks);
    expect(lstatSync(of('.git/hooks')).isDirectory()).toBe(true);
  });

  test('E4: git on the host runs nothing from the agent', () => {
    expect(marks.take()).toEqual([]);
    for (const { trigger } of GIT_ATTACKS) for (const args of trigger) triggerGit(of('.'), args, prefix);
    expect(marks.take()).toEqual([]);
  });

  test('E4: no object on the host has another content than its name says', () => {
    const [content, path = ''] = sections['E4 a forged object']?.split('\n') ?? [];
    expect(content).toBe('evil');
    expect(lstatSync(of(path), { throwIfNoEntry: false })).toBeUndefined();
    expect(main.stdout).toMatch(/::warning title=AWF::.*objects\/.*its content is not what its name says/);
    renameSync(of('forged'), of(path));
    expect(tryGit(of('.'), ['fsck'], prefix)).toMatchObject({ code: 0 });
  });

  test('E15: no state that the command wrote is there for a later git', () => {
    expect(sections['E15 state that names programs']).toBe('');
    for (const top of ['.git', 'state/.git']) {
      expect([...STATE_FILES, ...STATE_DIRECTORIES].filter((name) => existsSync(of(join(top, name))))).toEqual([]);
      expect(tryGit(of(dirname(top)), ['fsck'], prefix)).toMatchObject({ code: 0 });
    }
    // Control: it was written, and the nested repository was moved aside with it.
    const aside = readdirSync(of('state')).find((name) => name.startsWith('.git.awf-'))!;
    expect(STATE_FILES.filter((name) => !existsSync(of(join('state', aside, name))))).toEqual([]);
    expect(tryGit(of('.'), ['rebase', '--continue'], prefix)).toMatchObject({ code: 128 });
  });

  test('E4: the workspace’s own repository works on the host', () => {
    for (const args of [['status'], ['commit', '--allow-empty', '-m', 'after'], ['diff'], ['log', '-1']]) {
      expect(tryGit(of('.'), args, prefix), args.join(' ')).toMatchObject({ code: 0 });
    }
  });

  test('E4: leftovers are named in warnings, in the summary and beside the logs', () => {
    const { disarmed } = JSON.parse(
      readFileSync(join(step.runner.main.outputs()['logs-path']!, 'workspace.json'), 'utf8'),
    ) as Aftermath;
    const left = ['gl/.git', 'nh/.git', 'll/.git', 'br/refs', 'missing.gitconfig'];
    expect(disarmed.map(({ path }) => path)).toEqual(expect.arrayContaining(left));
    // What the command wrote beside the data of the workspace's own repository ended with the run.
    expect(disarmed.filter(({ path }) => path.startsWith('.git/'))).toEqual([]);
    expect(readdirSync(of('.git'))).not.toContain('commondir');
    expect(disarmed.filter(({ movedTo }) => movedTo === undefined)).toEqual([]);
    expect(step.runner.main.summary()).toMatch(/`nh\/\.git` \(`.*`\): ⛔ moved to/);
    expect(main.stdout).toMatch(/::warning title=AWF::.*moved aside/);
  });

  test('E5: protected paths are read-only, or their changes are reported', () => {
    expect(readFileSync(of('.github/workflows/ci.yml'), 'utf8')).toBe('on: push\n');
    expect(readdirSync(of('.github/workflows'))).toEqual(['ci.yml']);
    expect(readFileSync(of('.mcp.json'), 'utf8')).toBe('{}\n');
    expect(sections['E5 protected paths']).toContain('refused mv');
    expect(step.runner.main.summary()).toMatch(/`\.vscode`: added/);
    expect(step.runner.main.summary()).toMatch(/`package\.json`: modified/);
    expect(main.stdout).toMatch(/::warning title=AWF::.*\.vscode \(added\).*package\.json \(modified\)/);
  });

  test('the guards leave no mount points and no files of other users behind', () => {
    const uid = asOther ? user.uid : statSync(of('.')).uid;
    const foreign = spawnSync('find', [of('.'), '!', '-uid', String(uid)], { encoding: 'utf8' });
    expect(foreign.stdout).toBe('');
    for (const name of ['.claude', '.envrc', '.husky'])
      expect(lstatSync(of(name), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe.skipIf(!HAS_GIT)('the workspace is searched', () => {
  let step: ActionStep | undefined;
  const elsewhere = mkdtempSync(join(tmpdir(), 'awf-repository-'));
  afterEach(() => step?.runner.remove());
  afterAll(() => {
    rmSync(elsewhere, { recursive: true });
  });

  test('E4: by the post step, if the main step was killed', async () => {
    step = actionStep({
      run: `${IDENTITY}; git commit -q --allow-empty -m killed; echo ../common > .git/commondir
        git init -q new; echo '[core]' > new/.git/config; echo 'fsmonitor = ./x' >> new/.git/config; echo ready; sleep 60`,
    });
    const { workspace } = step.runner;
    makeRepository(workspace);
    const entry = await step.start();
    await untilSaid(entry, 'ready');
    entry.signal('SIGKILL');
    await entry.done;
    expect(git(workspace, 'log', '-1', '--format=%s')).toBe('second');
    expect(readFileSync(join(workspace, 'new/.git/config'), 'utf8')).toContain('fsmonitor');
    const runner = step.runner.post();
    const post = await runEntry(join(ROOT, 'dist', 'post', 'index.js'), runner.env);
    expect((await post.done).stdout).toMatch(/::warning title=AWF::.*new\/\.git/);
    expect(runner.summary()).toContain('`new/.git`');
    expect(git(workspace, 'log', '-1', '--format=%s')).toBe('killed');
    expect(readFileSync(join(workspace, 'new/.git/config'), 'utf8')).not.toContain('fsmonitor');
    expect(readdirSync(join(workspace, '.git'))).not.toContain('commondir');
    expect(readdirSync(step.runner.temp).filter((name) => /^awf-/.test(name))).toEqual([]);
    expect(tryGit(workspace, ['status'])).toMatchObject({ code: 0 });
  });

  test('E4: with a linked worktree, in the repository that is elsewhere', async () => {
    makeRepository(elsewhere);
    step = actionStep({
      run: `${IDENTITY}; set +e; git commit -q --allow-empty -m inside && echo committed; cd ${elsewhere}/.git || exit 1
        echo tampered > config; touch hooks/pre-commit || echo refused; echo ${'0'.repeat(40)} > HEAD; echo x > index
        echo ../common > commondir; cat config; ls ${elsewhere} -A; true`,
    });
    const { workspace } = step.runner;
    rmSync(workspace, { recursive: true });
    git(elsewhere, 'worktree', 'add', '-q', workspace);
    const main = await step.main();
    expect(main.stdout).toContain('committed');
    expect(main.stdout).toContain('refused');
    expect(main.stdout).not.toContain(CHECKOUT_TOKEN);
    expect(main.stdout).not.toContain('package.json');
    expect(main.stdout).toMatch(/::warning title=AWF::.*is a part of the repository/);
    expect(readdirSync(join(elsewhere, '.git'))).not.toContain('commondir');
    expect(git(elsewhere, 'config', '--file', '.git/config', 'user.name')).toBe('Octocat');
    expect(git(elsewhere, 'status', '--porcelain', '--untracked-files=no')).toBe('');
    expect(git(elsewhere, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(git(workspace, 'log', '-1', '--format=%s')).toBe('inside');
  });
});
