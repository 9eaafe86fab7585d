import { join } from 'node:path';
import { DEFAULT_PORTS, isUsualPort, type EgressEntry } from '../config/egress-entry.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import { parseAccessLine } from '../squid/access-log.ts';
import { ACCESS_LOG } from '../shared/contract.ts';
import { piecesOf } from './lines.ts';
import { refusedLookups } from './lookups.ts';
import { REQUESTS_FILE, RequestWriter } from './request-writer.ts';
import { RequestJoiner, ruleOf, type DecidingRule, type EgressRequest, type Observed } from './requests.ts';
import { Tally, type DomainCount } from './tally.ts';
import type { RunUsage } from './usage.ts';

/** What the command reached, was refused, and used. A part that could not be read is undefined, never empty. */
export interface Traffic {
  readonly domains: DomainTraffic | undefined;
  readonly usage: RunUsage | undefined;
}

/** A name, or a name at an unusual port, with what decided on the first request for it. */
export interface JudgedDomain extends DomainCount {
  readonly rule: DecidingRule | null;
  /** Why it was or would have been refused; null if it was not. */
  readonly reason: string | null;
  /** The port of the first request. */
  readonly port: number;
  /** When the first request ended, in milliseconds since the epoch. */
  readonly firstAt: number;
}

/** What Squid let through and what it refused; each list has the most requested name first. */
export interface DomainTraffic {
  readonly allowed: readonly JudgedDomain[];
  readonly blocked: readonly JudgedDomain[];
  /** Names that only an audit let through. */
  readonly audited: readonly JudgedDomain[];
  /** Allowed names that have no address. */
  readonly unresolvable: readonly JudgedDomain[];
  /** Allowed names that the network's own proxy refused or could not reach. Those that AWF itself asks for count too. */
  readonly unreachable: readonly JudgedDomain[];
  /** Requests for names beyond the number that is counted one by one. */
  readonly others: {
    readonly allowed: number;
    readonly blocked: number;
    readonly audited: number;
    readonly unresolvable: number;
    readonly unreachable: number;
  };
  /** True if allowed requests left the sandbox, and nothing outside answered any of them. */
  readonly isCutOff: boolean;
  /** Entries that decided on no request. */
  readonly unused: readonly DecidingRule[];
  /** Lines of the log that are no records of Squid's. */
  readonly unreadableLines: number;
}

/** The domains of a run that asked for none. */
export const NO_DOMAINS: DomainTraffic = {
  allowed: [],
  blocked: [],
  audited: [],
  unresolvable: [],
  unreachable: [],
  others: { allowed: 0, blocked: 0, audited: 0, unresolvable: 0, unreachable: 0 },
  isCutOff: false,
  unused: [],
  unreadableLines: 0,
};

/**
 * Reads Squid's access log and the lookups in the api-proxy's, in constant memory, and writes `access.jsonl`. What cannot be written in full is removed,
 * and costs nothing else: the counts are complete all the same.
 *
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @returns the counts, and why the other file is not there
 * @throws Error when the log cannot be read
 */
export async function readDomains(
  { squid, apiProxy }: Pick<LogDirectories, 'squid' | 'apiProxy'>,
  observed: Observed,
  since = 0,
): Promise<{ readonly domains: DomainTraffic; readonly unwritten: Error | undefined }> {
  const joiner = new RequestJoiner(observed);
  const counter = new DomainCounter(observed);
  const pieces = piecesOf(join(squid, ACCESS_LOG));
  // A log that cannot be read is no reason to make the other file.
  const first = await pieces.next();
  const writer = new RequestWriter<EgressRequest>(join(squid, REQUESTS_FILE));
  const take = (requests: readonly EgressRequest[]): void => {
    for (const request of requests) {
      counter.add(request);
      writer.add(request);
    }
  };
  try {
    for (let next = first; next.done !== true; next = await pieces.next()) {
      for (const line of next.value) {
        const record = line === '' ? 'no-request' : parseAccessLine(line);
        if (record === undefined) counter.unreadableLines += 1;
        else if (record !== 'no-request' && record.time * 1000 >= since) take(joiner.push(record));
        if (writer.isFull) await writer.flush();
      }
    }
    take(joiner.rest());
    const lookups = async (): Promise<void> => {
      for await (const lookup of refusedLookups({ apiProxy }, observed.rules, since)) {
        take([lookup]);
        if (writer.isFull) await writer.flush();
      }
    };
    // Whoever reads the models' requests in the same log says that it cannot be read.
    await lookups().catch(() => undefined);
  } finally {
    await pieces.return(undefined);
    await writer.close();
  }
  return { domains: counter.result(), unwritten: writer.error };
}

