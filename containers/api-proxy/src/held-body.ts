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
  #octets: Buffer = NOTHING;
  #length = 0;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  /**
   * Makes room for a body.
   *
   * @param octets of the whole body
   * @returns false if all bodies together would take too much memory
   */
  reserve(octets: number): boolean {
    const more = octets - this.#octets.length;
    if (more <= 0) return true;
    if (!this.#capacity.hold(more)) return false;
    const grown = Buffer.allocUnsafeSlow(octets);
    this.#octets.copy(grown, 0, 0, this.#length);
    this.#octets = grown;
    return true;
  }

  /** @returns false if all bodies together would take too much memory */
  push(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#octets.length && !this.reserve(Math.max(FIRST, length, 2 * this.#octets.length))) return false;
    chunk.copy(this.#octets, this.#length);
    this.#length = length;
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
