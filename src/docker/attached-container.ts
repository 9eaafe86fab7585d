import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../errors.ts';
import type { Attachment, Sink } from './engine.ts';
import { nonEmptyLines } from './failure.ts';
import { LineSplitter } from './line-splitter.ts';

/** How much of the output an error quotes. */
const TAIL_LINES = 10;
const TAIL_CHARACTERS = 4_096;

/** What the kernel answers to a user that has as many processes as it may have (EAGAIN). */
const NO_MORE_PROCESSES = /resource temporarily unavailable/i;
const NPROC_HINT =
  'The Docker engine limits the processes of a user by default (nproc in default-ulimits), and counts those of the whole machine. Raise the limit.';

/** A sidecar ends so when it is asked to (SIGTERM), and never by itself. */
const STOPPED: readonly number[] = [0, 143];
const STOPPED_HINT =
  'Something outside AWF did that: docker stop, a clean-up job, or a restart of the Docker engine (journalctl --unit docker).';

/**
 * A container that must live as long as the run, such as a sidecar. {@link died} rejects, quoting the last lines of
 * output, when the container ends before {@link expectEnd} is called.
 */
export class AttachedContainer {
  readonly died: Promise<never>;
  readonly ended: Promise<void>;
  #ending = false;
  #tail = '';

  /**
   * @param title its name in messages, such as "Squid"
   * @param input its configuration, written to standard input
   * @param start starts the container and resolves with its exit code
   * @param onLine gets each line of standard output
   */
  constructor(
    title: string,
    input: string,
    start: (attachment: Attachment) => Promise<number>,
    onLine: (line: string) => void = () => undefined,
  ) {
    const keepStdout = this.#keeper();
    const lines = new LineSplitter(onLine);
    const onStdout: Sink = (chunk) => {
      lines.push(chunk);
      return keepStdout(chunk);
    };
    const exit = start({ input, later: undefined, onStdout, onStderr: this.#keeper() });
    this.died = exit.then((code) => {
      if (this.#ending) return new Promise<never>(() => undefined);
      if (STOPPED.includes(code)) throw new UserError(`${title} was stopped during the run.`, { hint: STOPPED_HINT });
      const message = `${title} ended unexpectedly with exit code ${code}. Its last lines:\n${this.lastLines}`;
      throw new UserError(message, NO_MORE_PROCESSES.test(this.lastLines) ? { hint: NPROC_HINT } : {});
    });
    // A rejection that nobody awaits must not end the process. Callers that race on the promise still see the error.
    this.died.catch(() => undefined);
    this.ended = exit.then(
      () => undefined,
      () => undefined,
    );
  }

  get lastLines(): string {
    const lines = nonEmptyLines(this.#tail);
    return lines.length === 0 ? '(no output)' : lines.slice(-TAIL_LINES).join('\n');
  }

  /** Call before removing the container: from now on its end is no failure. */
  expectEnd(): void {
    this.#ending = true;
  }

  /** Keeps the tail of one stream. Each stream has its own decoder, because a chunk may end within a character. */
  #keeper(): Sink {
    const decoder = new StringDecoder();
    return (chunk) => {
      this.#tail = (this.#tail + decoder.write(chunk)).slice(-TAIL_CHARACTERS);
      return undefined;
    };
  }
}
