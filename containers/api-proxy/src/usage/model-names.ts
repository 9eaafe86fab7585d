/** Names that are kept for one answer, and for one WebSocket. More than one is odd already. */
const MAX_NAMES = 4;

/** A name that may be logged. */
export const isModel = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w./:@-]{1,100}$/.test(value);

/**
 * Which of the names in an answer is the model's. What the command or the model writes into an answer may contain the same
 * key, and must not decide the price.
 *
 * - `first`: the provider's own comes before everything else.
 * - `last`: it comes after everything else.
 * - `each`: in a WebSocket, whose answers may be of several models. Where one answer has several names, all of them
 *   together are its name. That has no price, so a wrong one cannot make an answer cheap.
 */
export class ModelNames {
  readonly #which: 'first' | 'last' | 'each';
  #current: string[] = [];
  #before: string | null = null;
  readonly #all = new Set<string>();

  constructor(which: 'first' | 'last' | 'each') {
    this.#which = which;
  }

  see(value: unknown): void {
    if (!isModel(value)) return;
    if (this.#which === 'last') this.#current = [value];
    else if (this.#which === 'first') this.#current = [this.#current[0] ?? value];
    else if (!this.#current.includes(value) && this.#current.length < MAX_NAMES) this.#current.push(value);
  }

  /** True once no later name counts. */
  get isSettled(): boolean {
    return this.#which === 'first' && this.#current.length > 0;
  }

  /** The model of the answer in progress. In a WebSocket, an answer that names none is of the one before it. */
  get current(): string | null {
    return this.#current.length === 0 ? this.#before : this.#current.join(',');
  }

  /** Call when an answer of a WebSocket has been charged. */
  endAnswer(): void {
    this.#before = this.current;
    this.#current = [];
    if (this.#before !== null && this.#all.size < MAX_NAMES) this.#all.add(this.#before);
  }

  /** The models of all answers. */
  get all(): string | null {
    return this.#all.size === 0 ? this.current : [...this.#all].join(',');
  }
}
