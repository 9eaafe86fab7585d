import { join } from 'node:path';
import { writeAnew, type LogDirectories } from '../host/log-directories.ts';
import type { ProviderId } from '../shared/providers.ts';
import type { DroppedRecord, RequestRecord } from '../shared/request-record.ts';
import { API_PROXY_LOG_FILE } from '../shared/contract.ts';
import { apiRequest, type ApiRequest } from './api-request.ts';
import { HostCounter, isRefusedByRule, type HostTraffic } from './hosts.ts';
import { linesOf } from './lines.ts';
import { parseRequestLine } from './request-log.ts';
import { API_REQUESTS_FILE, RequestWriter } from './request-writer.ts';
import type { Pricing } from '../shared/prices.ts';
import { NO_USAGE, sumOfUsage, tokensOf, type Usage } from '../shared/usage.ts';

/** What a run used of its providers, beside the api-proxy's log. */
export const USAGE_FILE = 'usage.json';

/** A model that was used. */
export interface UsedModel {
  readonly provider: ProviderId;
  /** Null where nobody named one, in refusals for example. */
  readonly model: string | null;
}

/** The requests of a run for one model. */
export interface ModelUsage extends UsedModel, Usage {
  readonly requests: number;
  /** Requests that the client got a status of 400 or above for. */
  readonly failed: number;
  /** US dollars at list prices or at the user's own; null if the price of anything in it is unknown. */
  readonly costUsd: number | null;
}

/** Everything that a run used. */
export interface RunUsage extends Usage, HostTraffic {
  /** Those that were sent on their way to a provider. Each answer in a WebSocket counts, as it does in the budget. */
  readonly requests: number;
  /** True where some of the tokens, and so some of the cost, are estimated: the provider did not say. */
  readonly estimated: boolean;
  /** US dollars; null if the price of anything in it is unknown. */
  readonly costUsd: number | null;
  /** US dollars, of what has a known price. */
  readonly pricedUsd: number;
  /** The models that used tokens and have no known price. */
  readonly unpriced: readonly UsedModel[];
  /** Requests that the run's budget refused, and WebSockets that it ended. */
  readonly overBudget: number;
  /** Lines that the log had no room for. Their requests and tokens are in the sums, but not in `models`. */
  readonly droppedLines: number;
  /** Lines of the log that are no records of the api-proxy's. */
  readonly unreadableLines: number;
  readonly models: readonly ModelUsage[];
}

/** A request to a provider. */
export type ModelRequest = RequestRecord & { readonly provider: ProviderId };

const isModelRequest = (record: RequestRecord): record is ModelRequest => record.provider !== null;

/** Models that are counted one by one; the requests for further ones count under no name. */
const MAX_MODELS = 1_000;

/** Adds up the records of requests, one after the other. */
export class UsageCounter {
  unreadableLines = 0;
  #droppedLines = 0;
  readonly #models = new Map<string, ModelUsage>();
  readonly #hosts = new HostCounter();
  #usage: Usage = NO_USAGE;
  #requests = 0;
  #overBudget = 0;
  #estimated = false;
  #pricedUsd = 0;
  #isUnpriced = false;

  /** Counts a request for a host under its own name. */
  addHost(record: RequestRecord): void {
    this.#hosts.add(record);
  }

