import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type BigIntStats } from 'node:fs';
import type { UserIds } from '../host/user.ts';

/** Bytes of a result. Linux accepts 128 KiB for one variable of a later step, which is what an output becomes. */
export const RESULT_LIMIT = 64 * 1024;

/** What a file is worth as a result. */
export type ResultReading =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** `why` completes "The file …". */
  | { readonly kind: 'refused'; readonly why: string };

/** A file that the run did not change looks like this before and after it. */
interface Stamp {
  readonly stats: string;
  /** Undefined where the content could not be read. */
  readonly hash: string | undefined;
}

/** Refers to a file or a directory without opening it: a pipe is not waited for, and a device notices nothing. (open(2)) */
const O_PATH = 0o10000000;

/** Stops the reading of a file. */
class Refusal extends Error {
  readonly reading: ResultReading;

  constructor(reading: ResultReading) {
    super();
    this.reading = reading;
  }
}

const refuse = (why: string): never => {
  throw new Refusal({ kind: 'refused', why });
};

/**
 * The file in the workspace with the result of the command.
 *
 * The command decides what is at the path. It may want to pass on a file of the host that it could not read itself, so the
 * path is walked step by step: no link is followed, no other file system entered, and what it leads to must be a regular file
 * with one name that the command's user may read.
 */
export class ResultFile {
  readonly #workspace: string;
  readonly #path: string;
  readonly #user: UserIds;
  readonly #before: Stamp | undefined;

  /**
   * Remembers what is there before the command.
   *
   * @param path relative to the workspace, without `.` and `..`
   * @param user the command's
   */
  constructor(workspace: string, path: string, user: UserIds) {
    this.#workspace = workspace;
    this.#path = path;
    this.#user = user;
    this.#before = this.#stamp();
  }

  /** Call it once nothing of the command runs any more: until then, the command could change what was checked. */
  read(): ResultReading {
    return reading(() =>
      this.#walk((handle, stats) => {
        if (stats.size > BigInt(RESULT_LIMIT)) refuse(`has ${stats.size} bytes; the limit is ${RESULT_LIMIT}`);
        const content = contentOf(handle);
        if (content.length > RESULT_LIMIT) refuse(`has more than ${RESULT_LIMIT} bytes`);
        if (isSame(this.#before, stampOf(stats, content))) refuse('is as it was before the command');
        return { kind: 'text', text: decoded(content) };
      }),
    );
  }

  #stamp(): Stamp | undefined {
    let stamp: Stamp | undefined;
    reading(() =>
      this.#walk((handle, stats) => {
        stamp = stampOf(stats, undefined);
        if (stats.size <= BigInt(RESULT_LIMIT)) stamp = stampOf(stats, contentOf(handle));
        return { kind: 'missing' };
      }, false),
    );
    return stamp;
  }

  /** @param isStrict whether the command's user has to be able to read the file */
  #walk(use: (handle: number, stats: BigIntStats) => ResultReading, isStrict = true): ResultReading {
    let parent = openSync(this.#workspace, O_PATH | constants.O_NOFOLLOW);
    const handles = [parent];
    try {
      const names = this.#path.split('/');
      const mount = mountOf(parent);
      for (const [index, name] of names.entries()) {
        const handle = openSync(`/proc/self/fd/${parent}/${name}`, O_PATH | constants.O_NOFOLLOW);
        handles.push(handle);
        parent = handle;
        const stats = fstatSync(handle, { bigint: true });
        const isLast = index === names.length - 1;
        checkKind(stats, isLast ? '' : names.slice(0, index + 1).join('/'));
        if (mountOf(handle) !== mount) refuse('is on another file system than the workspace');
        if (isStrict && !isPermitted(stats, this.#user)) refuse("cannot be read by the command's user");
        if (isLast) return use(handle, stats);
      }
      return { kind: 'missing' };
    } finally {
      for (const handle of handles) closeSync(handle);
    }
  }
}

function reading(work: () => ResultReading): ResultReading {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error.reading;
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'refused', why: `cannot be read (${code})` };
  }
}

/** @param directory the path of what has to be a directory; empty for the file itself */
function checkKind(stats: BigIntStats, directory: string): void {
  if (directory !== '') {
    if (stats.isSymbolicLink()) refuse(`is not read, because ${directory} is a link`);
    if (!stats.isDirectory()) refuse(`cannot exist, because ${directory} is not a directory`);
    return;
  }
  if (stats.isSymbolicLink()) refuse('is a link');
  if (stats.isDirectory()) refuse('is a directory');
  if (stats.isFIFO()) refuse('is a named pipe');
  if (!stats.isFile()) refuse('is not a regular file');
  if (stats.nlink !== 1n) refuse('has a second name (a hard link)');
}

/** The number of the mount that something was reached by. (proc_pid_fdinfo(5)) */
function mountOf(handle: number): string | undefined {
  return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${handle}`, 'utf8'))?.[1];
}

/** Whether a process without capabilities may read the file, or find a name in the directory. */
function isPermitted(stats: BigIntStats, { uid, gid }: UserIds): boolean {
  const needed = stats.isDirectory() ? 1 : 4;
  const shift = stats.uid === BigInt(uid) ? 6 : stats.gid === BigInt(gid) ? 3 : 0;
  return ((Number(stats.mode) >> shift) & needed) !== 0;
}

/** The first bytes, at most one more than a result may have. What is opened is the very file that was checked. */
function contentOf(handle: number): Buffer {
  const file = openSync(`/proc/self/fd/${handle}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(RESULT_LIMIT + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, length);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function stampOf({ ino, mtimeNs, size }: BigIntStats, content: Buffer | undefined): Stamp {
  return {
    stats: [ino, mtimeNs, size].join(),
    hash: content && createHash('sha256').update(content).digest('hex'),
  };
}

/** The times of a file can be set, its content cannot be the same by chance. */
function isSame(before: Stamp | undefined, after: Stamp): boolean {
  return before?.stats === after.stats && (before.hash === undefined || before.hash === after.hash);
}

function decoded(content: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return refuse('is not UTF-8 text');
  }
  return text.includes('\0') ? refuse('is not text: it contains a NUL character') : text;
}
