import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fromText } from '../host/file-names.ts';
import type { Offence } from './git/judge.ts';
import { isUnmistakable } from './git/directory.ts';
import { kindOf, moveUnlocked, userOf } from './git/files.ts';
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
export function rebuild({ path, movedTo }: Disarmed, roots: readonly string[], kept: Kept): void {
  if (movedTo === undefined || !isUnmistakable(path)) return;
  try {
    rebuildRepository(movedTo, path, userOf(movedTo), roots, kept);
  } catch (error) {
    // What could be saved has been saved; the rest is in the directory that was moved aside.
    kept.failed.push(`${path}: ${String(error)}`);
  }
}

/**
 * Restores `.git` if it was a symbolic link and no longer is the same. A link cannot be a mount point, so nothing else
 * guards it.
 *
 * @param path the path of `.git`
 * @param before what {@link identify} returned for it before the command ran
 */
export function restoreLink(path: string, before: string | undefined): Disarmed[] {
  const target = /^link (.*)$/s.exec(before ?? '')?.[1];
  if (target === undefined || identify(path) === before) return [];
  const what = ['a replacement for a symbolic link'];
  try {
    const aside = identify(path) === undefined ? fromText(path) : moveUnlocked(fromText(path));
    symlinkSync(target, path);
    return [{ path: fromText(path), what, movedTo: aside }];
  } catch {
    return [{ path: fromText(path), what, movedTo: undefined }];
  }
}
