import { chownSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes, fromText, moveAside } from '../host/file-names.ts';
import { isUnmistakable, type Hazard } from './git/directory.ts';
import { identify } from './git/own-repository.ts';
import { unlock } from './survey.ts';

/** The outcome for one hazard. Paths have one character for each byte. */
export interface Disarmed {
  readonly path: string;
  /** Descriptions of the hazard, or of its settings. */
  readonly what: readonly string[];
  /** Its new name. Undefined if it could not be moved. */
  readonly movedTo: string | undefined;
}

/**
 * Moves each hazard aside, to a name that git ignores, and replaces a configuration with a harmless one. A directory
 * with other files that has become a bare repository only loses its `refs`. Git then no longer takes it for a
 * repository, and the other files, which may be somebody's work, stay in place.
 *
 * @param known git directories that existed before the command ran
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

/** Like {@link moveAside}, even if the command has made the parent directory read-only. */
function moveUnlocked(path: string): string {
  try {
    return moveAside(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    unlock(dirname(path));
    return moveAside(path);
  }
}
