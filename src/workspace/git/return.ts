import { rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path/posix';
import { bytes } from '../../host/file-names.ts';
import type { UserIds } from '../../host/user.ts';
import { returnConfig } from './config-return.ts';
import { valueIn } from './config.ts';
import { readConfig } from './directory.ts';
import {
  contentOf,
  filesBelow,
  isPlainPath,
  kindOf,
  makeDirectory,
  moveFile,
  namesIn,
  userOf,
  stampOf,
  TooMany,
  writeWhole,
} from './files.ts';
import { formatIndex, hashBytesOf, type GitIndex } from './index-file.ts';
import { INDEX, isHead, isStored, MAX_LOG_BYTES, RETURNED_FILES, returnsAs, STORES } from './layout.ts';
import { endOperations } from './operations.ts';
import { isUntouched, modulesIn, type PrivateDirectory } from './private.ts';
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
 * returns, and what changed on the host meanwhile stays as it is there. Of what follows the references, each part that
 * fails costs only itself.
 *
 * @throws Error if objects or references cannot be brought, without which the rest means nothing
 */
export function returnDirectory(directory: PrivateDirectory, workspace: string, kept: Kept): void {
  const { host, own, kind, returns } = directory;
  if (returns === 'nothing' || kindOf(own) !== 'directory' || kindOf(host) !== 'directory') return;
  const owner = userOf(host);
  const part = partsOf(host, kept);
  if (kind === 'repository') returnStores(own, host, owner);
  const hasRef = kind === 'repository' ? returnRefs(directory, kept) : () => true;
  if (returns === 'everything') {
    part(INDEX, () => returnHeadAndIndex(directory, owner, kept));
    for (const name of RETURNED_FILES) part(name, () => returnFile(directory, name, owner));
    part('unfinished operations', () => kept.ended.push(...endOperations(directory, owner)));
  }
  part('logs', () => returnLogs(directory, owner, hasRef));
  part('config', () => returnSettings(directory, owner, workspace, kept));
  if (kind !== 'repository') return;
  part('worktrees', () => returnWorktrees(directory, owner, workspace, kept));
  part('modules', () => returnModules(directory, owner, workspace, kept));
}

/** Carries out a part of what belongs to a directory. If it fails, that is noted under its name. */
function partsOf(directory: string, { failed }: Kept): (name: string, bring: () => void) => void {
  return (name, bring) => {
    try {
      bring();
    } catch (error) {
      failed.push(`${join(directory, name)}: ${String(error)}`);
    }
  };
}

/** @returns tells whether a reference is on the host now as the command left it */
function returnRefs({ own, host, refs }: PrivateDirectory, kept: Kept): (name: string) => boolean {
  if (!hasRefFiles(own)) {
    kept.failed.push(`${host}: its references are in a format that AWF does not know`);
    return () => false;
  }
  const after = readRefs(own);
  const conflicts = applyRefs(host, refs, after);
  kept.conflicts.push(...conflicts);
  const refused = new Set(conflicts);
  return (name) => after[name] !== undefined && !refused.has(name);
}

/** False after `git refs migrate`, or with a repository that never had them: all references would seem to be gone. */
function hasRefFiles(gitDirectory: string): boolean {
  const format = valueIn(contentOf(join(gitDirectory, 'config')) ?? '', 'extensions', 'refstorage');
  return (format === undefined || format === 'files') && kindOf(join(gitDirectory, 'reftable')) === undefined;
}

/**
 * Returns the logs of the references that returned, and that of HEAD.
 *
 * @throws Error about the first log that could not be brought, when the others have been
 */
function returnLogs(directory: PrivateDirectory, owner: UserIds, hasRef: (name: string) => boolean): void {
  const { own, returns } = directory;
  let left = MAX_CHANGED_LOGS;
  const errors: unknown[] = [];
  for (const name of filesBelow(own, 'logs')) {
    if (name === 'logs/HEAD' ? returns === 'shared' : !hasRef(name.slice('logs/'.length))) continue;
    if (isUntouched(directory, name)) continue;
    if (left-- === 0) throw new TooMany(`more than ${MAX_CHANGED_LOGS} logs of references changed`);
    try {
      returnFile(directory, name, owner);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Moves data from stores that are the run's own: the host's are mounted, and have theirs already. */
function returnStores(own: string, host: string, owner: UserIds): void {
  for (const store of STORES) {
    if (!isPlainPath(own, `${store}/x`)) continue;
    for (const name of filesBelow(own, store)) {
      if (isStored(name) && kindOf(join(host, name)) === undefined) moveFile(join(own, name), join(host, name), owner);
    }
  }
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
  const worktree = worktreeOf(host, kind);
  const isAbsent = (path: string): boolean => worktree !== undefined && !isThere(join(worktree, path));
  return formatIndex(index, before, isAbsent, hashBytes).toString('latin1');
}

/** @returns undefined for a bare repository */
function worktreeOf(host: string, kind: PrivateDirectory['kind']): string | undefined {
  if (kind === 'worktree') {
    const gitFile = contentOf(join(host, 'gitdir'))?.trimEnd();
    return gitFile === undefined ? undefined : dirname(resolve(host, gitFile));
  }
  const named = valueIn(contentOf(join(host, 'config')) ?? '', 'core', 'worktree');
  if (named !== undefined) return resolve(host, named);
  return basename(host) === '.git' ? dirname(host) : undefined;
}

/** True also for what nobody can look at. */
function isThere(path: string): boolean {
  try {
    return kindOf(path) !== undefined;
  } catch {
    return true;
  }
}

/** Returns a small file whose content passes, and its removal. */
function returnFile(directory: PrivateDirectory, name: string, owner: UserIds): void {
  const { host, own } = directory;
  if (isUntouched(directory, name) || isChangedOnHost(directory, name) || !isPlainPath(own, name)) return;
  const content = contentOf(join(own, name), MAX_LOG_BYTES);
  if (content !== undefined && returnsAs(name)?.(content) === true) writeWhole(join(host, name), content, owner);
  else if (kindOf(join(own, name)) === undefined && name !== 'HEAD') rmSync(bytes(join(host, name)), { force: true });
}

function returnSettings(directory: PrivateDirectory, owner: UserIds, workspace: string, kept: Kept): void {
  const { host, own, kind, config, returns } = directory;
  const [settings, ofWorktree] = ['config', 'config.worktree'].map((name) => contentOf(join(own, name)));
  // The settings of a single worktree would come from a file that nobody reads, as long as the host does not have one.
  const hasOwn = kindOf(join(host, 'config.worktree')) !== undefined;
  if (kind === 'repository') {
    const all = settings === undefined ? undefined : `${settings}\n${hasOwn ? '' : (ofWorktree ?? '')}`;
    returnConfigFile(join(host, 'config'), config, all, owner, kept);
  }
  if (!hasOwn || returns === 'shared') return;
  const before = readConfig(join(host, 'config.worktree'), host, workspace);
  const text = typeof before === 'string' ? '' : before.text;
  returnConfigFile(join(host, 'config.worktree'), text, ofWorktree, owner, kept);
}

/** @param before the copy as the command got it, `after` as it left it */
function returnConfigFile(file: string, before: string, after: string | undefined, owner: UserIds, kept: Kept): void {
  if ((after ?? '').trimEnd() === before.trimEnd()) return;
  try {
    const host = contentOf(file);
    if (host === undefined || after === undefined) throw new SyntaxError('no file');
    const { text, refused } = returnConfig(host, before, after);
    kept.settings.push(...refused);
    if (text !== undefined) writeWhole(file, text, owner);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    kept.settings.push(basename(file));
  }
}

/** A worktree that the command made in the workspace returns; one that it removed is forgotten. */
function returnWorktrees({ host, own }: PrivateDirectory, owner: UserIds, workspace: string, kept: Kept): void {
  const [from, to] = [join(own, 'worktrees'), join(host, 'worktrees')];
  const known = kindOf(to) === 'directory' ? namesIn(to) : [];
  for (const name of known.filter((one) => kindOf(join(from, one)) === undefined)) {
    const worktree = contentOf(join(to, name, 'gitdir'))?.trimEnd();
    const isGone = worktree !== undefined && kindOf(dirname(resolve(to, name, worktree))) === undefined;
    if (isGone) rmSync(bytes(join(to, name)), { recursive: true });
  }
  if (kindOf(from) !== 'directory') return;
  const part = partsOf(to, kept);
  for (const name of namesIn(from).filter((one) => !known.includes(one) && kindOf(join(from, one)) === 'directory')) {
    part(name, () => returnNewWorktree(join(from, name), join(to, name), owner, workspace, kept));
  }
}

function returnNewWorktree(own: string, host: string, owner: UserIds, workspace: string, kept: Kept): void {
  const gitFile = contentOf(join(own, 'gitdir'))?.trimEnd();
  const leadsBack = gitFile !== undefined && contentOf(resolve(own, gitFile))?.trimEnd() === `gitdir: ${host}`;
  const head = contentOf(join(own, 'HEAD'));
  if (!leadsBack || head === undefined || !isHead(head)) return;
  makeDirectory(host, owner);
  writeWhole(join(host, 'commondir'), '../..\n', owner);
  writeWhole(join(host, 'gitdir'), `${gitFile}\n`, owner);
  returnDirectory({ host, own, kind: 'worktree', ...NEW }, workspace, kept);
}

/** The git directory of a submodule that the command added: what passes as data, in a directory of its own. */
function returnModules({ host, own }: PrivateDirectory, owner: UserIds, workspace: string, kept: Kept): void {
  const [from, to] = [join(own, 'modules'), join(host, 'modules')];
  if (kindOf(from) !== 'directory') return;
  const part = partsOf(to, kept);
  for (const name of modulesIn(from).filter((one) => kindOf(join(to, one)) === undefined)) {
    if (!isHead(contentOf(join(from, name, 'HEAD')) ?? '')) continue;
    part(name, () => rebuildRepository(join(from, name), join(to, name), owner, workspace, kept));
  }
}

/**
 * Makes a git directory anew from what passes as data in another one.
 *
 * @param workspace where worktrees may be
 */
export function rebuildRepository(from: string, to: string, owner: UserIds, workspace: string, kept: Kept): void {
  makeDirectory(join(to, 'objects'), owner);
  makeDirectory(join(to, 'refs'), owner);
  const composed = readConfig(join(from, 'config'), to, workspace);
  const config = contentOf(join(from, 'config')) ?? '';
  writeWhole(join(to, 'config'), typeof composed === 'string' ? '' : composed.text, owner);
  returnDirectory({ host: to, own: from, kind: 'repository', ...NEW, config }, workspace, kept);
}
