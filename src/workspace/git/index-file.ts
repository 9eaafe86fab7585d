import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';
import { valueIn } from './config.ts';
import { contentOf } from './files.ts';

/*
 * Git trusts its index (gitformat-index(5)): it writes files to the paths in it, `.git/hooks` and `../` included, and
 * takes a file for unchanged if the file's times and size are those in the index.
 */

/** A larger one is more than any repository has. */
const MAX_INDEX_BYTES = 512 << 20;

/** More than any repository has. */
const MAX_ENTRIES = 1_000_000;

/** An index of git's, as far as it is not a cache of something else. */
export interface GitIndex {
  readonly entries: readonly IndexEntry[];
  /** For an index of which a part is in another file: the name of that one, and what differs from it. */
  readonly link: Buffer | undefined;
  /** True for an index that has directories instead of the files in them. */
  readonly isSparse: boolean;
  /** True if it names offsets from which git would read it, with several threads. */
  readonly hasOffsets: boolean;
  /** The checksum at its end, in hexadecimal. */
  readonly sum: string;
}

export interface IndexEntry {
  /** One character for each byte. */
  readonly path: string;
  readonly mode: number;
  readonly object: Buffer;
  readonly flags: number;
  readonly moreFlags: number;
}

/** The fields of an entry before the object's name: times, places and sizes, with the mode at 24. */
const STAT_BYTES = 40;
const MODE_AT = 24;
const [NAME_LENGTH, STAGE, IS_EXTENDED, ASSUME_VALID] = [0x0fff, 0x3000, 0x4000, 0x8000] as const;
const [INTENT_TO_ADD, SKIP_WORKTREE] = [0x2000, 0x4000] as const;
const [FILE, PROGRAM, LINK, SUBMODULE, DIRECTORY] = [0o100644, 0o100755, 0o120000, 0o160000, 0o040000] as const;

/** Of a path in conflict, the index has several stages. */
export function stageOf({ flags }: IndexEntry): number {
  return flags & STAGE;
}

/** The octets of an object's name in a repository, by the setting that git obeys. */
export function hashBytesOf(repository: string): 20 | 32 {
  const format = valueIn(contentOf(join(repository, 'config')) ?? '', 'extensions', 'objectformat');
  return format === 'sha256' ? 32 : 20;
}

/**
 * Reads an index whose paths git would accept from a commit: none leads out of the worktree or into a git directory.
 *
 * @throws SyntaxError for anything else, and for an index that two readers could read differently
 */
export function readIndex(file: string, hashBytes: 20 | 32): GitIndex {
  try {
    return new Reader(Buffer.from(contentOf(file, MAX_INDEX_BYTES) ?? '', 'latin1'), hashBytes).index();
  } catch (error) {
    throw error instanceof RangeError ? new SyntaxError('the index is cut off') : error;
  }
}

class Reader {
  readonly #data: Buffer;
  readonly #hashBytes: 20 | 32;
  /** Where the checksum is. */
  readonly #end: number;
  #at = 12;

  constructor(data: Buffer, hashBytes: 20 | 32) {
    this.#data = data;
    this.#hashBytes = hashBytes;
    this.#end = data.length - hashBytes;
  }

  index(): GitIndex {
    const version = this.#data.readUInt32BE(4);
    this.#require(this.#data.toString('latin1', 0, 4) === 'DIRC' && version >= 2 && version <= 4, 'it is no index');
    this.#require(this.#data.readUInt32BE(8) <= MAX_ENTRIES, `more than ${MAX_ENTRIES} entries`);
    const entries: IndexEntry[] = [];
    for (let left = this.#data.readUInt32BE(8); left > 0; left--) {
      entries.push(this.#entry(version, entries.at(-1)?.path ?? ''));
    }
    // Git looks for the extension with the end of the entries from the end of the file, whatever is around it.
    const last = this.#end - (8 + 4 + this.#hashBytes);
    const hasOffsets = last >= this.#at && this.#data.toString('latin1', last, last + 4) === 'EOIE';
    const extensions = this.#extensions();
    const link = extensions.get('link');
    for (const entry of entries) {
      const isReplacement = link !== undefined && entry.path === '';
      this.#require(isReplacement || isHarmless(entry), `the path ${JSON.stringify(entry.path)}`);
    }
    const sum = this.#data.toString('hex', this.#end);
    return { entries, link, isSparse: extensions.has('sdir'), hasOffsets, sum };
  }

  #entry(version: number, previous: string): IndexEntry {
    const start = this.#at;
    const mode = this.#data.readUInt32BE(start + MODE_AT);
    const object = this.#data.subarray(start + STAT_BYTES, start + STAT_BYTES + this.#hashBytes);
    let at = start + STAT_BYTES + this.#hashBytes;
    const flags = this.#data.readUInt16BE(at);
    at += 2;
    const isExtended = (flags & IS_EXTENDED) !== 0;
    const moreFlags = isExtended ? this.#data.readUInt16BE(at) : 0;
    this.#require(!isExtended || version > 2, 'flags that its version does not have');
    if (isExtended) at += 2;
    this.#at = at;
    const kept = version === 4 ? previous.slice(0, previous.length - this.#stripped(previous.length)) : '';
    const nul = this.#data.indexOf(0, this.#at);
    const path = kept + this.#data.toString('latin1', this.#at, nul);
    this.#require(nul >= 0 && Math.min(path.length, NAME_LENGTH) === (flags & NAME_LENGTH), 'the length of a path');
    // Up to version 3, one to eight octets fill an entry to a multiple of eight.
    this.#at = version === 4 ? nul + 1 : start + ((nul - start + 8) & ~7);
    this.#require(this.#at <= this.#end, 'the index is cut off');
    return { path, mode, object, flags: flags & ~NAME_LENGTH, moreFlags };
  }

  /** The number of octets that a path does not share with the one before: OFS_VARINT of gitformat-pack(5). */
  #stripped(most: number): number {
    let octet = this.#data.readUInt8(this.#at++);
    let value = octet & 0x7f;
    while ((octet & 0x80) !== 0 && value <= most) {
      octet = this.#data.readUInt8(this.#at++);
      value = (value + 1) * 128 + (octet & 0x7f);
    }
    this.#require(value <= most, 'the length of a path');
    return value;
  }

