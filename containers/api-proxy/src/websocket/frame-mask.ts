import type { ReflectionGuard, StreamMask } from '../reflection.ts';
import { FrameReader } from './frame-reader.ts';

/**
 * Parts that may stand behind the beginning of a credential. An upstream that sends so many pings in the middle of one could
 * as well send it backwards.
 */
const MAX_WAITING = 1_000;

/**
 * Masks credentials in the messages of a WebSocket. The frames of a message may end anywhere, and control frames may stand
 * between them, so each message is masked without its frames' heads. What a message ends with never waits for the next one.
 */
export class FrameMask implements StreamMask {
  readonly #frames: FrameReader;
  readonly #message: StreamMask;
  readonly #control: StreamMask;
  /** What the mask of the message holds back: a number of its octets, and what stands behind those. */
  #waiting: (number | Buffer)[] = [];
  #out: Buffer[] = [];

  constructor(guard: ReflectionGuard) {
    this.#message = guard.stream();
    this.#control = guard.stream();
    this.#frames = new FrameReader(undefined, {
      onHead: (octets) => {
        this.#add(octets);
      },
      onPayload: (octets, isControl) => {
        this.#onPayload(octets, isControl);
      },
      onFrameEnd: (isControl, isLast) => {
        if (isControl) this.#endControl();
        else if (isLast) this.#endMessage();
      },
    });
  }

  pass(chunk: Buffer): Buffer {
    this.#frames.push(chunk);
    if (this.#waiting.length > MAX_WAITING) this.#endMessage();
    return this.#taken();
  }

  rest(): Buffer {
    this.#endControl();
    this.#endMessage();
    return this.#taken();
  }

  #taken(): Buffer {
    const parts = this.#out;
    this.#out = [];
    return Buffer.concat(parts);
  }

  #onPayload(octets: Buffer, isControl: boolean): void {
    if (isControl) {
      this.#add(this.#control.pass(octets));
      return;
    }
    this.#waiting.push(octets.length);
    this.#release(this.#message.pass(octets));
  }

  #endControl(): void {
    this.#add(this.#control.rest());
  }

  #endMessage(): void {
    this.#release(this.#message.rest());
  }

  /** Adds what belongs behind everything so far. */
  #add(octets: Buffer): void {
    if (this.#waiting.length === 0) this.#out.push(octets);
    else this.#waiting.push(octets);
  }

  /** @param octets of the message, which may now pass: they go to where they came from, between heads and control frames */
  #release(octets: Buffer): void {
    let at = 0;
    let done = 0;
    for (const part of this.#waiting) {
      if (typeof part === 'number') {
        const end = Math.min(at + part, octets.length);
        if (end > at) this.#out.push(octets.subarray(at, end));
        const left = part - (end - at);
        at = end;
        if (left > 0) {
          this.#waiting[done] = left;
          break;
        }
      } else {
        this.#out.push(part);
      }
      done++;
    }
    this.#waiting.splice(0, done);
  }
}
