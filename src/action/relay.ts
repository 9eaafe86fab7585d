import { randomUUID } from 'node:crypto';
import type { Output, Sink } from '../docker/engine.ts';
import type { Reporter } from '../reporter.ts';
import { writeTo } from '../run/output.ts';

/**
 * Relays the command's output with the runner's log commands switched off, because the agent's output is data. AWF's own
 * messages wait until the commands are on again.
 *
 * Both streams go to standard output. The runner reads the two streams independently, so text on standard error could be
 * read before the commands are off or after they are on again.
 */
export class StoppedCommands implements Output {
  readonly #token = randomUUID();
  readonly #waiting: (() => void)[] = [];
  #stopped = false;
  #ended = false;

  readonly #write = writeTo(process.stdout);

  readonly stdout: Sink = (chunk) => {
    if (this.#ended) return undefined;
    this.#stop();
    return this.#write(chunk);
  };

  readonly stderr = this.stdout;

  /**
   * Switches the commands on again, on a line of its own. What the engine's client still delivers of a command that was
   * killed is dropped: it would switch them off once more, and the runner would not see the report.
   */
  end(): void {
    this.#ended = true;
    if (this.#stopped) process.stdout.write(`\n::${this.#token}::\n`);
    this.#stopped = false;
    for (const write of this.#waiting.splice(0)) write();
  }

  /** Wraps `reporter` so that it holds its messages back while the commands are off. */
  deferring(reporter: Reporter): Reporter {
    const later =
      (write: (message: string) => void) =>
      (message: string): void => {
        if (this.#stopped)
          this.#waiting.push(() => {
            write(message);
          });
        else write(message);
      };
    return {
      debug: later(reporter.debug),
      info: later(reporter.info),
      warning: later(reporter.warning),
      error: later(reporter.error),
    };
  }

  /**
   * @returns warns at once, as text while the commands are off. The annotation follows when they are on again.
   */
  warningNow(reporter: Reporter): (message: string) => void {
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