type Detail = Pick<JudgedDomain, 'domain' | 'rule' | 'reason' | 'port' | 'firstAt'>;

/** Counts the agent's requests, one after the other. */
export class DomainCounter {
  unreadableLines = 0;
  #hasReached = false;
  #metSilence = false;
  readonly #entries: readonly EgressEntry[];
  readonly #used = new Set<string>();
  readonly #allowed = new Tally<Detail>();
  readonly #blocked = new Tally<Detail>();
  readonly #audited = new Tally<Detail>();
  readonly #unresolvable = new Tally<Detail>();
  readonly #unreachable = new Tally<Detail>();

  constructor({ rules: { allow, deny } }: Pick<Observed, 'rules'>) {
    this.#entries = [...allow, ...deny];
  }

  add(request: EgressRequest): void {
    const { source, scheme, time, host, port, serverName, verdict, rule, reason } = request;
    if (verdict === 'allowed' || verdict === 'audited') this.#hasReached = true;
    if (metSilence(request)) this.#metSilence = true;
    // A proxy that refuses AWF itself keeps the command from its model.
    if (source !== 'agent' && verdict !== 'unreachable') return;
    // The requests for a name say more than its lookup.
    if (scheme === 'dns' && this.#blocked.has(host)) return;
    if (rule !== null) this.#used.add(idOf(rule));
    // A name that was looked up would have been reached by HTTPS, as nearly every name is.
    // A tunnel that was cut tried to reach the name inside.
    const name = verdict === 'refused' || verdict === 'audited' ? (serverName ?? host) : host;
    const asked = scheme === 'dns' ? DEFAULT_PORTS.https : port;
    const detail = (): Detail => ({ domain: name, rule, reason, port: asked, firstAt: Date.parse(time) });
    // An entry opens one port, unless it is a usual one, so each of the others is a wish of its own.
    const wish = isUsualPort(asked) ? name : `${name}:${String(asked)}`;
    switch (verdict) {
      case 'allowed':
        this.#allowed.add(name, detail);
        break;
      case 'refused':
        this.#blocked.add(wish, detail);
        break;
      case 'audited':
        this.#audited.add(wish, detail);
        break;
      case 'unresolvable':
        this.#unresolvable.add(name, detail);
        break;
      case 'unreachable':
        this.#unreachable.add(name, detail);
    }
  }

  result(): DomainTraffic {
    const lists = {
      ...{ allowed: this.#allowed, blocked: this.#blocked },
      ...{ audited: this.#audited, unresolvable: this.#unresolvable },
      unreachable: this.#unreachable,
    };
    const { allowed, blocked, audited, unresolvable, unreachable } = lists;
    return {
      ...{ allowed: allowed.ranked(), blocked: blocked.ranked() },
      ...{ audited: audited.ranked(), unresolvable: unresolvable.ranked() },
      // A client that gives up now and then tells nothing about a host that answers otherwise.
      unreachable: unreachable.ranked().filter(({ reason, domain }) => reason !== 'no-answer' || !allowed.has(domain)),
      isCutOff: this.#metSilence && !this.#hasReached,
      others: {
        ...{ allowed: allowed.others, blocked: blocked.others },
        ...{ audited: audited.others, unresolvable: unresolvable.others },
        unreachable: unreachable.others,
      },
      unused: this.#entries.map(ruleOf).filter((rule) => !this.#used.has(idOf(rule))),
      unreadableLines: this.unreadableLines,
    };
  }
}

/** Milliseconds. A refused connection and a name that does not exist are answers, and come sooner. */
const SILENCE_MS = 1_000;

/** Whether nothing came from outside for so long that packets may not get there. A proxy's refusal is an answer. */
function metSilence({ verdict, reason, durationMs }: EgressRequest): boolean {
  if (durationMs < SILENCE_MS) return false;
  return verdict === 'unresolvable' || (verdict === 'unreachable' && reason?.startsWith('no-') === true);
}

const idOf = ({ entry, from }: DecidingRule): string => `${from}\n${entry}`;
