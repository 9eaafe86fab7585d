import { randomUUID } from 'node:crypto';
import type { Output, Sink } from '../docker/engine.ts';
import { Queue, TERMINAL_RESET, type RunReporter } from '../reporter.ts';
import { writeTo } from '../run/output.ts';

/** Begins every escape sequence. */
const ESCAPE = 0x1b;

/**
 * Relays the command's output with the runner's log commands switched off, because the agent's output is data. AWF's own
 * messages wait until the commands are on again.
 *
 * Both streams go to standard output. The runner reads the two streams independently, so text on standard error could be
 * read before the commands are off or after they are on again.
 */
export class StoppedCommands implements Output {
  readonly #token = randomUUID();
  readonly #queue = new Queue();
  #stopped = false;
  #ended = false;
  #hasEscapes = false;

  readonly #write = writeTo(process.stdout);

  readonly stdout: Sink = (chunk) => {
    if (this.#ended) return undefined;
    this.#stop();
    this.#hasEscapes ||= chunk.includes(ESCAPE);
    return this.#write(chunk);
  };

  readonly stderr = this.stdout;

  /**
   * Switches the commands on again, on a line of its own. What the engine still delivers of a command that was
   * killed is dropped: it would switch them off once more, and the runner would not see the report.
   *
   * A colour or hidden text that the command has not ended would go on in the report.
   */
  end(): void {
    this.#ended = true;
    const reset = this.#hasEscapes ? TERMINAL_RESET : '';
    if (this.#stopped) process.stdout.write(`${reset}\n::${this.#token}::\n`);
    this.#stopped = false;
    this.#queue.flush();
  }

  /** Wraps `reporter` so that it holds its messages back while the commands are off. */
  deferring(reporter: RunReporter): RunReporter {
    return this.#queue.in(reporter, () => this.#stopped);
  }

  /**
   * @returns warns at once, as text while the commands are off. The annotation follows when they are on again.
   */
  warningNow(reporter: RunReporter): (message: string) => void {
    const later = this.deferring(reporter);
    return (message) => {
      if (this.#stopped) process.stdout.write(`\nAWF: ${message}\n`);
      later.warning(message);
    };
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    process.stdout.write(`::stop-commands::${this.#token}\n`);
  }
}
