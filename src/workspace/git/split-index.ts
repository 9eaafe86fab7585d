import { join } from 'node:path/posix';
import { readIndex, stageOf, type GitIndex, type IndexEntry } from './index-file.ts';
import { INDEX } from './layout.ts';

/*
 * With `core.splitIndex`, git keeps most entries in a second file, and in the index those that differ (gitformat-index(5),
 * "Split index"). A reader that misses one of the two would see files as removed, so the two are joined here.
 */

/**
 * Reads the index of a git directory, joined with the file that shares its entries. The result is never split.
 *
 * @param directory the git directory, or a worktree's part of it
 * @throws SyntaxError if one of the files does not pass, or they do not belong together
 */
export function readWholeIndex(directory: string, hashBytes: 20 | 32): GitIndex {
  const index = readIndex(join(directory, INDEX), hashBytes);
  if (index.link === undefined) return index;
  const name = index.link.toString('hex', 0, hashBytes);
  // Git writes no name for an index that shares nothing.
  if (/^0*$/.test(name)) return { ...index, entries: joined([], index.entries, none(), none()), link: undefined };
  const shared = readIndex(join(directory, `sharedindex.${name}`), hashBytes);
  require(shared.sum === name && shared.link === undefined, 'the file that shares its entries is another one');
  const bitmaps = new Bitmaps(index.link.subarray(hashBytes), shared.entries.length);
  const [deleted, replaced] = bitmaps.isEmpty ? [none(), none()] : [bitmaps.next(), bitmaps.next()];
  require(bitmaps.isEmpty, 'there is more behind its link');
  return {
    ...index,
    entries: joined(shared.entries, index.entries, deleted, replaced),
    isSparse: index.isSparse || shared.isSparse,
    link: undefined,
  };
}

const none = (): ReadonlySet<number> => new Set();

/** What `merge_base_index` of git's split-index.c does, without what it tolerates. */
function joined(
  shared: readonly IndexEntry[],
  own: readonly IndexEntry[],
  deleted: ReadonlySet<number>,
  replaced: ReadonlySet<number>,
): IndexEntry[] {
  const replacements = own.slice(0, replaced.size);
  const added = own.slice(replaced.size);
  require(replacements.length === replaced.size, 'replacements are missing');
  require(replacements.every(({ path }) => path === '') && added.every(({ path }) => path !== ''), 'a path is missing');
  require(![...replaced].some((at) => deleted.has(at)), 'an entry is deleted and replaced');
  const replacementFor = new Map([...replaced].map((at, order) => [at, replacements[order]]));
  const kept = shared.flatMap((entry, at) =>
    deleted.has(at) ? [] : [{ ...(replacementFor.get(at) ?? entry), path: entry.path }],
  );
  const all = [...kept, ...added].sort(byPlace);
  const isAscending = all.every((entry, at) => {
    const before = all[at - 1];
    return before === undefined || byPlace(before, entry) < 0;
  });
  require(isAscending, 'an entry is there twice');
  return all;
}

/** Git's order: by the bytes of the path, then by stage. */
function byPlace(one: IndexEntry, other: IndexEntry): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return stageOf(one) - stageOf(other);
}

/** Bits of a 64-bit word. */
const WORD = 64;

/** Reads compressed bitmaps, one after the other (EWAH: gitformat-bitmap(5), "Appendix A"). */
class Bitmaps {
  readonly #data: Buffer;
  readonly #size: number;
  #at = 0;

  /** @param size how many bits there are at most */
  constructor(data: Buffer, size: number) {
    this.#data = data;
    this.#size = size;
  }

  get isEmpty(): boolean {
    return this.#at === this.#data.length;
  }

  /** The positions of the bits that are set, ascending. @throws SyntaxError, RangeError if the bitmap is cut off */
  next(): ReadonlySet<number> {
    const set = new Set<number>();
    const words = this.#data.readUInt32BE(this.#at + 4);
    const start = this.#at + 8;
    const word = (at: number): bigint => this.#data.readBigUInt64BE(start + at * 8);
    let bit = 0;
    for (let at = 0; at < words; at++) {
      const marker = word(at);
      const run = Number((marker >> 1n) & 0xffffffffn);
      const literals = Number(marker >> 33n);
      if ((marker & 1n) === 1n) for (let i = 0; i < run * WORD; i++) this.#add(set, bit + i);
      bit += run * WORD;
      for (let i = 0; i < literals; i++, bit += WORD) {
        const literal = word(++at);
        require(at < words, 'a bitmap is cut off');
        for (let j = 0; j < WORD; j++) if (((literal >> BigInt(j)) & 1n) === 1n) this.#add(set, bit + j);
      }
    }
    // The last four octets say where the last marker is, for writers.
    this.#at = start + words * 8 + 4;
    require(this.#at <= this.#data.length, 'a bitmap is cut off');
    return set;
  }

  #add(set: Set<number>, bit: number): void {
    require(bit < this.#size, 'a bitmap is too long');
    set.add(bit);
  }
}

function require(isTrue: boolean, what: string): void {
  if (!isTrue) throw new SyntaxError(`the index is split, and has a fault: ${what}`);
}
