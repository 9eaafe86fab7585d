import type { Readable, Writable } from 'node:stream';

/**
 * Octets after which a stream lets the others have their turn. Without it, Node hands over up to two megabytes of one
 * socket at a time (32 reads of 64 KiB), and an event of somebody else's stream waits that long.
 */
const SHARE = 128 * 1024;

/** Writes what comes from a source, at the pace of the sink and of those who share the event loop. */
export class Flow {
  readonly #source: Readable;
  readonly #sink: Writable;
  #taken = 0;

  constructor(source: Readable, sink: Writable) {
    this.#source = source;
    this.#sink = sink;
  }

  /** To be called with each chunk as the source tells of it. */
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
