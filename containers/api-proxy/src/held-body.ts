import type { Capacity } from './capacity.ts';

/** Octets that a body's memory begins with, if its length is not known. */
const FIRST = 4 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * A body that waits for its verdict. It is in one piece: a client that sends single octets, or chunks of one octet, would
 * otherwise make us keep an object of several hundred octets for each.
 */
export class HeldBody {
  readonly #capacity: Capacity;
  readonly #expected: number;
  #octets: Buffer = NOTHING;
  #length = 0;

  /** @param expected octets of the whole body, for which its first chunk makes room; 0 if it is to grow as it comes */
  constructor(capacity: Capacity, expected: number) {
    this.#capacity = capacity;
    this.#expected = expected;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** @returns false if all bodies together would take too much memory; the chunk is not kept then */
  push(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#octets.length && !this.#grow(length)) return false;
    chunk.copy(this.#octets, this.#length);
    this.#length = length;
    return true;
  }

  #grow(needed: number): boolean {
    const octets = Math.max(needed, this.#expected || FIRST, 2 * this.#octets.length);
    if (!this.#capacity.hold(octets - this.#octets.length)) return false;
    const grown = Buffer.allocUnsafeSlow(octets);
    this.#octets.copy(grown, 0, 0, this.#length);
    this.#octets = grown;
    return true;
  }

  get octets(): Buffer {
    return this.#octets.subarray(0, this.#length);
  }

  /** Its memory no longer counts. */
  release(): void {
    this.#capacity.release(this.#octets.length);
    this.#octets = NOTHING;
    this.#length = 0;
  }
}
