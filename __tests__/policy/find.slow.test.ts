import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Given } from '../../src/config/source.ts';
import { findPolicy, MAX_BYTES, type PolicySearch } from '../../src/policy/find.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { git, HAS_GIT } from '../../testing/git.ts';

const FILE = '.github/awf.yml';
const input = (name: string, text: string): Given => ({ text, source: { kind: 'input', name } });

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function commit(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) write(join(directory, name), content);
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--allow-empty', '--message', 'x');
  return git(directory, 'rev-parse', 'HEAD');
}

interface Upstream {
  readonly directory: string;
  readonly base: string;
  readonly head: string;
  readonly merge: string;
}

/** A repository with a pull request, as the server has it: the base, the author's commit, and GitHub's merge of both. */
function anUpstream(base: Readonly<Record<string, string>>, author: (directory: string) => void): Upstream {
  const directory = temporaryDirectory();
  git(directory, 'init', '--quiet', '--initial-branch=main');
  git(directory, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const baseId = commit(directory, { 'README.md': 'x', ...base });
  git(directory, 'checkout', '--quiet', '-b', 'feature');
  author(directory);
  const head = commit(directory, { 'code.txt': 'of the author' });
  git(directory, 'checkout', '--quiet', 'main');
  git(directory, 'checkout', '--quiet', '--detach');
  git(directory, 'merge', '--quiet', '--no-ff', '--message', 'merge', 'feature');
  const merge = git(directory, 'rev-parse', 'HEAD');
  git(directory, 'update-ref', 'refs/pull/1/merge', merge);
  return { directory, base: baseId, head, merge };
}

/** What actions/checkout does: one commit, detached, with as much history as asked for. */
function checkout({ directory }: Upstream, id: string, depth: number, path = temporaryDirectory()): string {
  mkdirSync(path, { recursive: true });
  git(path, 'init', '--quiet');
  git(path, 'remote', 'add', 'origin', `file://${directory}`);
  git(path, 'fetch', '--quiet', `--depth=${depth}`, 'origin', id);
  git(path, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
  return path;
}

const aPullRequest = ({ base, merge, directory }: Upstream, event?: object): NodeJS.ProcessEnv => {
  const path = join(temporaryDirectory(), 'event.json');
  write(path, JSON.stringify(event ?? { pull_request: { base: { sha: base, ref: 'main' } } }));
  return {
    PATH: process.env['PATH'],
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path,
    GITHUB_BASE_REF: 'main',
    GITHUB_REF: 'refs/pull/1/merge',
    GITHUB_SHA: merge,
    GITHUB_SERVER_URL: `file://${dirname(directory)}`,
    GITHUB_REPOSITORY: directory.slice(dirname(directory).length + 1),
  };
};

function find(workspace: string, environment: NodeJS.ProcessEnv, policy?: string, ref?: string): PolicySearch {
  return findPolicy({
    policy: policy === undefined ? undefined : input('policy', policy),
    policyRef: ref === undefined ? undefined : input('policy-ref', ref),
    ...{ environment, workspace },
  });
}

const textOf = (search: PolicySearch): string | undefined =>
  search !== undefined && 'found' in search ? search.found.content.toString() : undefined;

const widens = (directory: string): void => write(join(directory, FILE), 'of the author');
const theirs = (): Upstream => anUpstream({ [FILE]: 'of the base' }, widens);

describe('a policy that is not at the top of the workspace', () => {
  test.each([
    ['in a checkout below', '.', undefined, `repository/${FILE}`],
    ['in the checkout of which the workspace is a directory', 'repository/sub', undefined, `../${FILE}`],
    ['that nobody wants', '.', 'none', undefined],
    ['in the workspace itself: it is read', 'repository', undefined, undefined],
    ['further below', 'deep/below/.github', undefined, undefined],
  ])('%s', (_, workspace, policy, unread) => {
    const top = temporaryDirectory();
    for (const name of ['repository/.git', 'repository/sub']) mkdirSync(join(top, name), { recursive: true });
    for (const name of ['repository', 'deep/below']) write(join(top, name, FILE), 'x');
    const search = find(join(top, workspace), {}, policy);
    const warning = search !== undefined && 'warning' in search ? search.warning : undefined;
    expect(warning?.startsWith(`${unread} is not read`)).toBe(unread === undefined ? undefined : true);
  });
});

describe.skipIf(!HAS_GIT)('in a pull request that changes the policy', () => {
  test('the base is used however the file is named: from a directory of the checkout, and over a link', () => {
    const upstream = anUpstream({ [FILE]: 'of the base', 'a/b/x': '' }, widens);
    const top = checkout(upstream, upstream.merge, 2);
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(top, link);
    for (const [workspace, policy] of [
      [join(top, 'a/b'), `../../${FILE}`],
      [join(top, 'a/b'), join(link, FILE)],
      [top, join(link, FILE)],
    ] as const) {
      expect(textOf(find(workspace, aPullRequest(upstream), policy))).toBe('of the base');
      expect(textOf(find(workspace, { PATH: process.env['PATH'] }, policy, upstream.head))).toBe('of the author');
    }
  });

  test('the clone of the merge has the base: it is used', () => {
    const upstream = theirs();
    const search = find(checkout(upstream, upstream.merge, 2), aPullRequest(upstream));
    expect(textOf(search)).toBe('of the base');
    expect(search).toMatchObject({
      found: { origin: { file: FILE, commit: upstream.base, from: 'the base of the pull request' } },
    });
  });

  test.each([
    ['no payload', {}],
    ['the base of another time', { pull_request: { base: { sha: 'f'.repeat(40) } } }],
    ['nonsense', { pull_request: { base: { sha: '--output=x' } } }],
  ])('the first parent of the merge is the base too, with %s', (_, event) => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.merge, 2);
    expect(textOf(find(workspace, aPullRequest(upstream, event)))).toBe('of the base');
  });

  test('a shallow clone without the base is an error, and never the file of the author', () => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.merge, 1);
    for (const policy of [undefined, FILE]) {
      const error = thrown(() => find(workspace, aPullRequest(upstream), policy));
      expect(error.message).toContain('has to come from the base of the pull request, which is not in the clone');
      expect(error.hint).toContain('fetch-depth: 2');
    }
  });

  test('the parent of the commit of the author is not taken for the base', () => {
    const upstream = theirs();
    // The author's branch has the wide policy in every commit; only the merge's first parent is the base.
    const earlier = upstream.head;
    git(upstream.directory, 'checkout', '--quiet', 'feature');
    const later = commit(upstream.directory, { 'more.txt': 'x' });
    const workspace = checkout(upstream, later, 2);
    expect(git(workspace, 'rev-parse', 'HEAD^1')).toBe(earlier);
    expect(() => find(workspace, aPullRequest(upstream))).toThrow(/not in the clone/);
  });

  test('the branch that was fetched from the repository itself is the base, that of a fork is not', () => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.head, 1);
    git(workspace, 'fetch', '--quiet', '--depth=1', 'origin', 'main:refs/remotes/origin/main');
    const environment = aPullRequest(upstream, {});
    expect(textOf(find(workspace, environment))).toBe('of the base');
    expect(() => find(workspace, { ...environment, GITHUB_REPOSITORY: 'somebody/else' })).toThrow(/not in the clone/);
  });

  test('a second checkout of the base is read as it is', () => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.merge, 1);
    checkout(upstream, upstream.base, 1, join(workspace, 'base'));
    const search = find(workspace, aPullRequest(upstream), `base/${FILE}`);
    expect(textOf(search)).toBe('of the base');
    expect(search).toMatchObject({ found: { origin: { file: `base/${FILE}`, commit: undefined } } });
  });

  test('a directory of the author does not pass for that second checkout', () => {
    const upstream = anUpstream({ [FILE]: 'of the base' }, (at) => write(join(at, 'base', FILE), 'of the author'));
    const workspace = checkout(upstream, upstream.merge, 2);
    expect(() => find(workspace, aPullRequest(upstream), `base/${FILE}`)).toThrow(/is not in the base/);
  });

  test('a submodule of the author does not pass for it either', () => {
    const other = temporaryDirectory();
    git(other, 'init', '--quiet', '--initial-branch=main');
    const id = commit(other, { [FILE]: 'of the author' });
    const upstream = anUpstream({}, (at) => {
      // Without its directory, git would take the submodule for deleted.
      mkdirSync(join(at, 'base'));
      git(at, 'update-index', '--add', '--cacheinfo', `160000,${id},base`);
    });
    const workspace = checkout(upstream, upstream.merge, 2);
    rmSync(join(workspace, 'base'), { recursive: true, force: true });
    git(workspace, 'clone', '--quiet', other, 'base');
    expect(existsSync(join(workspace, 'base', FILE))).toBe(true);
    expect(() => find(workspace, aPullRequest(upstream), `base/${FILE}`)).toThrow(/is not in the base/);
  });
});