  #extensions(): ReadonlyMap<string, Buffer> {
    const found = new Map<string, Buffer>();
    while (this.#at < this.#end) {
      const name = this.#data.toString('latin1', this.#at, this.#at + 4);
      const size = this.#data.readUInt32BE(this.#at + 4);
      const body = this.#data.subarray(this.#at + 8, Math.min(this.#at + 8 + size, this.#end));
      this.#require(body.length === size && !found.has(name), 'an extension');
      found.set(name, body);
      this.#at += 8 + size;
    }
    return found;
  }

  #require(isTrue: boolean, what: string): void {
    if (!isTrue) throw new SyntaxError(`the index has a fault: ${what}`);
  }
}

/** What git demands of a path that it takes from a commit (read-cache.c, `verify_path`). */
function isHarmless({ path, mode }: IndexEntry): boolean {
  const parts = (mode === DIRECTORY ? path.replace(/\/$/, '') : path).split('/');
  return (
    [FILE, PROGRAM, LINK, SUBMODULE, DIRECTORY].some((known) => known === mode) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.split('\\').some(isDotGit)) &&
    !(mode === LINK && /^\.gitmodules$/i.test(parts.at(-1) ?? ''))
  );
}

/** True for names that some file system takes for `.git`. HFS+ ignores a few characters that nobody sees. */
function isDotGit(name: string): boolean {
  const seen = Buffer.from(name, 'latin1')
    .toString('utf8')
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '');
  return /^(\.git|git~1)[ .]*(:.*)?$/is.test(seen);
}

/**
 * Writes an index anew, without caches and without the files' times and sizes, so that git looks at the files themselves.
 * Only entries that had them before keep the marks by which git does not look at a file, and those whose file is not there:
 * such a mark (git-sparse-checkout(1)) hides no change.
 *
 * @param before the index as it was
 * @param isAbsent true for a path in the worktree at which there is nothing
 * @throws SyntaxError if it has a directory in the place of files that are there
 */
export function formatIndex(
  index: GitIndex,
  before: GitIndex | undefined,
  isAbsent: (path: string) => boolean,
  hashBytes: 20 | 32,
): Buffer {
  const marks = new Map(before?.entries.map((entry) => [entry.path, entry]));
  const entries = index.entries.map((entry) => {
    const known = marks.get(entry.path);
    const isSkipped = (entry.moreFlags & SKIP_WORKTREE) !== 0;
    const wasSkipped = ((known?.moreFlags ?? 0) & SKIP_WORKTREE) !== 0;
    const skip = isSkipped && (wasSkipped || isAbsent(entry.path)) ? SKIP_WORKTREE : 0;
    if (entry.mode === DIRECTORY && skip === 0) {
      throw new SyntaxError(`the index has no files of the directory ${JSON.stringify(entry.path)}, which is there`);
    }
    return {
      ...entry,
      flags: (entry.flags & STAGE) | (entry.flags & ASSUME_VALID & (known?.flags ?? 0)),
      moreFlags: (entry.moreFlags & INTENT_TO_ADD) | skip,
    };
  });
  const head = Buffer.from('DIRC\0\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(entries.some(({ moreFlags }) => moreFlags !== 0) ? 3 : 2, 4);
  head.writeUInt32BE(entries.length, 8);
  const sparse = Buffer.from(index.isSparse ? 'sdir\0\0\0\0' : '', 'latin1');
  const content = Buffer.concat([head, ...entries.map(formatEntry), sparse]);
  const sum = createHash(hashBytes === 20 ? 'sha1' : 'sha256')
    .update(content)
    .digest();
  return Buffer.concat([content, sum]);
}

function formatEntry({ path, mode, object, flags, moreFlags }: IndexEntry): Buffer {
  const nameAt = STAT_BYTES + object.length + (moreFlags === 0 ? 2 : 4);
  const entry = Buffer.alloc((nameAt + path.length + 8) & ~7);
  entry.writeUInt32BE(mode, MODE_AT);
  object.copy(entry, STAT_BYTES);
  const extended = moreFlags === 0 ? 0 : IS_EXTENDED;
  entry.writeUInt16BE(flags | extended | Math.min(path.length, NAME_LENGTH), STAT_BYTES + object.length);
  if (moreFlags !== 0) entry.writeUInt16BE(moreFlags, nameAt - 2);
  entry.write(path, nameAt, 'latin1');
  return entry;
}
