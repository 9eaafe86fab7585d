import { readFileSync, statSync } from 'node:fs';
import { isObjectId, type Repository } from './repository.ts';

/** The payload of an event has at most 25 MB. */
const MAX_EVENT_BYTES = 32 << 20;

/**
 * Events about what happens to a commit or a pull request, or with which another workflow hands one over. They run on the
 * default branch, so nobody needs them for a checkout of that.
 */
const ON_DEFAULT_BRANCH: ReadonlySet<string> = new Set([
  'workflow_run',
  'check_run',
  'check_suite',
  'status',
  'repository_dispatch',
]);

/** Events for which the runner has code that nobody with rights on the repository may have seen. */
type Untrusted =
  /** The commit may be the merge of a pull request: everything in it but its first parent can be the author's. */
  | { readonly kind: 'pull request'; readonly baseSha: string | undefined; readonly baseRef: string | undefined }
  /** GITHUB_SHA is the last commit of the default branch, whatever the workflow checks out. */
  | { readonly kind: 'default branch' };

/** Where a run's policy has to come from, and how its commit can be found in a clone. */
export interface PolicyBase {
  /** For messages: `the base of the pull request`. */
  readonly what: string;
  /** @returns the id of the commit, if the clone has it */
  readonly commitIn: (repository: Repository) => string | undefined;
}

/**
 * The base of the run, if its event lets others write what is checked out.
 *
 * @returns undefined for an event such as a push, and outside of GitHub Actions
 */
export function policyBase(environment: NodeJS.ProcessEnv): PolicyBase | undefined {
  const event = untrusted(environment);
  if (event === undefined) return undefined;
  const sha = objectId(environment['GITHUB_SHA']);
  if (event.kind === 'default branch') {
    return {
      what: 'the default branch',
      commitIn: (repository) => (sha === undefined ? undefined : repository.commit(sha)),
    };
  }
  const isMerge = /^refs\/pull\/\d+\/merge$/.test(environment['GITHUB_REF'] ?? '');
  const isTarget = environment['GITHUB_EVENT_NAME'] === 'pull_request_target';
  const candidates = [
    event.baseSha,
    // GitHub made this merge: its first parent is the base. HEAD could be a commit of the author's.
    ...(isMerge && sha !== undefined ? [`${sha}^1`] : []),
    ...(isTarget ? [sha] : []),
  ];
  return {
    what: 'the base of the pull request',
    commitIn: (repository) =>
      first(candidates, (candidate) => repository.commit(candidate)) ??
      ofOrigin(repository, event.baseRef, environment),
  };
}

/**
 * The base of a pull request that a workflow checks out although its event is about none: somebody starts it by hand with the
 * number of a pull request, for example.
 *
 * @returns undefined if what is checked out is no pull request's, as far as the clone shows
 */
export function baseOfCheckout(repository: Repository, environment: NodeJS.ProcessEnv): PolicyBase | undefined {
  const sha = objectId(environment['GITHUB_SHA']);
  const pulls = repository.pullsAtHead();
  if (sha === undefined || pulls.length === 0) return undefined;
  const merge = pulls.find((ref) => ref.endsWith('/merge'));
  return {
    what: 'the commit that started the workflow',
    commitIn: () =>
      repository.commit(sha) ??
      (merge && isOwnOrigin(repository, environment) ? repository.commit(`${merge}^1`) : undefined),
  };
}

/** The base's branch as it was fetched. `origin` may also be a fork, whose branches are the author's. */
function ofOrigin(
  repository: Repository,
  branch: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  if (branch === undefined || !isOwnOrigin(repository, environment)) return undefined;
  return repository.commit(`refs/remotes/origin/${branch}`);
}

function isOwnOrigin(
  repository: Repository,
  { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name }: NodeJS.ProcessEnv,
): boolean {
  if (server === undefined || name === undefined) return false;
  const own = `${server}/${name}`.toLowerCase();
  const origin = repository
    .origin()
    ?.toLowerCase()
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
  return origin === own;
}

function first<T>(items: readonly (string | undefined)[], find: (item: string) => T | undefined): T | undefined {
  for (const item of items) {
    const found = item === undefined ? undefined : find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function untrusted(environment: NodeJS.ProcessEnv): Untrusted | undefined {
  const name = environment['GITHUB_EVENT_NAME'] ?? '';
  const branch = environment['GITHUB_BASE_REF'] ?? '';
  if (name.startsWith('pull_request') || branch !== '') {
    const base = member(member(payload(environment), 'pull_request'), 'base');
    const baseRef = branch === '' ? member(base, 'ref') : branch;
    return {
      kind: 'pull request',
      baseSha: objectId(member(base, 'sha')),
      baseRef: typeof baseRef === 'string' ? baseRef : undefined,
    };
  }
  const isComment =
    name === 'issue_comment' && member(member(payload(environment), 'issue'), 'pull_request') !== undefined;
  return isComment || ON_DEFAULT_BRANCH.has(name) ? { kind: 'default branch' } : undefined;
}

/** @returns undefined if the runner left none that can be read; the other ways to the base remain */
function payload({ GITHUB_EVENT_PATH: path }: NodeJS.ProcessEnv): unknown {
  try {
    if (path === undefined || statSync(path).size > MAX_EVENT_BYTES) return undefined;
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function objectId(value: unknown): string | undefined {
  return typeof value === 'string' && isObjectId(value) ? value : undefined;
}
