import { chownSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes, fromText, moveAside } from './file-names.ts';
import { isUnmistakable, type Hazard } from './git/directory.ts';
import { identify } from './git/own-repository.ts';
import { unlock } from './survey.ts';

/** What became of a hazard. Paths have one character for each byte. */
export interface Disarmed {
  readonly path: string;
  /** What it is, or its settings. */
  readonly what: readonly string[];
  /** Its new name; undefined when it could not be moved. */
  readonly movedTo: string | undefined;
}

/**
 * Moves each hazard aside, under a name that no git looks for; a configuration is composed anew in its place. A directory
 * that became a bare repository among other files loses its `refs` instead, and is none any more: what else is in it may
 * be somebody's work.
 *
 * @param known git directories that were there before the command
 */
export function disarm(hazards: readonly Hazard[], known: ReadonlySet<string>): Disarmed[] {
  const byPath = new Map<string, Hazard[]>();
  for (const hazard of hazards) {
    const path = placeOf(hazard, known);
    const others = byPath.get(path);
    if (others === undefined) byPath.set(path, [hazard]);
    else others.push(hazard);
  }
  return [...byPath].map(([path, all]) => ({
    path,
    what: [...new Set(all.map(({ what }) => what))],
    movedTo: replace(path, all.find((hazard) => hazard.path === path)?.replacement),
  }));
}

function placeOf({ path, repository }: Hazard, known: ReadonlySet<string>): string {
  if (isUnmistakable(path) || known.has(repository) || repository === path) return path;
  const refs = join(repository, 'refs');
  return lstatSync(bytes(refs), { throwIfNoEntry: false }) === undefined ? path : refs;
}

/**
 * `.git` as a symbolic link is the one thing of a repository that cannot be a mount point.
 *
 * @param path of `.git`
 * @param before what it was, as {@link identify} says
 */
export function restoreLink(path: string, before: string | undefined): Disarmed[] {
  const target = /^link (.*)$/s.exec(before ?? '')?.[1];
  if (target === undefined || identify(path) === before) return [];
  const what = ['in the place of a symbolic link'];
  try {
    const aside = identify(path) === undefined ? fromText(path) : moveUnlocked(fromText(path));
    symlinkSync(target, path);
    return [{ path: fromText(path), what, movedTo: aside }];
  } catch {
    return [{ path: fromText(path), what, movedTo: undefined }];
  }
}

function replace(path: string, content: string | undefined): string | undefined {
  try {
    const { uid, gid } = lstatSync(bytes(path));
    const aside = moveUnlocked(path);
    if (content !== undefined) {
      writeFileSync(bytes(path), bytes(content), { flag: 'wx', mode: 0o644 });
      if (process.getuid?.() === 0) chownSync(bytes(path), uid, gid);
    }
    return aside;
  } catch {
    return undefined;
  }
}

/** The command may have taken the right to write from the directory above. */
function moveUnlocked(path: string): string {
  try {
    return moveAside(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    unlock(dirname(path));
    return moveAside(path);
  }
}
