import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { PolicyOrigin } from '../config/config.ts';
import { placeOf, type Given } from '../config/source.ts';
import { UserError } from '../errors.ts';
import { printableText } from '../host/file-names.ts';
import { isBelow, realPath, resolved } from '../host/paths.ts';
import { baseOfCheckout, policyBase, type PolicyBase } from './base.ts';
import { Repository, type TreeEntry } from './repository.ts';

/** Where a policy is if no option names one. */
export const DEFAULT_FILE = '.github/awf.yml';
/** The value of the option `policy` for no policy. */
const NO_POLICY = 'none';
/** Nobody writes a longer policy by hand, and YAML takes a multiple of it in memory. */
export const MAX_BYTES = 64 << 10;

/** The options that say where the policy is, and what they are about. */
export interface PolicyPlace {
  readonly policy: Given | undefined;
  readonly policyRef: Given | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** An absolute path without links. */
  readonly workspace: string;
}

/** A policy's text, not yet read. */
export interface FoundPolicy {
  readonly origin: PolicyOrigin;
  readonly content: Buffer;
}

/** A policy, or why there is none although there is a file. */
export type PolicySearch = { readonly found: FoundPolicy } | { readonly warning: string } | undefined;

/** Where the policy is looked for in the workspace, whether it is there or not; undefined if it is looked for elsewhere. */
export function placeInWorkspace({ policy, workspace }: Pick<PolicyPlace, 'policy' | 'workspace'>): string | undefined {
  return policy?.text === NO_POLICY ? undefined : placeBelow(workspace, workspace, policy?.text);
}

/** Like {@link placeInWorkspace}, for all that was checked out: the workspace may be a directory of it. */
function placeInCheckout({ policy, workspace }: PolicyPlace): string | undefined {
  return policy === undefined
    ? placeBelow(workspace, workspace)
    : placeBelow(topOfCheckout(workspace), workspace, policy.text);
}

/** The nearest directory with a `.git` in it. Without one, the workspace itself. */
function topOfCheckout(workspace: string): string {
  for (let at = workspace; at !== '/'; at = dirname(at)) if (exists(join(at, '.git'))) return at;
  return workspace;
}

/** @returns the path relative to the workspace, if it leads below `top`: as it is written, or over a link */
function placeBelow(top: string, workspace: string, text = DEFAULT_FILE): string | undefined {
  const path = resolve(workspace, text);
  const place = [path, resolved(path)].find((one) => isBelow(one, top));
  return place && relative(workspace, place);
}

/**
 * Finds the policy of a run. Where others can write what is checked out, it comes from the base, and never silently from
 * the working tree.
 *
 * @returns undefined if there is none
 * @throws UserError if it is not where it has to be
 */
export function findPolicy(place: PolicyPlace): PolicySearch {
  const { policy, policyRef, workspace } = place;
  if (policy?.text === NO_POLICY) {
    if (policyRef === undefined) return undefined;
    throw new UserError(`${placeOf(policyRef.source)}: there is no policy to read from there.`, {
      hint: `Remove it, or "${NO_POLICY}" in ${placeOf(policy.source)}.`,
    });
  }
  return search(place) ?? unread(workspace);
}

function search(place: PolicyPlace): PolicySearch {
  const { policy, policyRef, environment, workspace } = place;
  const path = resolve(workspace, policy?.text ?? DEFAULT_FILE);
  const inside = placeInCheckout(place);
  const isInside = inside !== undefined;
  const name = inside ?? policy?.text ?? path;
  if (policyRef !== undefined) {
    if (isInside) return { found: fromRevision(name, policyRef, place) };
    throw new UserError(`${placeOf(policyRef.source)}: ${name} is outside the checkout, and so in no commit of it.`, {
      hint: 'Name a path in the checkout, or leave out the commit.',
    });
  }
  const base = isInside ? (policyBase(environment) ?? baseOf(path, place)) : undefined;
  if (base !== undefined) return fromBase(name, base, place);
  const found = fromDisk(name, path, place);
  return found && { found };
}

/**
 * Whoever wrote a policy believes that it holds. The workspace may be above a checkout (`path` of actions/checkout), or be a
 * directory of one.
 */
function unread(workspace: string): PolicySearch {
  const places = [topOfCheckout(workspace), ...directoriesIn(workspace)];
  const file = places.map((place) => join(place, DEFAULT_FILE)).find(exists);
  if (file === undefined) return undefined;
  const name = printableText(relative(workspace, file));
  return { warning: `${name} is not read, because it is not at the top of the workspace. ${UNREAD_HINT}` };
}

/** None, if nobody may read it: that is no reason not to start. */
function directoriesIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}

const UNREAD_HINT = 'To use it, name it in the option "policy"; if it is not meant for this run, write "none" there.';

/** True for a link to nothing, too. Below a file, there is nothing. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A run outside of GitHub Actions is its user's own business. */
function baseOf(path: string, { environment, workspace }: PolicyPlace): PolicyBase | undefined {
  // The author of a pull request may also have deleted the file. A run without either need not wait for git.
  if (!exists(path) && !exists(join(workspace, '.git/refs/remotes/pull'))) return undefined;
  if (environment['GITHUB_SHA'] === undefined) return undefined;
  const repository = Repository.of(workspace, environment);
  return repository && baseOfCheckout(repository, environment);
}

