/** The exit code of a command that ran for too long, as that of `timeout` of the GNU coreutils. */
export const TIMEOUT_EXIT_CODE = 124;

/** How long a command that was told to end may take. Milliseconds. */
const GRACE = 10_000;

/** The clock of a command's run time. */
export class TimeLimit {
  /** Resolves when the command has to be told to end; undefined where there is no limit. */
  readonly reached: Promise<void> | undefined;
  /** Resolves when the command has had its grace as well, and nobody waits for it any longer. */
  readonly exhausted: Promise<void>;
  readonly #limitMs: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isReached = false;
  #onReached: () => void = () => undefined;
  #onExhausted: () => void = () => undefined;

  /** @param limitMs undefined for a clock that never strikes */
  constructor(limitMs: number | undefined, graceMs = GRACE) {
    this.#limitMs = limitMs;
    this.#graceMs = graceMs;
    this.reached = limitMs === undefined ? undefined : new Promise((resolve) => (this.#onReached = resolve));
    this.exhausted = new Promise((resolve) => (this.#onExhausted = resolve));
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** With the command's first instruction. */
  start(): void {
    if (this.#limitMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isReached = true;
      this.#onReached();
      this.#timer = setTimeout(this.#onExhausted, this.#graceMs);
    }, this.#limitMs);
  }

  /** When the command has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
