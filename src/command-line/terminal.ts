import { spawnSync } from 'node:child_process';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Sink } from '../docker/engine.ts';
import { UserError } from '../errors.ts';
import { findProgram } from '../host/programs.ts';
import { Queue, type RunReporter } from '../reporter.ts';
import { Frames, type CommandInput } from '../run/command-input.ts';
import { TerminalState } from './terminal-state.ts';

/** Every key goes to the program, also Ctrl-C, and every octet of its output to the terminal as it is. */
const RAW = ['raw', '-echo', '-iexten'];

/**
 * The user's own terminal as the command's. While the command runs, the local terminal is raw: its twin in the sandbox
 * does what a terminal does, from echoing to turning Ctrl-C into SIGINT. Messages wait until the command has ended, because
 * they would be in the middle of its screen.
 */
export class Terminal implements CommandInput {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #state = new TerminalState();
  readonly #frames = new Frames(false);
  readonly #stty: string;
  readonly #isWhole: boolean;
  #settings: string | undefined;
  readonly #queue = new Queue();
  #hasClosed = false;

  /**
   * @param isWhole whether standard error is this terminal too
   * @throws UserError if there is no `stty`
   */
  constructor(input: ReadStream, output: WriteStream, isWhole: boolean) {
    [this.#input, this.#output, this.#isWhole] = [input, output, isWhole];
    const stty = findProgram('stty');
    if (stty === undefined) {
      throw new UserError('There is no stty, with which awf switches the terminal.', {
        hint: 'Install the package coreutils, or write --tty=false.',
      });
    }
    this.#stty = stty;
  }

  get words(): string {
    const { rows, columns } = this.#size();
    return `tty ${rows} ${columns} ${this.#isWhole ? 'joined' : 'apart'}`;
  }

  /** Passes output on to the terminal. */
  through(sink: Sink): Sink {
    return (chunk) => {
      this.#state.push(chunk);
      return sink(chunk);
    };
  }

  /** Reports to `reporter`, but nothing while the command has the terminal. */
  patient(reporter: RunReporter): RunReporter {
    return this.#isWhole ? this.#queue.in(reporter, () => this.#settings !== undefined) : reporter;
  }

  open(): Frames {
    if (this.#hasClosed) return this.#frames;
    this.#settings = this.#run(['-g']).trim();
    // Also for an end that nobody has planned. The handlers of signals end the run, which closes the terminal.
    process.on('exit', this.#restore);
    this.#run(RAW);
    this.#output.on('resize', this.#resize);
    this.#resize();
    this.#input.on('data', this.#send);
    this.#input.resume();
    return this.#frames;
  }

  close(): void {
    this.#hasClosed = true;
    this.#input.off('data', this.#send);
    this.#input.pause();
    this.#output.off('resize', this.#resize);
    process.off('exit', this.#restore);
    this.#restore();
    this.#queue.flush();
  }

  readonly #send = (chunk: Buffer): void => {
    if (this.#frames.write(chunk)) return;
    this.#input.pause();
    this.#frames.once('drain', () => this.#hasClosed || this.#input.resume());
  };

  readonly #resize = (): void => {
    const { rows, columns } = this.#size();
    this.#frames.resize(rows, columns);
  };

  readonly #restore = (): void => {
    if (this.#settings === undefined) return;
    const settings = this.#settings;
    this.#settings = undefined;
    const undo = this.#state.undo();
    if (undo !== '') this.#output.write(undo);
    this.#run([settings]);
  };

  /** A terminal may not know its size: what a serial line leads to, for example. */
  #size(): { rows: number; columns: number } {
    const { rows, columns } = this.#output;
    return rows > 0 && columns > 0 ? { rows, columns } : { rows: 24, columns: 80 };
  }

  /** A terminal that is gone cannot be switched, and need not be. @returns what stty printed */
  #run(args: readonly string[]): string {
    return spawnSync(this.#stty, args, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' }).stdout;
  }
}
