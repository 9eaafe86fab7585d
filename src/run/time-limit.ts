import { TIMEOUT_GRACE_MS } from './limits.ts';

/** The exit code of a command that ran out of time; `timeout` of the GNU coreutils has the same. */
export const TIMEOUT_EXIT_CODE = 124;

/** The clock of the command's run time. */
export class TimeLimit {
  /** Resolves when the command has to end; undefined where there is no limit. */
  readonly reached: Promise<void> | undefined;
  /** Resolves when the grace after that is over too, and nobody waits for the command any longer. */
  readonly exhausted: Promise<void>;
  readonly #limitMs: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isReached = false;
  #onReached: () => void = () => undefined;
  #onExhausted: () => void = () => undefined;

  /** @param limitMs undefined for no limit */
  constructor(limitMs: number | undefined, graceMs = TIMEOUT_GRACE_MS) {
    this.#limitMs = limitMs;
    this.#graceMs = graceMs;
    this.reached = limitMs === undefined ? undefined : new Promise((resolve) => (this.#onReached = resolve));
    this.exhausted = new Promise((resolve) => (this.#onExhausted = resolve));
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Call when the command starts. */
  start(): void {
    if (this.#limitMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isReached = true;
      this.#onReached();
      this.#timer = setTimeout(this.#onExhausted, this.#graceMs);
    }, this.#limitMs);
  }

  /** Call when the command has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
