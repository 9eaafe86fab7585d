import { join } from 'node:path';
import { writeAnew, type LogDirectories } from '../host/log-directories.ts';
import type { ProviderId } from '../shared/providers.ts';
import type { DroppedRecord, RequestRecord } from '../shared/request-record.ts';
import { API_PROXY_LOG_FILE } from '../shared/contract.ts';
import { linesOf } from './lines.ts';
import { parseRequestLine } from './request-log.ts';
import { NO_USAGE, sumOfUsage, type Usage } from '../shared/usage.ts';

/** What a run used of its providers, beside the api-proxy's log. */
export const USAGE_FILE = 'usage.json';

/** The requests of a run for one model. */
export interface ModelUsage extends Usage {
  readonly provider: ProviderId;
  /** Null for those whose answer named none, refusals for example. */
  readonly model: string | null;
  readonly requests: number;
  /** Requests that the client got a status of 400 or above for. */
  readonly failed: number;
}

/** Everything that a run used. */
export interface RunUsage extends Usage {
  /** Those that were sent on their way to a provider. Each answer in a WebSocket counts, as it does in the budget. */
  readonly requests: number;
  /** True where some of the tokens are estimated: the provider did not say. */
  readonly estimated: boolean;
  /** Requests that the run's budget refused, and WebSockets that it ended. */
  readonly overBudget: number;
  /** Lines that the log had no room for. Their requests and tokens are in the sums, but not in `models`. */
  readonly droppedLines: number;
  /** Lines of the log that are no records of the api-proxy's. */
  readonly unreadableLines: number;
  readonly models: readonly ModelUsage[];
}

/** Models that are counted one by one; the requests for further ones count under no name. */
const MAX_MODELS = 1_000;

/** Adds up the records of requests, one after the other. */
export class UsageCounter {
  unreadableLines = 0;
  #droppedLines = 0;
  readonly #models = new Map<string, ModelUsage>();
  #usage: Usage = NO_USAGE;
  #requests = 0;
  #overBudget = 0;
  #estimated = false;

  add({ provider, model, status, requests, error, usage }: RequestRecord): void {
    const used = usage ?? NO_USAGE;
    this.#usage = sumOfUsage(this.#usage, used);
    this.#estimated ||= usage?.estimated ?? false;
    this.#requests += requests;
    if (error === 'budget_exhausted') this.#overBudget += 1;
    const isCounted = this.#models.has(keyOf(provider, model)) || this.#models.size < MAX_MODELS;
    const name = isCounted ? model : null;
    const before = this.#models.get(keyOf(provider, name)) ?? { requests: 0, failed: 0, ...NO_USAGE };
    this.#models.set(keyOf(provider, name), {
      provider,
      model: name,
      // A refused request counts here, though not against the budget.
      requests: before.requests + Math.max(requests, 1),
      failed: before.failed + (status >= 400 ? 1 : 0),
      ...sumOfUsage(before, used),
    });
  }

  addDropped(dropped: DroppedRecord): void {
    this.#droppedLines += dropped.lines;
    this.#requests += dropped.requests;
    this.#usage = sumOfUsage(this.#usage, dropped);
  }

  result(): RunUsage {
    return {
      requests: this.#requests,
      ...this.#usage,
      estimated: this.#estimated,
      overBudget: this.#overBudget,
      droppedLines: this.#droppedLines,
      unreadableLines: this.unreadableLines,
      models: [...this.#models.values()],
    };
  }
}

function keyOf(provider: ProviderId, model: string | null): string {
  return `${provider} ${model ?? ''}`;
}

/** The usage of a run that asked no model. */
export const NO_MODEL_USAGE: RunUsage = new UsageCounter().result();

/**
 * Adds up the requests in the api-proxy's log.
 *
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @throws Error when the log cannot be read
 */
export async function readUsage({ apiProxy }: Pick<LogDirectories, 'apiProxy'>, since = 0): Promise<RunUsage> {
  const counter = new UsageCounter();
  for await (const line of linesOf(join(apiProxy, API_PROXY_LOG_FILE))) {
    if (line === '') continue;
    const record = parseRequestLine(line);
    if (record === undefined) counter.unreadableLines += 1;
    else if (Date.parse(record.time) < since) continue;
    else if (record.event === 'request') counter.add(record);
    else if (record.event === 'dropped') counter.addDropped(record);
  }
  return counter.result();
}

/** Writes `usage.json`. */
export function writeUsage({ apiProxy }: Pick<LogDirectories, 'apiProxy'>, usage: RunUsage): void {
  writeAnew(apiProxy, USAGE_FILE, usage);
}
