import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { dirname, join } from 'node:path/posix';
import type { ProtectedPath } from '../config/config.ts';
import { bytes, fromText, printable } from '../host/file-names.ts';
import { isHuge } from './git/files.ts';

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

/**
 * The read-only ones among the protected paths that exist, with links resolved. Where they may lead was checked with
 * the option.
 */
export function readOnlyPaths(workspace: string, entries: readonly ProtectedPath[]): string[] {
  return entries
    .filter(({ mode }) => mode === 'read-only')
    .map(({ path }) => join(workspace, path))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
}

/** Where the policy file would be, if there is none that could be read-only. @returns a path relative to the workspace */
export function missingPolicy(workspace: string, entries: readonly ProtectedPath[]): string | undefined {
  const policy = entries.find(({ isPolicy }) => isPolicy === true)?.path;
  return policy !== undefined && firstNoDirectory(workspace, policy) === undefined ? policy : undefined;
}

/**
 * What of the way to a file the next run would follow: the file itself, or a link above it. The way is walked because a link
 * could lead anywhere.
 *
 * @param path relative to the workspace
 * @returns an absolute path; undefined if there is nothing
 */
export function firstNoDirectory(workspace: string, path: string): string | undefined {
  let way = workspace;
  for (const part of path.split('/')) {
    way = join(way, part);
    const stats = lstatSync(way, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return way;
  }
  return undefined;
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
  const pending = entries.map(({ path }) => fromText(path)).filter((path) => isBelowDirectories(workspace, path));
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

/** False if a directory above `path` is a link: then `path` is not in the workspace. */
function isBelowDirectories(workspace: string, path: string): boolean {
  let above = fromText(workspace);
  for (const part of path.split('/').slice(0, -1)) {
    above = join(above, part);
    if (lstatSync(bytes(above), { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  }
  return true;
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
  return { content: `file ${size} ${hash(file)}`, stamp };
}

function hash(file: string): string {
  const sum = createHash('sha256');
  const descriptor = openSync(bytes(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(1 << 16);
    for (;;) {
      const length = readSync(descriptor, buffer);
      if (length === 0) return sum.digest('base64');
      sum.update(buffer.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
}
