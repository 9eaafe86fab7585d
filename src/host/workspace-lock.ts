import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { hash, take, type Lock } from './lock.ts';

const PREFIX = 'awf-workspace';

/**
 * Claims a workspace for this process. Two runs in one workspace would be no sandboxes: the command of the first could put
 * a link in the place of a directory that the second is about to mount.
 *
 * The directories above get a mark, so that a workspace within another one counts as well.
 *
 * @param workspace an absolute path without links
 * @throws UserError if another run has this workspace, one above it or one below it
 */
export async function lockWorkspace(workspace: string): Promise<Lock> {
  const marks = above(workspace).map((path) => `${PREFIX}-below-${hash(path)}-${process.pid}-${hash(workspace)}`);
  try {
    const lock = await take([lockName(workspace), ...marks]);
    if (lock === undefined) throw anotherRun(workspace);
    if (!isTakenAround(workspace, abstractNames())) return lock;
    lock.release();
    throw anotherRun(workspace);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`The workspace ${workspace} could not be claimed for this run.`, { cause });
  }
}

/**
 * Looks whether a run could have a workspace, without claiming it: a run that starts in this moment gets it.
 *
 * @param workspace an absolute path without links
 * @throws UserError if a run has this workspace, one above it or one below it
 */
export function checkUnlocked(workspace: string): void {
  const taken = abstractNames();
  if (taken.includes(lockName(workspace)) || isTakenAround(workspace, taken)) throw anotherRun(workspace);
}

const lockName = (workspace: string): string => `${PREFIX}-${hash(workspace)}`;

/** Whether a run has a workspace below or above this one. */
const isTakenAround = (workspace: string, taken: readonly string[]): boolean =>
  taken.some((name) => name.startsWith(`${PREFIX}-below-${hash(workspace)}-`)) ||
  above(workspace).some((path) => taken.includes(lockName(path)));

const anotherRun = (workspace: string): UserError =>
  new UserError(`Another run works in ${workspace}, or in a directory above or below it.`, {
    hint: 'Wait until it has ended, or give each run a checkout of its own (git worktree add).',
  });

function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...above(parent)];
}

function abstractNames(): string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .flatMap((line) => / @(awf-workspace\S*)/.exec(line)?.[1] ?? []);
}
