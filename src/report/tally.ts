/** A name with the number of requests for it. */
export interface DomainCount {
  readonly domain: string;
  readonly requests: number;
}

/** Names that are counted one by one. The command can ask for any number of names. */
const MAX_NAMES = 10_000;

/** Counts requests by name in bounded memory. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add(name: string, requests = 1): void {
    const count = this.#counts.get(name);
    if (count === undefined && this.#counts.size >= MAX_NAMES) this.#others += requests;
    else this.#counts.set(name, (count ?? 0) + requests);
  }

  /** Requests for the names that came after the first {@link MAX_NAMES}. */
  get others(): number {
    return Math.max(0, this.#others);
  }

  /** Most requested first. */
  ranked(): DomainCount[] {
    return [...this.#counts]
      .filter(([, requests]) => requests > 0)
      .map(([domain, requests]) => ({ domain, requests }))
      .sort((a, b) => b.requests - a.requests || a.domain.localeCompare(b.domain));
  }
}
