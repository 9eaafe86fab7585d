import { UserError } from '../errors.ts';
import type { Attachment } from './engine.ts';

/** How much of a sidecar's output an error quotes. */
const TAIL_LINES = 10;
const TAIL_CHARACTERS = 4_096;

/**
 * A container that must live as long as the run. {@link died} rejects when it ends before {@link expectEnd} was called,
 * with its last lines.
 */
export class AttachedContainer {
  readonly died: Promise<never>;
  readonly ended: Promise<void>;
  #ending = false;
  #tail = '';

  /**
   * @param title for people: "Squid"
   * @param input its configuration, on standard input
   * @param start starts the container and resolves with its exit code
   */
  constructor(title: string, input: string, start: (attachment: Attachment) => Promise<number>) {
    const keep = (chunk: Buffer): undefined => {
      this.#tail = (this.#tail + chunk.toString()).slice(-TAIL_CHARACTERS);
    };
    const exit = start({ input, later: undefined, onStdout: keep, onStderr: keep });
    this.died = exit.then((code) => {
      if (this.#ending) return new Promise<never>(() => undefined);
      throw new UserError(
        `${title} ended by itself with exit code ${String(code)}. Its last lines:\n${this.lastLines}`,
      );
    });
    // Whoever races on it sees the error; nobody else has to.
    this.died.catch(() => undefined);
    this.ended = exit.then(
      () => undefined,
      () => undefined,
    );
  }

  get lastLines(): string {
    const lines = this.#tail.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? '(it said nothing)' : lines.slice(-TAIL_LINES).join('\n');
  }

  /** From now on its end is no failure. */
  expectEnd(): void {
    this.#ending = true;
  }
}
