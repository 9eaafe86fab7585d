import type { UserError } from '../errors.ts';
import { TIMEOUT_GRACE_MS } from './limits.ts';

/** The exit code of a command that ran out of time; `timeout` of the GNU coreutils has the same. */
export const TIMEOUT_EXIT_CODE = 124;

/** Decides when a command that does not end has to: when its time is up, or for a reason that shows while it runs. */
export class TimeLimit {
  /** Resolves when the command has to end. */
  readonly reached: Promise<void>;
  /** Resolves when the grace after that is over too, and nobody waits for the command any longer. */
  readonly exhausted: Promise<void>;
  readonly #limitMs: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isReached = false;
  #reason: UserError | undefined;
  #onReached: () => void = () => undefined;
  #onExhausted: () => void = () => undefined;

  /** @param limitMs undefined for no limit */
  constructor(limitMs: number | undefined, graceMs = TIMEOUT_GRACE_MS) {
    this.#limitMs = limitMs;
    this.#graceMs = graceMs;
    this.reached = new Promise((resolve) => (this.#onReached = resolve));
    this.exhausted = new Promise((resolve) => (this.#onExhausted = resolve));
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Why the command has to end, unless it is for its time. */
  get reason(): UserError | undefined {
    return this.#reason;
  }

  /** Call when the command starts. */
  start(): void {
    if (this.#limitMs === undefined || this.#isReached) return;
    this.#timer = setTimeout(() => {
      this.#reach();
    }, this.#limitMs);
  }

  /** Ends the command before its time is up. The first reason counts. */
  end(reason: UserError): void {
    if (this.#isReached) return;
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#reach();
  }

  #reach(): void {
    this.#isReached = true;
    this.#onReached();
    this.#timer = setTimeout(this.#onExhausted, this.#graceMs);
  }

  /** Call when the command has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
