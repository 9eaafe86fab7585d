import type { Readable, Writable } from 'node:stream';

/**
 * Octets after which a stream gives the others a turn. Otherwise Node reads up to two megabytes of one socket in a row
 * (32 reads of 64 KiB), and an event of another stream waits for all of it.
 */
const SHARE = 128 * 1024;

/** Writes what comes from a source, no faster than the sink takes it and the other streams allow. */
export class Flow {
  readonly #source: Readable;
  readonly #sink: Writable;
  #taken = 0;

  constructor(source: Readable, sink: Writable) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Call this with each chunk that the source emits. */
  write(chunk: Buffer): void {
    this.#taken += chunk.length;
    if (!this.#sink.write(chunk)) {
      this.#source.pause();
      this.#sink.once('drain', () => {
        this.#resume();
      });
    } else if (this.#taken >= SHARE) {
      this.#source.pause();
      this.#resume();
    }
  }

  #resume(): void {
    if (this.#taken < SHARE) {
      this.#source.resume();
      return;
    }
    this.#taken = 0;
    setImmediate(() => {
      this.#source.resume();
    });
  }
}
