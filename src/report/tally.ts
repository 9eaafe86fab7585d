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

  /**
   * @param detail what the first request for the name says counts; the others are not asked
   * @returns what is kept of the name; undefined if there are too many
   */
  add(name: string, detail: () => T): T | undefined {
    const known = this.#counts.get(name);
    if (known !== undefined) {
      known.requests += 1;
      return known.detail;
    }
    if (this.#counts.size >= MAX_NAMES) {
      this.#others += 1;
      return undefined;
    }
    const first = detail();
    this.#counts.set(name, { requests: 1, detail: first });
    return first;
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
