import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path/posix';
import { bytes, moveAside } from '../../host/file-names.ts';
import type { UserIds } from '../../host/user.ts';
import { returnConfig } from './config-return.ts';
import { readConfig } from './directory.ts';
import {
  contentOf,
  filesBelow,
  isPlainPath,
  kindOf,
  makeDirectory,
  MAX_FILES,
  moveFile,
  namesIn,
  userOf,
  stampOf,
  TooMany,
  writeWhole,
} from './files.ts';
import { formatIndex, hashBytesOf, type GitIndex } from './index-file.ts';
import {
  INDEX,
  isHead,
  isReflog,
  isStored,
  MAX_LOG_BYTES,
  OPERATIONS,
  RETURNED_FILES,
  returnsAs,
  STORES,
} from './layout.ts';
import { modulesIn, type PrivateDirectory } from './private.ts';
import { applyRefs, readRefs } from './refs.ts';
import { readWholeIndex } from './split-index.ts';

/** Of a directory that the host does not have yet. */
const NEW = { returns: 'everything', files: {}, refs: {}, config: '' } as const;

/** More than a command sensibly changes. */
const MAX_CHANGED_LOGS = 100_000;

/** What the host's repository did not get. Texts for messages. */
export interface Kept {
  /** What somebody changed on the host during the run as well. */
  readonly conflicts: string[];
  /** Unfinished operations, which ended with the run. */
  readonly ended: string[];
  /** Settings that the command changed and that stay as they were. */
  readonly settings: string[];
  /** What could not be brought back, and why. */
  readonly failed: string[];
}

/**
 * Brings to the host what the command left in a git directory of the run's own: objects first, so that nothing refers to
 * one that is missing, then references, HEAD and index, and at last what git may say about them. Only what passes as data
 * returns, and what changed on the host meanwhile stays as it is there.
 */
export function returnDirectory(directory: PrivateDirectory, roots: readonly string[], kept: Kept): void {
  const { host, own, kind, returns } = directory;
  if (returns === 'nothing' || kindOf(own) !== 'directory' || kindOf(host) !== 'directory') return;
  const owner = userOf(host);
  if (kind === 'repository') {
    returnStores(own, host, owner);
    const after = readRefs(own);
    kept.conflicts.push(...applyRefs(host, directory.refs, after));
  }
  if (returns === 'everything') {
    returnHeadAndIndex(directory, owner, kept);
    for (const name of RETURNED_FILES) returnFile(directory, name, owner);
    endOperations(directory, kept);
  }
  returnLogs(directory, owner);
  if (kind === 'repository') {
    returnSettings(directory, owner, kept);
    returnWorktrees(directory, owner, roots, kept);
    returnModules(directory, owner, roots, kept);
  }
}

function returnLogs(directory: PrivateDirectory, owner: UserIds): void {
  const { host, own, returns } = directory;
  let left = MAX_CHANGED_LOGS;
  for (const name of filesBelow(join(own, 'logs'), MAX_FILES).map((path) => join('logs', path))) {
    if (name === 'logs/HEAD' && returns === 'shared') continue;
    if (isUntouched(directory, name) || isChangedOnHost(directory, name)) continue;
    if (left-- === 0) throw new TooMany(`more than ${MAX_CHANGED_LOGS} logs of references changed`);
    const content = contentOf(join(own, name), MAX_LOG_BYTES);
    if (content !== undefined && isReflog(content)) writeWhole(join(host, name), content, owner);
  }
}

/** Moves data from stores that are the run's own: the host's are mounted, and have theirs already. */
function returnStores(own: string, host: string, owner: UserIds): void {
  for (const store of STORES) {
    if (!isPlainPath(own, `${store}/x`)) continue;
    for (const name of filesBelow(join(own, store), MAX_FILES).map((path) => join(store, path))) {
      if (isStored(name) && kindOf(join(host, name)) === undefined) moveFile(join(own, name), join(host, name), owner);
    }
  }
}

function isUntouched({ own, files }: PrivateDirectory, name: string): boolean {
  return stampOf(join(own, name)) === files[name]?.[1];
}

function isChangedOnHost({ host, files }: PrivateDirectory, name: string): boolean {
  return stampOf(join(host, name)) !== files[name]?.[0];
}

/** The two belong together: with another HEAD, the index would show changes that nobody made. */
function returnHeadAndIndex(directory: PrivateDirectory, owner: UserIds, kept: Kept): void {
  const { host } = directory;
  const names = ['HEAD', INDEX].filter((name) => !isUntouched(directory, name));
  const changed = names.filter((name) => isChangedOnHost(directory, name));
  if (changed.length > 0) {
    kept.conflicts.push(...changed);
    return;
  }
  try {
    if (names.includes(INDEX)) writeWhole(join(host, INDEX), composedIndex(directory), owner);
    if (names.includes('HEAD')) returnFile(directory, 'HEAD', owner);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    kept.failed.push(`${join(host, INDEX)}: ${error.message}`);
  }
}

