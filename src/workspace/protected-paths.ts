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
import { join } from 'node:path/posix';
import type { ProtectedPath } from '../config/config.ts';
import { bytes, fromText, printable } from './file-names.ts';

/** What happened to something that is protected. The path is for people, from the workspace on. */
export interface Change {
  readonly path: string;
  readonly how: 'added' | 'modified' | 'deleted';
}

/** One file, so that another content is another text. The stamp spares reading what nobody has touched. */
interface Print {
  readonly content: string;
  readonly stamp: string;
}

/** Path below the workspace, one character for each byte, to what is there. */
export type Snapshot = Readonly<Record<string, Print>>;

/** The protected paths that are there and are to be read-only, links resolved. The option was checked for where they lead. */
export function readOnlyPaths(workspace: string, entries: readonly ProtectedPath[]): string[] {
  return entries
    .filter(({ mode }) => mode === 'read-only')
    .map(({ path }) => join(workspace, path))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
}

/**
 * What is at the protected paths, and in them. No link is followed.
 *
 * @param before an earlier one to compare with: what differs from it anyhow is not read
 */
export function snapshot(workspace: string, entries: readonly ProtectedPath[], before?: Snapshot): Snapshot {
  const found: Record<string, Print> = Object.create(null) as Record<string, Print>;
  const pending = entries.map(({ path }) => fromText(path)).filter((path) => isBelowDirectories(workspace, path));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = join(fromText(workspace), path);
    try {
      const print = printOf(file, before === undefined ? 'new' : before[path]);
      if (print === undefined) continue;
      found[path] = print;
      if (print.content === 'directory') {
        const below = path;
        pending.push(...readdirSync(bytes(file), { encoding: 'latin1' }).map((name) => join(below, name)));
      }
    } catch {
      found[path] = { content: 'unreadable', stamp: '' };
    }
  }
  return found;
}

/** What differs. A directory that is new or gone is one change, whatever is in it. */
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

/** False where a link is among the directories above: what is there is not the workspace's. */
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
  const size = `${String(stats.size)}${executable}`;
  // Of another size it is another file; the command may have left a large one.
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
