import type { PresetFinder } from '../config/egress-build.ts';
import { allowProposal, isAllowable } from '../report/allow-proposal.ts';
import { sideTrafficOf } from '../report/side-traffic.ts';
import type { JudgedDomain } from '../report/traffic.ts';
import { countUsage } from '../report/usage.ts';
import { lazyPricing } from '../shared/prices.ts';
import { PROVIDERS, type Provider } from '../shared/providers.ts';
import { AccessLines } from './access-lines.ts';
import { recordedPolicy, recordedRun, recordedUsage, type RecordedRun, type RecordedUsage } from './recorded.ts';
import { parseRecord } from './records.ts';
import { linesIn } from '../report/lines.ts';
import { judgedOf, RowCounter, type OtherRequests, type RequestRow } from './rows.ts';
import { documentIn, type LogSource } from './source.ts';

/** What the logs of a run say. */
export interface LogReport extends RecordedRun {
  readonly place: string;
  /** False for a run that goes on or was killed: what is here is read from Squid's own log, which names no entries. */
  readonly isComplete: boolean;
  readonly rows: readonly RequestRow[];
  readonly others: OtherRequests;
  readonly unreadableLines: number;
  /** Undefined if the run has no log of the api-proxy. */
  readonly usage: RecordedUsage | undefined;
  /** Those whose models were used, so their programs ran. */
  readonly providers: readonly Provider[];
  /** The new list; undefined if there is nothing to add. */
  readonly proposal: { readonly lines: readonly string[]; readonly leftOut: number } | undefined;
}

/**
 * Reads the logs of a run, in constant memory.
 *
 * @param presetsOf the presets that allow a host at a port
 * @throws Error if a file cannot be read
 */
export async function readLogs(source: LogSource, presetsOf: PresetFinder): Promise<LogReport> {
  const run = recordedRun(await documentIn(source, 'run.json'));
  const policy = recordedPolicy(await documentIn(source, 'policy.json'));
  const counter = new RowCounter();
  const isComplete = source.has('access.jsonl');
  const unreadableLines = isComplete ? await readRecords(source, counter) : await readAccessLog(source, counter);
  const rows = counter.rows();
  const usage = await readUsage(source);
  const providers = providersUsed(usage);
  return {
    ...run,
    startedAt: run.startedAt ?? source.time,
    ...{ place: source.place, isComplete, rows, others: counter.others(), unreadableLines },
    ...{ usage, providers },
    proposal: policy === undefined ? proposalOf(rows, providers, presetsOf) : policy.proposal,
  };
}

async function readRecords(source: LogSource, counter: RowCounter): Promise<number> {
  let unreadable = 0;
  for await (const lines of source.pieces('access.jsonl')) {
    for (const line of lines) {
      if (line === '') continue;
      const record = parseRecord(line);
      if (record === undefined) unreadable += 1;
      else counter.add(record);
    }
  }
  return unreadable;
}

async function readAccessLog(source: LogSource, counter: RowCounter): Promise<number> {
  if (!source.has('access-log')) return 0;
  const requests = new AccessLines();
  for await (const lines of source.pieces('access-log')) {
    for (const line of lines) {
      for (const request of requests.take(line)) counter.add(request);
    }
  }
  for (const request of requests.rest()) counter.add(request);
  return requests.unreadableLines;
}

async function readUsage(source: LogSource): Promise<RecordedUsage | undefined> {
  const recorded = recordedUsage(await documentIn(source, 'usage.json'));
  if (recorded !== undefined || !source.has('requests')) return recorded;
  return countUsage(linesIn(source.pieces('requests')), 0, lazyPricing({ own: [], hosts: {} }));
}

function providersUsed(usage: RecordedUsage | undefined): Provider[] {
  return PROVIDERS.filter(({ id }) => usage?.models.some(({ provider }) => provider === id) === true);
}

function proposalOf(
  rows: readonly RequestRow[],
  providers: readonly Provider[],
  presetsOf: PresetFinder,
): LogReport['proposal'] {
  const of = (verdict: RequestRow['verdict']): JudgedDomain[] =>
    rows
      .filter((row) => row.verdict === verdict)
      .map(judgedOf)
      .filter((one) => isAllowable(one) && sideTrafficOf(one.domain, providers).length === 0);
  return allowProposal([], [...of('audited'), ...of('refused')], presetsOf);
}