describe.skipIf(!HAS_GIT)('in a pull request', () => {
  test('that deletes the policy, it stays', () => {
    const upstream = anUpstream({ [FILE]: 'of the base' }, (at) => rmSync(join(at, FILE)));
    const workspace = checkout(upstream, upstream.merge, 2);
    expect(existsSync(join(workspace, FILE))).toBe(false);
    expect(textOf(find(workspace, aPullRequest(upstream)))).toBe('of the base');
    const shallow = checkout(upstream, upstream.merge, 1);
    expect(find(shallow, aPullRequest(upstream))).toBeUndefined();
    expect(() => find(shallow, aPullRequest(upstream), FILE)).toThrow(/not in the clone/);
  });

  test('that adds the first policy, there is none, with a warning', () => {
    const upstream = anUpstream({}, widens);
    const workspace = checkout(upstream, upstream.merge, 2);
    expect(find(workspace, aPullRequest(upstream))).toEqual({ warning: expect.stringContaining('is new') as string });
    expect(() => find(workspace, aPullRequest(upstream), FILE)).toThrow(/cannot bring its own policy|not in the base/);
  });

  test('without any policy, nothing is asked for', () => {
    const upstream = anUpstream({}, () => undefined);
    for (const depth of [1, 2]) {
      expect(find(checkout(upstream, upstream.merge, depth), aPullRequest(upstream))).toBeUndefined();
    }
  });

  test.each(['pull_request_target', 'pull_request_review', 'pull_request_review_comment'])(
    'of the event %s, too',
    (name) => {
      const upstream = theirs();
      const workspace = checkout(upstream, upstream.merge, 2);
      const environment = { ...aPullRequest(upstream), GITHUB_EVENT_NAME: name, GITHUB_BASE_REF: '' };
      expect(textOf(find(workspace, environment))).toBe('of the base');
    },
  );

  test.each([
    ['issue_comment', { issue: { pull_request: {} } }],
    ['workflow_run', {}],
    ['check_run', {}],
    ['check_suite', {}],
    ['status', {}],
    ['repository_dispatch', { client_payload: { pull_request: 1 } }],
  ])('that %s is about, the commit of the default branch counts', (name, event) => {
    const upstream = theirs();
    const environment = {
      ...aPullRequest(upstream, event),
      ...{ GITHUB_EVENT_NAME: name, GITHUB_BASE_REF: '', GITHUB_SHA: upstream.base, GITHUB_REF: 'refs/heads/main' },
    };
    expect(textOf(find(checkout(upstream, upstream.head, 2), environment))).toBe('of the base');
    expect(() => find(checkout(upstream, upstream.head, 1), environment)).toThrow(/not in the clone/);
  });

  describe('that is checked out by hand', () => {
    /** As actions/checkout does it with `ref: refs/pull/1/KIND`. */
    function pull(upstream: Upstream, kind: 'merge' | 'head', depth: number): string {
      const workspace = checkout(upstream, upstream[kind], depth);
      git(workspace, 'update-ref', `refs/remotes/pull/1/${kind}`, upstream[kind]);
      return workspace;
    }
    const byHand = (upstream: Upstream): NodeJS.ProcessEnv => ({
      ...aPullRequest(upstream, {}),
      ...{ GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_BASE_REF: '', GITHUB_REF: 'refs/heads/main' },
      GITHUB_SHA: upstream.base,
    });

    test('the commit that started the workflow counts', () => {
      const upstream = theirs();
      for (const kind of ['merge', 'head'] as const) {
        const search = find(pull(upstream, kind, 2), byHand(upstream));
        expect(textOf(search)).toBe('of the base');
        expect(search).toMatchObject({ found: { origin: { from: 'the commit that started the workflow' } } });
      }
    });

    test('deleting the file does not get rid of it', () => {
      const upstream = anUpstream({ [FILE]: 'of the base' }, (directory) => {
        git(directory, 'rm', '--quiet', FILE);
      });
      expect(textOf(find(pull(upstream, 'merge', 2), byHand(upstream)))).toBe('of the base');
    });

    test('or the base of the merge, if GitHub made it, and nothing else', () => {
      const upstream = theirs();
      const later = { ...byHand(upstream), GITHUB_SHA: 'f'.repeat(40) };
      const workspace = pull(upstream, 'merge', 2);
      git(workspace, 'remote', 'set-url', 'origin', `file://${upstream.directory}`);
      expect(textOf(find(workspace, later))).toBe('of the base');
      expect(() => find(pull(upstream, 'head', 2), later)).toThrow(/not in the clone/);
      git(workspace, 'remote', 'set-url', 'origin', 'file:///a/fork');
      expect(() => find(workspace, later)).toThrow(/not in the clone/);
      expect(() => find(pull(upstream, 'merge', 1), later)).toThrow(/not in the clone/);
    });

    test('on one’s own machine, the file is one’s own business', () => {
      const upstream = theirs();
      expect(textOf(find(pull(upstream, 'merge', 2), { PATH: process.env['PATH'] }))).toBe('of the author');
    });
  });

  test.each(['push', 'merge_group', 'workflow_dispatch', 'schedule'])('%s reads what is checked out', (name) => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.merge, 1);
    const environment = { ...aPullRequest(upstream), GITHUB_EVENT_NAME: name, GITHUB_BASE_REF: '' };
    expect(textOf(find(workspace, environment))).toBe('of the author');
  });
});

