/** A name with the number of requests for it. */
export interface DomainCount {
  readonly domain: string;
  readonly requests: number;
}

/** What is said about a name beside its number. */
type Detail = Readonly<Record<string, unknown>>;

/** Names that are counted one by one. The command can ask for any number of names. */
const MAX_NAMES = 10_000;

/** Counts requests by name in bounded memory. */
export class Tally<T extends Detail> {
  readonly #counts = new Map<string, { requests: number; readonly detail: T }>();
  #others = 0;

  /** @param detail what the first request for the name says counts; the others are not asked */
  add(name: string, detail: () => T): void {
    const count = this.#counts.get(name);
    if (count !== undefined) count.requests += 1;
    else if (this.#counts.size >= MAX_NAMES) this.#others += 1;
    else this.#counts.set(name, { requests: 1, detail: detail() });
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  /** Requests for the names that came after the first {@link MAX_NAMES}. */
  get others(): number {
    return this.#others;
  }

  /** Most requested first. */
  ranked(): (DomainCount & T)[] {
    return [...this.#counts]
      .map(([domain, { requests, detail }]) => ({ domain, requests, ...detail }))
      .sort((a, b) => b.requests - a.requests || a.domain.localeCompare(b.domain));
  }
}