function fromRevision(name: string, { text, source }: Given, place: PolicyPlace): FoundPolicy {
  const at = placeOf(source);
  const repository = Repository.of(place.workspace, place.environment);
  if (repository === undefined) throw noRepository(at, place.workspace);
  // A checkout of another commit has its branches only as those of the remote.
  const commit = repository.commit(text) ?? repository.commit(`refs/remotes/origin/${text}`);
  if (commit === undefined) {
    throw new UserError(`${at}: "${text}" is no commit in the clone.`, {
      hint: 'Write the id of a commit, a branch or a tag. actions/checkout fetches further ones with "fetch-depth: 0".',
    });
  }
  const entry = repository.find(commit, name);
  if (entry !== undefined) return fromEntry(repository, entry, { file: name, commit, from: text });
  throw new UserError(`${at}: ${name} is not in ${text}.`, { hint: 'Name the file in "policy", or another commit.' });
}

function fromBase(name: string, base: PolicyBase, place: PolicyPlace): PolicySearch {
  const { policy, workspace, environment } = place;
  const at = policy === undefined ? name : `${placeOf(policy.source)}: ${name}`;
  const isThere = exists(join(workspace, name));
  const isExpected = policy !== undefined || isThere;
  const repository = Repository.of(workspace, environment);
  if (repository === undefined) {
    if (isExpected) throw noRepository(at, workspace);
    return undefined;
  }
  const commit = base.commitIn(repository);
  const entry = commit === undefined ? undefined : repository.find(commit, name);
  if (commit !== undefined && entry !== undefined) {
    return { found: fromEntry(repository, entry, { file: name, commit, from: base.what }) };
  }
  if (!isExpected) return undefined;
  if (policy !== undefined && isThere && isOwn(repository, name)) {
    const found = fromDisk(name, join(workspace, name), place);
    return found && { found };
  }
  if (commit === undefined) {
    throw new UserError(`${at} has to come from ${base.what}, which is not in the clone.`, {
      hint:
        'Whoever opens a pull request can write every other version of it. Set "fetch-depth: 2" on actions/checkout, or ' +
        'check out the base into a directory of its own, for example "base", and set "policy: base/.github/awf.yml".',
    });
  }
  if (policy === undefined) {
    return { warning: `${name} is new: ${base.what} has none. This run has no policy file; the next ones have it.` };
  }
  throw new UserError(`${at} is not in ${base.what}.`, {
    hint: 'A pull request cannot bring its own policy: merge the file first, or leave out the option.',
  });
}

/** Whether a step of the workflow put the file there: nothing that was checked out has its name. */
function isOwn(repository: Repository, name: string): boolean {
  const head = repository.commit('HEAD');
  return head !== undefined && repository.find(head, name) === undefined;
}

function fromEntry(repository: Repository, entry: TreeEntry, origin: PolicyOrigin): FoundPolicy {
  const { file, commit = '' } = origin;
  if (entry.kind !== 'file') {
    throw new UserError(`${file} in ${commit.slice(0, 12)} is not a file: there is a ${entry.kind}.`, {
      hint: 'A policy is a file of its own, in the same repository.',
    });
  }
  return { origin, content: repository.read(entry, MAX_BYTES, () => tooLarge(file)) };
}

/** @returns undefined if the file is not there and nobody named it */
function fromDisk(name: string, path: string, { policy, workspace }: PolicyPlace): FoundPolicy | undefined {
  const at = policy === undefined ? name : `${placeOf(policy.source)}: ${name}`;
  if (policy === undefined && !exists(path)) return undefined;
  return {
    origin: { file: name, commit: undefined, from: undefined },
    content: readFromDisk(at, name, path, workspace),
  };
}

/**
 * Reads a file as a run does: a link is followed, but not out of the workspace.
 *
 * @param at names the file in messages, and where it was named
 * @param workspace an absolute path without links
 */
export function readFromDisk(at: string, name: string, path: string, workspace: string): Buffer {
  const real = realPath(path);
  if (real === undefined) {
    throw new UserError(`${at} ${exists(path) ? 'is a link to nothing' : 'does not exist'}.`, {
      hint: 'A relative path starts at the workspace.',
    });
  }
  if (isBelow(path, workspace) && !isBelow(real, workspace)) {
    throw new UserError(`${at} is a link that leads out of the workspace.`, { hint: 'Name the file itself.' });
  }
  return readRegular(at, name, real);
}

/** Reads a file of the caller's or of a checkout, and waits for no pipe. */
function readRegular(at: string, name: string, path: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new UserError(`${at} is not a file.`, { hint: 'Name a YAML file.' });
    if (stats.size > MAX_BYTES) throw tooLarge(name);
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    if (length > MAX_BYTES) throw tooLarge(name);
    return buffer.subarray(0, length);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${at} cannot be read.`, { hint: 'Name a file that you can read.', cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The path of a file on the command line, and how messages name it. */
export function namedFile(text: string, workspace: string): { name: string; path: string } {
  return { name: text, path: resolve(workspace, text) };
}

function tooLarge(name: string): UserError {
  return new UserError(`${name} is larger than ${MAX_BYTES >> 10} KiB.`, {
    hint: 'List domains instead of single hosts, and use presets.',
  });
}

function noRepository(at: string, workspace: string): UserError {
  return new UserError(
    `${at} has to be read from a commit, but ${workspace} is not a git repository that git can read.`,
    {
      hint: 'Use actions/checkout with git installed, or name a file outside the checkout in "policy".',
    },
  );
}
