import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes, moveAside } from '../../host/file-names.ts';
import type { UserIds } from '../../host/user.ts';

/*
 * Reading and writing of files that the command may have made. Paths have one character for each byte. Nothing here
 * follows a link in the last part of a path, and nothing waits for a pipe.
 */

/** Configurations, references and the like have a few kilobytes. A larger one may be meant to keep us from reading it. */
const SMALL_FILE_BYTES = 1 << 20;

/**
 * Reads a regular file, with one character for each byte.
 *
 * @returns undefined for anything but a regular file, and for a file that is too large or cannot be read
 */
export function contentOf(file: string, maxBytes = SMALL_FILE_BYTES): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(bytes(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > maxBytes) return undefined;
    const buffer = Buffer.alloc(stats.size);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, stats.size, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The SHA-256 of a regular file, in hexadecimal. The file is read in pieces, since it may be of any size. @throws Error if it cannot be read */
export function hashOf(file: string): string {
  const sum = createHash('sha256');
  const descriptor = openSync(bytes(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(1 << 16);
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      sum.update(buffer.subarray(0, length));
    }
    return sum.digest('hex');
  } finally {
    closeSync(descriptor);
  }
}

export type Kind = 'file' | 'directory' | 'link' | 'other';

/** @returns undefined if nothing is there, or a file stands where a directory is due */
export function kindOf(path: string): Kind | undefined {
  // Throwing takes longer than looking.
  const stats = ifThere(() => lstatSync(bytes(path), { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other';
}

/** @returns undefined also if a file stands where a directory is due */
function ifThere<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Differs if the file does. Only the kernel can set the time of the last change. Undefined if there is no file. */
export function stampOf(path: string): string | undefined {
  const stats = ifThere(() => lstatSync(bytes(path), { throwIfNoEntry: false, bigint: true }));
  return stats?.isFile() === true ? [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join() : undefined;
}

/** The names in a directory, sorted. @throws Error if it cannot be listed */
export function namesIn(directory: string): string[] {
  return readdirSync(bytes(directory), { encoding: 'latin1' }).sort();
}

/** A directory of ext4 with a million short names, or one of tmpfs with as many names, has about this size. Bytes. */
const HUGE_DIRECTORY_BYTES = 20 << 20;

/** To have the names in such a directory in memory takes gigabytes. @throws Error if there is none */
export function isHuge(path: string): boolean {
  return lstatSync(bytes(path)).size > HUGE_DIRECTORY_BYTES;
}

/** More files than any git directory has beside its objects, and more objects than a command sensibly leaves loose. */
const MAX_FILES = 2_000_000;

/** There is more in a directory than anybody needs, which may be meant to exhaust us. */
export class TooMany extends Error {}

/**
 * The regular files at and below a path in a directory, relative to that directory. Links and special files are left out.
 *
 * @param onDirectory called with each directory before it is listed
 * @throws TooMany if there are more than `limit` entries
 */
export function filesBelow(
  top: string,
  path: string,
  limit = MAX_FILES,
  onDirectory?: (directory: string) => void,
): string[] {
  const found: string[] = [];
  let left = limit;
  const pending: string[] = [];
  const visit = (at: string): void => {
    const kind = kindOf(join(top, at));
    if (kind === 'directory') pending.push(at);
    else if (kind === 'file') found.push(at);
  };
  visit(path);
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    onDirectory?.(join(top, below));
    for (const name of namesIn(join(top, below))) {
      if (left-- === 0) throw new TooMany(`more than ${limit} files in ${join(top, path)}`);
      visit(join(below, name));
    }
  }
  return found.sort();
}

/**
 * Lets the owner list a directory and look at what is in it: each takes a permission of its own. Git can run a hook from a
 * directory that nobody can list.
 *
 * @returns true if the owner could not
 */
export function unlock(path: string, needed = 0o500): boolean {
  const { mode } = lstatSync(bytes(path));
  if ((mode & needed) === needed) return false;
  chmodSync(bytes(path), (mode & 0o777) | needed);
  return true;
}

/** True for a file that gives its owner's or group's rights to whoever runs it. */
export function lendsRights(path: string): boolean {
  const stats = lstatSync(bytes(path), { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & 0o6000) !== 0;
}

/** Takes the set-user-ID and set-group-ID bits away. */
export function clearSetId(path: string): void {
  chmodSync(bytes(path), lstatSync(bytes(path)).mode & 0o1777);
}

/** Like {@link moveAside}, even if the command has made the directory above read-only. */
export function moveUnlocked(path: string): string {
  try {
    return moveAside(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    unlock(dirname(path), 0o700);
    return moveAside(path);
  }
}

/** True if no directory between `directory` and the file `name` below it is a link. */
export function isPlainPath(directory: string, name: string): boolean {
  let above = directory;
  for (const part of name.split('/').slice(0, -1)) {
    above = join(above, part);
    if (kindOf(above) !== 'directory') return false;
  }
  return true;
}

/** Who owns `path`. A run as root gives what it writes to that user. */
export function userOf(path: string): UserIds {
  return lstatSync(bytes(path));
}

function give(path: string, { uid, gid }: UserIds): void {
  if (process.getuid?.() === 0) chownSync(bytes(path), uid, gid);
}

/** Makes a directory and those above it. Those that exist stay as they are. */
export function makeDirectory(path: string, owner: UserIds): void {
  if (kindOf(path) === 'directory') return;
  makeDirectory(dirname(path), owner);
  mkdirSync(bytes(path));
  give(path, owner);
}

/** Writes a file anew: a reader finds the old content or the new one, never a part. */
export function writeWhole(path: string, content: string, owner: UserIds): void {
  put(path, owner, (temporary) => {
    writeFileSync(bytes(temporary), bytes(content), { flag: 'wx', mode: 0o644 });
  });
}

/** Copies a regular file, with its mode. */
export function copyFile(from: string, to: string, owner: UserIds): void {
  put(to, owner, (temporary) => {
    copyFileSync(bytes(from), bytes(temporary), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    // A file of git's objects is read-only; whoever owns a copy must be able to replace it.
    chmodSync(bytes(temporary), (lstatSync(bytes(from)).mode & 0o777) | 0o400);
  });
}

/** What is being written. {@link NEVER_COPIED} has it, in case a run is killed meanwhile. */
const TEMPORARY = '.awf-new';

function put(path: string, owner: UserIds, write: (temporary: string) => void): void {
  makeDirectory(dirname(path), owner);
  removeEmptyDirectories(path);
  // The name of a branch may be as long as a name of a file can be, and no branch begins with a dot.
  const temporary = join(dirname(path), TEMPORARY);
  rmSync(bytes(temporary), { force: true });
  write(temporary);
  give(temporary, owner);
  renameSync(bytes(temporary), bytes(path));
}

/** Git leaves directories of references and logs without a file in them, and they give way to a file. */
function removeEmptyDirectories(path: string): void {
  if (kindOf(path) !== 'directory') return;
  for (const name of namesIn(path)) removeEmptyDirectories(join(path, name));
  rmdirSync(bytes(path));
}

/** Moves a regular file, to another file system too. */
export function moveFile(from: string, to: string, owner: UserIds): void {
  makeDirectory(dirname(to), owner);
  try {
    renameSync(bytes(from), bytes(to));
    give(to, owner);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyFile(from, to, owner);
  }
}