/** @throws SyntaxError for an index that does not pass */
function composedIndex({ host, own, kind }: PrivateDirectory): string {
  const hashBytes = hashBytesOf(kind === 'worktree' ? join(host, '../..') : host);
  const index = readWholeIndex(own, hashBytes);
  let before: GitIndex | undefined;
  try {
    before = readWholeIndex(host, hashBytes);
  } catch {
    // There is none, or nobody could use it.
  }
  const isSparse = [host, own].some((one) => /sparsecheckout\s*=\s*"?true/i.test(contentOf(join(one, 'config')) ?? ''));
  return formatIndex(index, before, isSparse, hashBytes).toString('latin1');
}

/** Returns a small file whose content passes, and its removal. */
function returnFile(directory: PrivateDirectory, name: string, owner: UserIds): void {
  const { host, own } = directory;
  if (isUntouched(directory, name) || isChangedOnHost(directory, name) || !isPlainPath(own, name)) return;
  const content = contentOf(join(own, name));
  if (content !== undefined && returnsAs(name)?.(content) === true) writeWhole(join(host, name), content, owner);
  else if (kindOf(join(own, name)) === undefined && name !== 'HEAD') rmSync(bytes(join(host, name)), { force: true });
}

/**
 * An operation that the command finished is finished on the host. One that it began or changed ends with the run: its
 * files name what git runs next.
 */
function endOperations(directory: PrivateDirectory, kept: Kept): void {
  const { host, own } = directory;
  for (const [name, what] of Object.entries(OPERATIONS)) {
    const below = (top: string): string[] =>
      kindOf(join(top, name)) === 'file'
        ? [name]
        : filesBelow(join(top, name), MAX_FILES).map((path) => join(name, path));
    const isThere = kindOf(join(own, name)) !== undefined;
    const names = new Set([...below(own), ...Object.keys(directory.files).filter((file) => file.startsWith(name))]);
    const isSame = [...names].every((file) => isUntouched(directory, file));
    if (isThere && isSame) continue;
    if (isThere) kept.ended.push(what);
    if (kindOf(join(host, name)) === undefined) continue;
    if (isThere) moveAside(join(host, name));
    else rmSync(bytes(join(host, name)), { recursive: true });
  }
}

function returnSettings(directory: PrivateDirectory, owner: UserIds, kept: Kept): void {
  const [host, own] = [contentOf(join(directory.host, 'config')), contentOf(join(directory.own, 'config'))];
  if ((own ?? '') === directory.config) return;
  try {
    if (host === undefined || own === undefined) throw new SyntaxError('no file');
    const { text, refused } = returnConfig(host, directory.config, own);
    kept.settings.push(...refused);
    if (text !== undefined) writeWhole(join(directory.host, 'config'), text, owner);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    kept.settings.push('config');
  }
}

/** A worktree that the command made in the workspace returns; one that it removed is forgotten. */
function returnWorktrees({ host, own }: PrivateDirectory, owner: UserIds, roots: readonly string[], kept: Kept): void {
  const [from, to] = [join(own, 'worktrees'), join(host, 'worktrees')];
  const known = kindOf(to) === 'directory' ? namesIn(to) : [];
  for (const name of known.filter((one) => kindOf(join(from, one)) === undefined)) {
    const worktree = contentOf(join(to, name, 'gitdir'))?.trimEnd();
    const isGone = worktree !== undefined && kindOf(dirname(resolve(to, name, worktree))) === undefined;
    if (isGone) rmSync(bytes(join(to, name)), { recursive: true });
  }
  if (kindOf(from) !== 'directory') return;
  for (const name of namesIn(from).filter((one) => !known.includes(one) && kindOf(join(from, one)) === 'directory')) {
    const directory = join(from, name);
    const gitFile = contentOf(join(directory, 'gitdir'))?.trimEnd();
    const leadsBack =
      gitFile !== undefined && contentOf(resolve(directory, gitFile))?.trimEnd() === `gitdir: ${join(to, name)}`;
    const head = contentOf(join(directory, 'HEAD'));
    if (!leadsBack || head === undefined || !isHead(head)) continue;
    const target = join(to, name);
    makeDirectory(target, owner);
    writeWhole(join(target, 'commondir'), '../..\n', owner);
    writeWhole(join(target, 'gitdir'), `${gitFile}\n`, owner);
    const worktree = { host: target, own: directory, kind: 'worktree', ...NEW } as const;
    returnDirectory(worktree, roots, kept);
  }
}

/** The git directory of a submodule that the command added: what passes as data, in a directory of its own. */
function returnModules({ host, own }: PrivateDirectory, owner: UserIds, roots: readonly string[], kept: Kept): void {
  const [from, to] = [join(own, 'modules'), join(host, 'modules')];
  if (kindOf(from) !== 'directory') return;
  for (const name of modulesIn(from).filter((one) => kindOf(join(to, one)) === undefined)) {
    if (!isHead(contentOf(join(from, name, 'HEAD')) ?? '')) continue;
    rebuildRepository(join(from, name), join(to, name), owner, roots, kept);
  }
}

/**
 * Makes a git directory anew from what passes as data in another one.
 *
 * @param roots the directories in which worktrees may be
 */
export function rebuildRepository(
  from: string,
  to: string,
  owner: UserIds,
  roots: readonly string[],
  kept: Kept,
): void {
  makeDirectory(join(to, 'objects'), owner);
  makeDirectory(join(to, 'refs'), owner);
  const composed = readConfig(join(from, 'config'), to, roots);
  const config = contentOf(join(from, 'config')) ?? '';
  writeWhole(join(to, 'config'), typeof composed === 'string' ? '' : composed.text, owner);
  returnDirectory({ host: to, own: from, kind: 'repository', ...NEW, config }, roots, kept);
}
