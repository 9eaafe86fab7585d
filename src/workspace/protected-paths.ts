import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import type { ProtectedPath } from '../config/config.ts';
import { bytes, fromText, printable } from '../host/file-names.ts';
import { hashOf, isHuge, isPlainPath } from './git/files.ts';
import type { Guarded } from './guarded.ts';

/** A change of a protected path. The path is printable and relative to the workspace. */
export interface Change {
  readonly path: string;
  readonly how: 'added' | 'modified' | 'deleted';
}

/** A fingerprint of a file: `content` differs if the file does. An unchanged `stamp` saves reading the file again. */
interface Print {
  readonly content: string;
  readonly stamp: string;
}

/** Paths below the workspace, with one character for each byte, and the fingerprint of each. */
export type Snapshot = Readonly<Record<string, Print>>;

/** The paths that the command must not change. Where they may lead was checked with the option. */
export function readOnlyPaths(workspace: string, entries: readonly ProtectedPath[]): Guarded[] {
  return entries
    .filter(({ mode }) => mode === 'read-only')
    .map(({ path, isPolicy }) => ({
      path: fromText(join(workspace, path)),
      isDirectory: true,
      // It would decide what the next run may reach.
      what: isPolicy === true ? 'a policy for the next run' : undefined,
      yields: 'links',
    }));
}

/** The paths that `report:` leaves writable. */
export function writablePaths(workspace: string, entries: readonly ProtectedPath[]): string[] {
  return entries.filter(({ mode }) => mode === 'report').map(({ path }) => fromText(join(workspace, path)));
}

/** More than a command sensibly adds to directories that were there before. It may be meant to exhaust us. */
const MAX_NEW_PATHS = 1_000;

/** A directory with so much in it that only what was there before is looked at. */
const FLOODED: Print = { content: 'directory with more in it than AWF looks at', stamp: '' };

/**
 * Takes fingerprints of the protected paths and of everything below them. It follows no link.
 *
 * @param before an earlier snapshot to compare with. What differs anyway is not looked into: a file of another size is not
 *   read, and a new directory is not listed.
 */
export function snapshot(workspace: string, entries: readonly ProtectedPath[], before?: Snapshot): Snapshot {
  const found: Record<string, Print> = Object.create(null) as Record<string, Print>;
  const known = Map.groupBy(Object.keys(before ?? {}), (path) => dirname(path));
  let room = before === undefined ? Infinity : MAX_NEW_PATHS;
  const pending = entries.map(({ path }) => fromText(path)).filter((path) => isPlainPath(fromText(workspace), path));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = join(fromText(workspace), path);
    try {
      const print = printOf(file, before === undefined ? 'new' : before[path]);
      if (print === undefined) continue;
      found[path] = print;
      const isNew = before !== undefined && before[path]?.content !== 'directory';
      if (print.content !== 'directory' || isNew) continue;
      const below = isHuge(file) ? undefined : pathsIn(file, path);
      const added = before === undefined ? 0 : (below ?? []).filter((one) => !Object.hasOwn(before, one)).length;
      const isFlooded = below === undefined || added > room;
      if (isFlooded) found[path] = FLOODED;
      else room -= added;
      for (const one of (isFlooded ? known.get(path) : below) ?? []) pending.push(one);
    } catch {
      found[path] = { content: 'unreadable', stamp: '' };
    }
  }
  return found;
}

function pathsIn(directory: string, path: string): string[] {
  return readdirSync(bytes(directory), { encoding: 'latin1' }).map((name) => join(path, name));
}

/** The differences between two snapshots. A directory that is new or gone is one change, whatever is in it. */
export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changes = paths.flatMap((path): Change[] => {
    const [was, is] = [before[path]?.content, after[path]?.content];
    if (was === is) return [];
    return [{ path, how: was === undefined ? 'added' : is === undefined ? 'deleted' : 'modified' }];
  });
  const whole = new Set(changes.filter(({ how }) => how !== 'modified').map(({ path }) => path));
  return changes
    .filter(({ path }) => !whole.has(path.slice(0, Math.max(path.lastIndexOf('/'), 0))))
    .map(({ path, how }) => ({ path: printable(path), how }));
}

function printOf(file: string, before: Print | 'new' | undefined): Print | undefined {
  const stats = lstatSync(bytes(file), { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return { content: 'directory', stamp: '' };
  if (stats.isSymbolicLink()) return { content: `link ${readlinkSync(bytes(file), 'latin1')}`, stamp: '' };
  if (!stats.isFile()) return { content: 'special', stamp: '' };
  const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
  if (typeof before === 'object' && before.stamp === stamp) return before;
  const executable = (stats.mode & 0o111n) === 0n ? '' : ' executable';
  const size = `${stats.size}${executable}`;
  // A file of another size has changed, so there is no need to read it. The command may have left a large one.
  const isOther = before === undefined || (before !== 'new' && !before.content.startsWith(`file ${size} `));
  if (isOther) return { content: `file ${size}`, stamp };
  return { content: `file ${size} ${hashOf(file)}`, stamp };
}
