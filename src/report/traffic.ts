import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogDirectories } from '../host/log-directories.ts';
import type { Addresses } from '../shared/network.ts';
import { isRefused, isUnresolvable, parseAccessLine, type AccessRecord } from '../squid/access-log.ts';
import { ACCESS_LOG } from '../shared/contract.ts';
import { readRequests, totals, type RunUsage } from './usage.ts';

/** What the agent reached and what it was refused. */
export interface Traffic {
  /** Names with the number of requests, most requested first. */
  readonly allowed: readonly DomainCount[];
  readonly blocked: readonly DomainCount[];
  /** Allowed names that have no address. */
  readonly unresolvable: readonly DomainCount[];
  readonly usage: RunUsage;
}

/** Of a run that never began. */
export const NO_TRAFFIC: Traffic = { allowed: [], blocked: [], unresolvable: [], usage: totals([]) };

export interface DomainCount {
  readonly domain: string;
  readonly requests: number;
}

/**
 * Reads the two logs of a run. A log that does not exist counts as empty: the run may have ended before it was made.
 *
 * @param since when the run began, in milliseconds since the epoch: a directory that the user chose keeps earlier runs'
 */
export function readTraffic(logs: LogDirectories, addresses: Addresses, since = 0): Traffic {
  const accesses = lines(join(logs.squid, ACCESS_LOG))
    .flatMap((line) => parseAccessLine(line) ?? [])
    .filter(({ time }) => time * 1000 >= since);
  return { ...domains(accesses, addresses.agent), usage: totals(readRequests(logs, since)) };
}

/**
 * A tunnel that the peek port cut has two records: the front port's, which says that a tunnel to an allowed name was
 * opened, and the peek port's with the verdict. Together they are one refused request.
 */
export function domains(records: readonly AccessRecord[], agent: string): Omit<Traffic, 'usage'> {
  const cut = records.filter((record) => record.verdict !== undefined && isRefused(record));
  const own = records.filter((record) => record.client === agent && record.verdict === undefined);
  const allowed = counts(own.filter((record) => !isRefused(record)).map(({ host }) => host));
  for (const { host } of cut) allowed.set(host, (allowed.get(host) ?? 0) - 1);
  const blocked = counts([
    ...own.filter(isRefused).map(({ host }) => host),
    ...cut.map(({ serverName, host }) => serverName ?? host),
  ]);
  const unresolvable = counts(records.filter(isUnresolvable).map(({ host }) => host));
  return { allowed: ranked(allowed), blocked: ranked(blocked), unresolvable: ranked(unresolvable) };
}

function counts(hosts: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const host of hosts) found.set(host, (found.get(host) ?? 0) + 1);
  return found;
}

function ranked(found: ReadonlyMap<string, number>): DomainCount[] {
  return [...found]
    .filter(([, requests]) => requests > 0)
    .map(([domain, requests]) => ({ domain, requests }))
    .sort((a, b) => b.requests - a.requests || a.domain.localeCompare(b.domain));
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
