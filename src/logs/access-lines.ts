import { RequestJoiner, type EgressRequest } from '../report/requests.ts';
import { addressesIn } from '../shared/network.ts';
import { parseAccessLine } from '../squid/access-log.ts';

/** Addresses of the smallest subnet that a run takes. Each container has the same place in every subnet. */
const SMALLEST = 32;
const AGENT_PLACE = Number(addressesIn('10.0.0.0/24').agent.split('.').at(-1)) % SMALLEST;

/** Stands for the command's address, which is recorded nowhere. */
const AGENT = 'agent';

/**
 * Makes requests of the lines of Squid's log, for a run that goes on, or that ended before it wrote `access.jsonl`. What the
 * run allows is not known either: Squid's own word counts, and no entry is named.
 */
export class AccessLines {
  readonly #joiner = new RequestJoiner({ agent: AGENT, rules: { mode: 'block', allow: [], deny: [] } });
  unreadableLines = 0;
  /** Nearly all lines are of one client. */
  #last = { client: '', isAgent: false };

  /** @returns the requests that the line completes */
  take(line: string): EgressRequest[] {
    if (line === '') return [];
    const record = parseAccessLine(line);
    if (record === undefined) this.unreadableLines += 1;
    if (record === undefined || record === 'no-request') return [];
    if (record.client !== this.#last.client) this.#last = { client: record.client, isAgent: isAgent(record.client) };
    return this.#joiner.push(this.#last.isAgent ? { ...record, client: AGENT } : record);
  }

  /** @returns what has no further line */
  rest(): EgressRequest[] {
    return this.#joiner.rest();
  }
}

function isAgent(client: string): boolean {
  const octets = client.split('.').map(Number);
  return octets.length === 4 && (octets.at(-1) ?? 0) % SMALLEST === AGENT_PLACE;
}