describe.skipIf(!HAS_GIT)('policy-ref', () => {
  test('names a commit, a tag, or a branch that only the remote has', () => {
    const upstream = theirs();
    git(upstream.directory, 'tag', 'v1', upstream.base);
    const workspace = temporaryDirectory();
    git(workspace, 'clone', '--quiet', '--branch', 'feature', upstream.directory, '.');
    for (const ref of [upstream.base, 'v1', 'main', 'origin/main', 'HEAD^1']) {
      expect(textOf(find(workspace, { PATH: process.env['PATH'] }, undefined, ref))).toBe('of the base');
    }
    expect(textOf(find(workspace, aPullRequest(upstream), undefined, 'HEAD'))).toBe('of the author');
  });

  test.each(['nothing', '--help', `main:${FILE}`, ':/x', '', 'main@{u}'])('%j is no commit', (ref) => {
    const upstream = theirs();
    const workspace = checkout(upstream, upstream.merge, 2);
    expect(() => find(workspace, aPullRequest(upstream), undefined, ref)).toThrow(/is no commit in the clone/);
  });

  test('works below the top of the repository', () => {
    const upstream = anUpstream({ [`sub/${FILE}`]: 'below' }, () => undefined);
    const workspace = join(checkout(upstream, upstream.base, 1), 'sub');
    expect(textOf(find(workspace, { PATH: process.env['PATH'] }, undefined, 'HEAD'))).toBe('below');
  });

  test.each<[string, (at: string) => void, RegExp]>([
    ['a link', (at) => symlinkSync('../README.md', join(at, FILE)), /there is a link/],
    [
      'a link on the way',
      (at) => {
        write(join(at, 'real/awf.yml'), 'x');
        rmSync(join(at, '.github'), { recursive: true });
        symlinkSync('real', join(at, '.github'));
      },
      /there is a link/,
    ],
    ['a directory', (at) => write(join(at, FILE, 'x'), ''), /there is a directory/],
    ['a file that is too large', (at) => write(join(at, FILE), 'a'.repeat(MAX_BYTES + 1)), /is larger than 64 KiB/],
  ])('%s is refused', (_, make, problem) => {
    const directory = temporaryDirectory();
    git(directory, 'init', '--quiet', '--initial-branch=main');
    mkdirSync(join(directory, '.github'));
    make(directory);
    commit(directory, {});
    expect(() => find(directory, { PATH: process.env['PATH'] }, undefined, 'HEAD')).toThrow(problem);
  });
});