  /** @param costUsd of the request; undefined if its price is unknown */
  add({ provider, model, status, requests, error, usage }: ModelRequest, costUsd: number | undefined): void {
    const used = usage ?? NO_USAGE;
    this.#pricedUsd += costUsd ?? 0;
    this.#isUnpriced ||= costUsd === undefined;
    this.#usage = sumOfUsage(this.#usage, used);
    this.#estimated ||= usage?.estimated ?? false;
    this.#requests += requests;
    if (error === 'budget_exhausted' || error === 'price_unknown') this.#overBudget += 1;
    const isCounted = this.#models.has(modelKey({ provider, model })) || this.#models.size < MAX_MODELS;
    const name = isCounted ? model : null;
    const before = this.#models.get(modelKey({ provider, model: name })) ?? {
      requests: 0,
      failed: 0,
      costUsd: 0,
      ...NO_USAGE,
    };
    this.#models.set(modelKey({ provider, model: name }), {
      provider,
      model: name,
      // A refused request counts here, though not against the budget.
      requests: before.requests + Math.max(requests, 1),
      failed: before.failed + (status >= 400 ? 1 : 0),
      costUsd: before.costUsd === null || costUsd === undefined ? null : before.costUsd + costUsd,
      ...sumOfUsage(before, used),
    });
  }

  addDropped(dropped: DroppedRecord): void {
    this.#droppedLines += dropped.lines;
    this.#requests += dropped.requests;
    this.#usage = sumOfUsage(this.#usage, dropped);
    // Nobody knows which models these tokens were of.
    this.#isUnpriced ||= tokensOf(dropped) > 0;
  }

  result(): RunUsage {
    const models = [...this.#models.values()];
    const pricedUsd = withoutNoise(this.#pricedUsd);
    return {
      requests: this.#requests,
      ...this.#usage,
      estimated: this.#estimated,
      costUsd: this.#isUnpriced ? null : pricedUsd,
      pricedUsd,
      unpriced: models.filter(({ costUsd }) => costUsd === null).map(({ provider, model }) => ({ provider, model })),
      overBudget: this.#overBudget,
      droppedLines: this.#droppedLines,
      unreadableLines: this.unreadableLines,
      ...this.#hosts.result(),
      models: models.map((row) => ({ ...row, costUsd: row.costUsd === null ? null : withoutNoise(row.costUsd) })),
    };
  }
}

/** Billionths of a dollar are below any price; what binary fractions add behind them is noise. */
const withoutNoise = (usd: number): number => Number(usd.toFixed(9));

/** Distinguishes models. */
export function modelKey({ provider, model }: UsedModel): string {
  return `${provider} ${model ?? ''}`;
}

/** The usage of a run that asked no model. */
export const NO_MODEL_USAGE: RunUsage = new UsageCounter().result();

/** What a run used, and why `requests.jsonl` is not there. */
export interface ReadUsage {
  readonly usage: RunUsage;
  readonly unwritten: Error | undefined;
}

/** What is read of a log that is not there, before anything could have written one. */
export const NOTHING_READ: ReadUsage = { usage: NO_MODEL_USAGE, unwritten: undefined };

/**
 * Adds up the requests in the api-proxy's log, in constant memory, and writes `requests.jsonl` beside it. What cannot be written in
 * full is removed, and costs nothing else.
 *
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @param loadPricing is called if a model was used
 * @throws Error when the log cannot be read
 */
export async function readUsage(
  { apiProxy }: Pick<LogDirectories, 'apiProxy'>,
  since: number,
  loadPricing: () => Promise<Pricing>,
): Promise<ReadUsage> {
  const lines = linesOf(join(apiProxy, API_PROXY_LOG_FILE));
  // A log that cannot be read is no reason to make the other file.
  const first = await lines.next();
  const writer = new RequestWriter<ApiRequest>(join(apiProxy, API_REQUESTS_FILE));
  try {
    const all = first.done === true ? [] : resumed(first.value, lines);
    const usage = await countUsage(all, since, loadPricing, (request) => writer.write(request));
    return { usage, unwritten: writer.error };
  } finally {
    await lines.return(undefined);
    await writer.close();
  }
}

async function* resumed<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/**
 * Adds up the requests in the lines of an api-proxy's log.
 *
 * @param take gets each request
 * @see readUsage
 */
export async function countUsage(
  lines: AsyncIterable<string> | readonly string[],
  since: number,
  loadPricing: () => Promise<Pricing>,
  take: (request: ApiRequest) => Promise<void> = () => Promise.resolve(),
): Promise<RunUsage> {
  const counter = new UsageCounter();
  for await (const line of lines) {
    if (line === '') continue;
    const record = parseRequestLine(line);
    if (record === undefined) counter.unreadableLines += 1;
    else if (Date.parse(record.time) < since) continue;
    else if (record.event === 'request') await take(await counted(record, counter, loadPricing));
    else if (record.event === 'dropped') counter.addDropped(record);
  }
  return counter.result();
}

async function counted(
  record: RequestRecord,
  counter: UsageCounter,
  loadPricing: () => Promise<Pricing>,
): Promise<ApiRequest> {
  counter.addHost(record);
  if (!isModelRequest(record) || isRefusedByRule(record)) return apiRequest(record, 0);
  const costUsd = await costOf(record, loadPricing);
  counter.add(record, costUsd);
  return apiRequest(record, costUsd);
}

/** What used no tokens costs nothing, whatever the model. */
async function costOf(record: ModelRequest, loadPricing: () => Promise<Pricing>): Promise<number | undefined> {
  const { provider, model, usage, requests, time } = record;
  if (usage === null || tokensOf(usage) === 0) return 0;
  return (await loadPricing())({ provider, model, usage, answers: requests, time: new Date(time) });
}

/** Writes `usage.json`. */
export function writeUsage({ apiProxy }: Pick<LogDirectories, 'apiProxy'>, usage: RunUsage): void {
  writeAnew(apiProxy, USAGE_FILE, usage);
}
