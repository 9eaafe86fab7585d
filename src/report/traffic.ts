import { join } from 'node:path';
import type { LogDirectories } from '../host/log-directories.ts';
import { isRefused, isUnresolvable, parseAccessLine, type AccessRecord } from '../squid/access-log.ts';
import { ACCESS_LOG } from '../shared/contract.ts';
import { linesOf } from './lines.ts';
import { Tally, type DomainCount } from './tally.ts';
import type { RunUsage } from './usage.ts';

/** What the command reached, was refused, and used. A part that could not be read is undefined, never empty. */
export interface Traffic {
  readonly domains: DomainTraffic | undefined;
  readonly usage: RunUsage | undefined;
}

/** What Squid let through and what it refused; each list has the most requested name first. */
export interface DomainTraffic {
  readonly allowed: readonly DomainCount[];
  readonly blocked: readonly DomainCount[];
  /** Allowed names that have no address. */
  readonly unresolvable: readonly DomainCount[];
  /** Requests for names beyond the number that is counted one by one. */
  readonly others: { readonly allowed: number; readonly blocked: number; readonly unresolvable: number };
  /** Lines of the log that are no records of Squid's. */
  readonly unreadableLines: number;
}

/** The domains of a run that asked for none. */
export const NO_DOMAINS: DomainTraffic = {
  allowed: [],
  blocked: [],
  unresolvable: [],
  others: { allowed: 0, blocked: 0, unresolvable: 0 },
  unreadableLines: 0,
};

/**
 * Reads Squid's access log.
 *
 * @param agent the agent's address: the sidecar's requests are not the command's
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @throws Error when the log cannot be read
 */
export async function readDomains(
  { squid }: Pick<LogDirectories, 'squid'>,
  agent: string,
  since = 0,
): Promise<DomainTraffic> {
  const counter = new DomainCounter(agent);
  for await (const line of linesOf(join(squid, ACCESS_LOG))) {
    if (line === '') continue;
    const record = parseAccessLine(line);
    if (record === undefined) counter.unreadableLines += 1;
    else if (record !== 'no-request' && record.time * 1000 >= since) counter.add(record);
  }
  return counter.result();
}

/** Counts the records of Squid's log, one after the other. */
export class DomainCounter {
  unreadableLines = 0;
  readonly #agent: string;
  readonly #allowed = new Tally();
  readonly #blocked = new Tally();
  readonly #unresolvable = new Tally();

  /** @param agent the agent's address */
  constructor(agent: string) {
    this.#agent = agent;
  }

  /**
   * A tunnel that the peek port cut has two records: the front port's, which says that a tunnel to an allowed name was
   * opened, and the peek port's with the verdict. Together they are one refused request.
   */
  add(record: AccessRecord): void {
    const { host, serverName, verdict, client } = record;
    if (isUnresolvable(record)) {
      this.#unresolvable.add(host);
    } else if (verdict !== undefined) {
      this.#blocked.add(serverName ?? host);
      this.#allowed.add(host, -1);
    } else if (client === this.#agent) {
      (isRefused(record) ? this.#blocked : this.#allowed).add(host);
    }
  }

  result(): DomainTraffic {
    return {
      allowed: this.#allowed.ranked(),
      blocked: this.#blocked.ranked(),
      unresolvable: this.#unresolvable.ranked(),
      others: {
        allowed: this.#allowed.others,
        blocked: this.#blocked.others,
        unresolvable: this.#unresolvable.others,
      },
      unreadableLines: this.unreadableLines,
    };
  }
}
