import type { Sink } from '../docker/engine.ts';
import { COMMAND_MARKER } from '../shared/contract.ts';

/** The line on standard error that ends the pre-flight check's output. */
const MARKER = Buffer.from(COMMAND_MARKER);

/** The most that is kept of the check's output, in bytes. */
const LIMIT = 64 * 1024;

/**
 * Keeps output until it is opened. The command's standard output has a pipe of its own, and may arrive before the marker that
 * stands on standard error.
 */
export class HeldOutput {
  readonly #sink: Sink;
  #held: Buffer[] | undefined = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** @returns what to wait for before more is pushed */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#held === undefined) return this.#sink(chunk);
    this.#held.push(chunk);
    return undefined;
  }

  /** Passes on what was kept, and from now on everything. */
  open(): void {
    const held = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    if (held.length > 0) void this.#sink(held);
  }
}

/**
 * Splits the agent container's standard error at the marker: everything before it comes from the pre-flight check,
 * everything after it from the command, whatever it looks like.
 */
export class Gate {
  #before: Buffer = Buffer.alloc(0);
  #passed = false;
  readonly #onPassed: () => void;
  readonly #relay: Sink;

  constructor(onPassed: () => void, relay: Sink) {
    this.#onPassed = onPassed;
    this.#relay = relay;
  }

  /** True once the command was started. */
  get passed(): boolean {
    return this.#passed;
  }

  /** The check's output, without the client's warning about a resolver that is meant not to work. */
  get message(): string {
    return this.#before
      .toString()
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('WARNING: Localhost DNS'))
      .join('\n');
  }

  /** @returns what to wait for before more is pushed */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#passed) return this.#relay(chunk);
    this.#before = Buffer.concat([this.#before, chunk]);
    const at = this.#before.indexOf(MARKER);
    if (at < 0) {
      this.#before = this.#before.subarray(-LIMIT);
      return undefined;
    }
    const rest = this.#before.subarray(at + MARKER.length);
    this.#before = this.#before.subarray(0, at);
    this.#passed = true;
    this.#onPassed();
    return rest.length > 0 ? this.#relay(rest) : undefined;
  }
}
