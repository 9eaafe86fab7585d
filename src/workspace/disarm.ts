import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes } from '../host/file-names.ts';
import type { Offence } from './git/judge.ts';
import { isUnmistakable } from './git/directory.ts';
import { isPlainPath, kindOf, moveUnlocked, userOf } from './git/files.ts';
import { identify } from './git/own-repository.ts';
import { rebuildRepository, type Kept } from './git/return.ts';

/** What became of something that a later program would follow. Paths have one character for each byte. */
export interface Disarmed {
  readonly path: string;
  /** Descriptions of what is dangerous about it, with names as the command chose them: see `printable`. */
  readonly what: readonly string[];
  /** Its new name. Undefined if it could not be moved. */
  readonly movedTo: string | undefined;
}

/** Moves something aside, to a name that no program looks for. What has too long a path moves with the directory above. */
export function moveOut(path: string, what: readonly string[]): Disarmed {
  try {
    return { path, what, movedTo: moveUnlocked(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return moveOut(dirname(path), what);
    return { path, what, movedTo: undefined };
  }
}

/**
 * Moves a git directory aside; {@link rebuild} makes it anew from what is known to be data. A directory with other files
 * that has become a bare repository only loses its `refs`. Git then no longer takes it for a repository, and the other
 * files, which may be somebody's work, stay where they are.
 */
export function disarmRepository(directory: string, offences: readonly Offence[]): Disarmed {
  const what = [...new Set(offences.map((offence) => `${offence.path.slice(directory.length + 1)}: ${offence.what}`))];
  if (isUnmistakable(directory)) return moveOut(directory, what);
  const refs = join(directory, 'refs');
  return moveOut(kindOf(refs) === undefined ? join(directory, 'commondir') : refs, what);
}

/** Makes a git directory anew that {@link disarmRepository} has moved aside. */
export function rebuild({ path, movedTo }: Disarmed, workspace: string, kept: Kept): void {
  if (movedTo === undefined || !isUnmistakable(path)) return;
  try {
    rebuildRepository(movedTo, path, userOf(movedTo), workspace, kept);
  } catch (error) {
    // What could be saved has been saved; the rest is in the directory that was moved aside.
    kept.failed.push(`${path}: ${String(error)}`);
  }
}

/**
 * Restores a symbolic link that is no longer the same. A link cannot be a mount point, so nothing else guards it.
 *
 * @param before what {@link identify} returned for it before the command ran
 */
export function restoreLink(workspace: string, path: string, before: string): Disarmed[] {
  const found = { path, what: ['a replacement for a symbolic link'] };
  try {
    // Above it there may be another link by now, which leads anywhere.
    if (!isPlainPath(workspace, path.slice(workspace.length + 1))) return [{ ...found, movedTo: undefined }];
    const now = identify(path);
    if (now === before) return [];
    const movedTo = now === undefined ? path : moveUnlocked(path);
    symlinkSync(bytes(before.replace(/^link /, '')), bytes(path));
    return [{ ...found, movedTo }];
  } catch {
    return [{ ...found, movedTo: undefined }];
  }
}
