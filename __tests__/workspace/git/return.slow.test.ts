import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { composeRepository } from '../../../src/workspace/git/private.ts';
import { returnDirectory, type Kept } from '../../../src/workspace/git/return.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, GIT_ENVIRONMENT, HAS_GIT } from '../../../testing/git.ts';

/** Runs a script that may fail: a conflict is no failure. */
function run(cwd: string, script: string, env: Readonly<Record<string, string>> = {}): void {
  const dates = { GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' };
  const base = { PATH: process.env['PATH'], HOME: '/nonexistent', ...GIT_ENVIRONMENT, ...dates };
  spawnSync('bash', ['-c', script], { cwd, env: { ...base, GIT_EDITOR: 'true', ...env } });
}

/** Two branches that change the same file, in directories to choose from. */
const START = `git init -q -b main; mkdir a b; for i in 1 2 3; do echo $i > a/$i; echo $i > b/$i; done; git add .
  git commit -qm one; git branch other; echo main >> a/1; git commit -qam two
  git switch -q other; mkdir c; echo c > c/c; echo other >> a/1; git add .; git commit -qm three; git switch -q main`;

const QUESTIONS: readonly (readonly string[])[] = [
  ['for-each-ref'],
  ['symbolic-ref', '-q', '--short', 'HEAD'],
  ['status', '--long'],
  ['ls-files', '-v', '--stage'],
  ['stash', 'list'],
  ['diff'],
];

function stateOf(top: string): Record<string, string> {
  return Object.fromEntries(
    QUESTIONS.map((question) => {
      const { stdout } = spawnSync('git', question, {
        cwd: top,
        encoding: 'utf8',
        env: { ...process.env, ...GIT_ENVIRONMENT },
      });
      return [question.join(' '), stdout];
    }),
  );
}

/** The state after a script in the sandbox, and after the same one outside. */
function afterBoth(before: string, script: string): { host: string; outside: string; kept: Kept } {
  const [host, outside] = [temporaryDirectory(), join(temporaryDirectory(), 'w')];
  run(host, `${START}\n${before}`);
  cpSync(host, outside, { recursive: true });
  run(outside, `git update-index -q --refresh\n${script}`);
  return { host, outside, kept: inSandbox(host, script) };
}

/**
 * In the sandbox, the objects are the host's and the rest is the run's own.
 *
 * @param meanwhile is run on the host when the command has ended
 */
function inSandbox(host: string, script: string, meanwhile = ':'): Kept {
  const own = join(temporaryDirectory(), 'git');
  const owner = { uid: process.getuid!(), gid: process.getgid!() };
  const config = (file: string): string => readFileSync(file, 'latin1');
  const { directories } = composeRepository(join(host, '.git'), own, owner, config);
  rmSync(join(own, 'objects'), { recursive: true });
  run(host, script, { GIT_DIR: own, GIT_WORK_TREE: host, GIT_OBJECT_DIRECTORY: join(host, '.git/objects') });
  run(host, meanwhile);
  const kept: Kept = { conflicts: [], ended: [], settings: [], failed: [] };
  for (const directory of directories) returnDirectory(directory, host, kept);
  return kept;
}

const BISECTION = 'git switch -q other; git bisect start HEAD HEAD~1';
const SPARSE = 'git sparse-checkout set a';

describe.skipIf(!HAS_GIT)('what a command leaves is on the host what it would be outside', () => {
  test.each<[string, string, string]>([
    ['a sparse checkout', '', SPARSE],
    ['a sparse checkout with directories in its index', '', 'git sparse-checkout set --sparse-index a'],
    ['another branch in a sparse checkout', SPARSE, 'git switch -q other'],
    ['more of a sparse checkout', SPARSE, 'git sparse-checkout add b'],
    ['no sparse checkout any more', SPARSE, 'git sparse-checkout disable'],
    ['a merge with changes put aside, in conflict', 'echo mine > b/1', 'git merge --autostash other'],
    [
      'a branch where others were before',
      'git branch a/x; git branch b',
      'git branch -D a/x b; git branch a; git branch b/y',
    ],
    ['a bisection that was begun before', BISECTION, 'git bisect good; git bisect reset'],
  ])('%s', (_, before, script) => {
    const { host, outside, kept } = afterBoth(before, script);
    expect(stateOf(host)).toEqual(stateOf(outside));
    expect({ ...kept, settings: [] }).toEqual({ conflicts: [], ended: [], settings: [], failed: [] });
    expect(kept.settings.filter((name) => name !== 'extensions.worktreeconfig')).toEqual([]);
    // It is what it says, not only what it looks like.
    for (const top of [host, outside])
      run(top, 'git switch -q other; git switch -q main; git sparse-checkout list > list');
    expect(stateOf(host)).toEqual(stateOf(outside));
    expect(existsSync(join(host, 'b/1'))).toBe(existsSync(join(outside, 'b/1')));
  });

  test.each([
    ['merge', 'git rebase --autostash other', 'a rebase'],
    ['apply', 'git rebase --apply --autostash other', 'a rebase or git am'],
  ])('but a rebase (%s) ends, and what it has put aside is in the stash', (_, script, what) => {
    const host = temporaryDirectory();
    run(host, `${START}; echo older > b/2; git stash -q; echo mine > b/1`);
    const kept = inSandbox(host, script);
    expect(kept).toEqual({
      ...{ conflicts: [], settings: [], failed: [] },
      ended: [`${what} (the changes that it would have restored are in git stash)`],
    });
    expect(git(host, 'stash', 'list').split('\n')).toEqual([
      expect.stringMatching(/^stash@\{0\}: autostash$/),
      expect.stringMatching(/^stash@\{1\}: WIP on main/),
    ]);
    git(host, 'checkout', '-qf', 'main');
    git(host, 'stash', 'pop', '-q');
    expect(readFileSync(join(host, 'b/1'), 'utf8')).toBe('mine\n');
    expect(git(host, 'fsck', '--no-dangling')).toBe('');
  });

  test('but no branch is lost if the references have got another format', () => {
    const host = temporaryDirectory();
    run(host, START);
    const before = git(host, 'for-each-ref');
    // What `git refs migrate --ref-format=reftable` leaves, of git 2.46 and later.
    const migrate = `cd $GIT_DIR; git config extensions.refStorage reftable; rm -rf refs packed-refs; mkdir refs reftable
      echo 'this repository uses the reftable format' > refs/heads; echo 'ref: refs/heads/.invalid' > HEAD`;
    expect(inSandbox(host, migrate)).toEqual({
      ...{ conflicts: [], ended: [], settings: ['extensions.refstorage'] },
      failed: [expect.stringMatching(/its references are in a format that AWF does not know/)],
    });
    expect(git(host, 'for-each-ref')).toBe(before);
    expect(git(host, 'status', '--porcelain')).toBe('');
  });

  /** What a command also did must be there, whatever else could not be. */
  const ALSO = 'git config user.name Agent; git branch beside; git tag done';
  const LOGS = '"$GIT_DIR"/logs/refs/heads';
  test.each<[string, string, string, Partial<Kept>]>([
    [
      'a branch whose place somebody took on the host',
      'git branch feature/x',
      'git branch feature',
      { conflicts: ['refs/heads/feature/x'] },
    ],
    [
      'a branch that took the place of one on the host',
      'git branch feature',
      'git branch feature/x',
      { conflicts: ['refs/heads/feature'] },
    ],
    ['a directory for the log of a branch', `rm ${LOGS}/other; mkdir ${LOGS}/other; touch ${LOGS}/other/x`, '', {}],
    [
      'a directory where a file of git is due',
      'git stash -q; rm -f "$GIT_DIR"/ORIG_HEAD; mkdir "$GIT_DIR"/ORIG_HEAD; touch "$GIT_DIR"/ORIG_HEAD/x',
      '',
      {},
    ],
    [
      'a file on the host where the log of a branch is due',
      'git branch feature/x',
      'touch .git/logs/refs/heads/feature',
      { failed: [expect.stringMatching(/^\S+\/\.git\/logs: Error: EEXIST/) as string] },
    ],
    [
      'a directory on the host where the log of a branch is due',
      'git branch feature',
      'mkdir -p .git/logs/refs/heads/feature; touch .git/logs/refs/heads/feature/x',
      { failed: [expect.stringMatching(/^\S+\/\.git\/logs: Error: ENOTEMPTY/) as string] },
    ],
  ])('%s costs only that', (_, script, meanwhile, expected) => {
    const host = temporaryDirectory();
    run(host, START);
    const kept = inSandbox(host, `${script}\n${ALSO}`, meanwhile);
    expect(kept).toEqual({ conflicts: [], ended: [], settings: [], failed: [], ...expected });
    expect(git(host, 'config', 'user.name')).toBe('Agent');
    expect(git(host, 'tag')).toBe('done');
    expect(git(host, 'rev-parse', 'beside')).toBe(git(host, 'rev-parse', 'main'));
    expect(git(host, 'fsck', '--no-dangling')).toBe('');
  });

  test('but a bisection that goes on ends', () => {
    const host = temporaryDirectory();
    run(host, `${START}; ${BISECTION}`);
    expect(inSandbox(host, 'true').ended).toEqual([]);
    expect(git(host, 'status')).toContain('bisect');
    expect(inSandbox(host, 'git bisect skip').ended).toEqual(['a bisection']);
    // What was moved aside means nothing to the next run.
    expect(inSandbox(host, 'true').ended).toEqual([]);
    expect(git(host, 'status')).not.toContain('bisect');
    expect(git(host, 'for-each-ref', 'refs/bisect')).toBe('');
  });

  test.each(['# sparsecheckout = true', '[user]\n\tname = "sparsecheckout = true"', '[core]\n\tsparseCheckout = true'])(
    'but no change is hidden, whatever the settings say: %j',
    (text) => {
      const host = temporaryDirectory();
      run(host, START);
      inSandbox(host, `printf '${text}\\n' >> $GIT_DIR/config; echo evil >> a/1; git update-index --skip-worktree a/1`);
      expect(git(host, 'status', '--porcelain')).toBe(' M a/1');
    },
  );
});

test.skipIf(!HAS_GIT)(
  'no setting of the command’s sends the user’s later work elsewhere, or removes what only the host has',
  () => {
    const remotes = `git init -q --bare good.git; git init -q --bare evil.git; for r in good evil; do git push -q $r.git HEAD:refs/heads/feature; done
    git remote add origin good.git; git fetch -q origin; git tag mine`;
    const evil = `git remote add evil evil.git; git fetch -q evil; git config checkout.defaultRemote evil
    git config fetch.prune true; git config fetch.pruneTags true`;
    // What somebody does on the host some day.
    const later = `git fetch -q origin; git switch -q feature || git switch -q -c feature origin/feature
    git commit -q --allow-empty -m work; git push -q; git tag > tags`;
    const pushed = (top: string): string =>
      spawnSync('git', ['-C', 'evil.git', 'log', '--format=%s', '-1', 'feature'], { cwd: top, encoding: 'utf8' })
        .stdout;
    const { host, outside, kept } = afterBoth(remotes, evil);
    for (const top of [host, outside]) run(top, later);
    expect(kept.settings).toEqual(['checkout.defaultremote', 'fetch.prune', 'fetch.prunetags']);
    expect([pushed(host), readFileSync(join(host, 'tags'), 'utf8')]).toEqual(['two\n', 'mine\n']);
    // Control: without the sandbox, both happen.
    expect([pushed(outside), readFileSync(join(outside, 'tags'), 'utf8')]).toEqual(['work\n', '']);
  },
);
