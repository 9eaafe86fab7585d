import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { bytes } from '../../host/file-names.ts';

/** Types of gitformat-pack(5). */
const NAMES: Readonly<Record<number, string>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const [OFFSET_DELTA, NAME_DELTA] = [6, 7] as const;
/** Git's own limit is 4,095. */
const MAX_CHAIN = 4_095;
/** Objects that are kept, because others are stored as their differences. Bytes. */
const MAX_KEPT = 256 << 20;

interface PackedObject {
  readonly type: number;
  readonly data: Buffer;
}

/**
 * Reads every object of a pack, and compares it with the name that the pack's index gives it.
 *
 * @param path without `.pack` and `.idx`
 * @param end when to give up, by the clock of `performance.now`
 * @returns true if all names are right
 * @throws Error for what is no pack, or no index of one
 */
export function readPack(path: string, hashBytes: 20 | 32, end: number): boolean {
  const offsets = readIndex(readFileSync(bytes(`${path}.idx`)), hashBytes);
  const pack = new Pack(readFileSync(bytes(`${path}.pack`)), offsets, hashBytes);
  for (const [name, offset] of [...offsets].sort(([, one], [, other]) => one - other)) {
    if (performance.now() > end) throw new Error('no time is left');
    const { type, data } = pack.objectAt(offset);
    const sum = createHash(hashBytes === 20 ? 'sha1' : 'sha256').update(`${NAMES[type] ?? ''} ${data.length}\0`);
    if (sum.update(data).digest('hex') !== name) return false;
  }
  return true;
}

/** The offsets in a pack, by the names of the objects, from an index of version 2. */
function readIndex(index: Buffer, hashBytes: number): ReadonlyMap<string, number> {
  if (index.readUInt32BE(0) !== 0xff744f63 || index.readUInt32BE(4) !== 2) throw new Error('no index of version 2');
  const count = index.readUInt32BE(8 + 255 * 4);
  const names = 8 + 256 * 4;
  const small = names + count * (hashBytes + 4);
  const large = small + count * 4;
  const found = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const name = index.toString('hex', names + i * hashBytes, names + (i + 1) * hashBytes);
    const offset = index.readUInt32BE(small + i * 4);
    const isLarge = (offset & 0x80000000) !== 0;
    // A name that is there twice could have two contents.
    if (found.has(name)) throw new Error('a name twice');
    found.set(name, isLarge ? Number(index.readBigUInt64BE(large + (offset & 0x7fffffff) * 8)) : offset);
  }
  return found;
}

class Pack {
  readonly #data: Buffer;
  readonly #offsets: ReadonlyMap<string, number>;
  readonly #hashBytes: number;
  readonly #kept = new Map<number, PackedObject>();
  #keptBytes = 0;

  constructor(data: Buffer, offsets: ReadonlyMap<string, number>, hashBytes: number) {
    this.#data = data;
    this.#offsets = offsets;
    this.#hashBytes = hashBytes;
  }

  objectAt(offset: number, depth = 0): PackedObject {
    const kept = this.#kept.get(offset);
    if (kept !== undefined) return kept;
    if (depth > MAX_CHAIN) throw new Error('too long a chain');
    let at = offset;
    let octet = this.#data.readUInt8(at++);
    const type = (octet >> 4) & 7;
    let size = octet & 0xf;
    for (let unit = 16; (octet & 0x80) !== 0; unit *= 128) {
      octet = this.#data.readUInt8(at++);
      size += (octet & 0x7f) * unit;
    }
    let base: PackedObject | undefined;
    if (type === OFFSET_DELTA) {
      octet = this.#data.readUInt8(at++);
      let distance = octet & 0x7f;
      while ((octet & 0x80) !== 0) {
        octet = this.#data.readUInt8(at++);
        distance = (distance + 1) * 128 + (octet & 0x7f);
      }
      if (distance <= 0 || distance > offset) throw new Error('no base');
      base = this.objectAt(offset - distance, depth + 1);
    } else if (type === NAME_DELTA) {
      const place = this.#offsets.get(this.#data.toString('hex', at, at + this.#hashBytes));
      if (place === undefined) throw new Error('a base that is not in the pack');
      at += this.#hashBytes;
      base = this.objectAt(place, depth + 1);
    }
    const content = inflateSync(this.#data.subarray(at), { maxOutputLength: Math.max(size, 1) });
    if (content.length !== size) throw new Error('a wrong size');
    const object =
      base === undefined ? { type, data: content } : { type: base.type, data: applyDelta(base.data, content) };
    this.#keep(offset, object);
    return object;
  }

  #keep(offset: number, object: PackedObject): void {
    this.#keptBytes += object.data.length;
    this.#kept.set(offset, object);
    for (const [oldest, { data }] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT) return;
      this.#keptBytes -= data.length;
      this.#kept.delete(oldest);
    }
  }
}

/** Composes an object from another one: gitformat-pack(5), "Deltified representation". */
function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const length = (): number => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const octet = delta.readUInt8(at++);
      value += (octet & 0x7f) * unit;
      if ((octet & 0x80) === 0) return value;
    }
  };
  /** A number of which only the octets with a bit in `bits` are there. */
  const sparse = (bits: number, octets: number): number => {
    let value = 0;
    for (let i = 0; i < octets; i++) if ((bits & (1 << i)) !== 0) value += delta.readUInt8(at++) * 256 ** i;
    return value;
  };
  if (length() !== base.length) throw new Error('another base');
  const size = length();
  const parts: Buffer[] = [];
  while (at < delta.length) {
    const order = delta.readUInt8(at++);
    if ((order & 0x80) !== 0) {
      const from = sparse(order & 0xf, 4);
      const count = sparse((order >> 4) & 7, 3) || 0x10000;
      parts.push(base.subarray(from, from + count));
    } else {
      if (order === 0) throw new Error('a reserved order');
      parts.push(delta.subarray(at, at + order));
      at += order;
    }
  }
  const data = Buffer.concat(parts);
  if (data.length !== size) throw new Error('a wrong size');
  return data;
}
