import { nameMatcher } from './name-patterns.ts';
import { loadPriceTable, type PriceListKey, type PriceTable, type TablePrice } from './price-table.ts';
import { isOwnHost, PROVIDERS, type ProviderId } from './providers.ts';
import { usagePerAnswer, type Usage } from './usage.ts';

/** A price that the user gives. USD per million tokens. */
export interface OwnPrice {
  /** The model's name, in which `*` stands for anything. `*` alone also covers answers that name no model. */
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** For input that came from a cache. */
  readonly cachedInput: number;
  /** For input that was written into a cache, and for what that cache keeps for an hour. */
  readonly cacheWrite: number;
  readonly hourCacheWrite: number;
}

/** One answer, or all answers of a WebSocket together. */
export interface Answered {
  readonly provider: ProviderId;
  /** As the answer names it. */
  readonly model: string | null;
  readonly usage: Usage;
  /** How many answers the usage is the sum of. */
  readonly answers: number;
  /** When it was asked for. */
  readonly time: Date;
}

/**
 * What an answer costs, in USD. Undefined if nobody knows.
 *
 * The tiers for long prompts are per answer. Where several answers are given as a sum, each counts as their average.
 */
export type Pricing = (answered: Answered) => number | undefined;

/** What decides the prices of a run. */
export interface PriceSource {
  /** The user's own. They take precedence over the table; the first match counts. */
  readonly own: readonly OwnPrice[];
  /** The hosts that the run sends its requests to. */
  readonly hosts: Readonly<Partial<Record<ProviderId, string>>>;
}

/** @returns loads the prices, once, at the first call */
export function lazyPricing(source: PriceSource): () => Promise<Pricing> {
  let loading: Promise<Pricing> | undefined;
  return () => (loading ??= loadPriceTable().then((table) => pricing(source, table)));
}

/** Names that are remembered with their price. A hostile gateway may invent any number of them. */
const MAX_REMEMBERED = 1_000;

function pricing({ own, hosts }: PriceSource, table: PriceTable): Pricing {
  const ownPriceOf = ownPrices(own);
  const remembered = new Map<string, TablePrice | undefined>();
  const tablePriceOf = (provider: ProviderId, model: string): TablePrice | undefined => {
    const key = `${provider} ${model}`;
    if (remembered.has(key)) return remembered.get(key);
    const price = table.find(billedBy(provider, hosts[provider]), model);
    if (remembered.size < MAX_REMEMBERED) remembered.set(key, price);
    return price;
  };
  return ({ provider, model, usage, answers, time }) => {
    const price = ownPriceOf(model) ?? (model === null ? undefined : tablePriceOf(provider, model));
    const each = price?.(usagePerAnswer(usage, Math.max(answers, 1)), time);
    return each === undefined ? undefined : each * Math.max(answers, 1);
  };
}

/** A provider's own hosts bill at its list; another host may be known by name, such as OpenRouter's. */
function billedBy(id: ProviderId, host: string | undefined): PriceListKey {
  const provider = PROVIDERS.find((candidate) => candidate.id === id);
  if (provider === undefined) throw new Error(`There is no provider ${id}.`);
  return host === undefined || isOwnHost(provider, host) ? { list: provider.priceList } : { host };
}

function ownPrices(own: readonly OwnPrice[]): (model: string | null) => TablePrice | undefined {
  const rows = own.map((price) => ({ price, matches: nameMatcher([price.model.toLowerCase()]) }));
  return (model) => {
    const found = rows.find(({ matches }) => matches((model ?? '').toLowerCase()))?.price;
    return found && ((usage) => costAt(found, usage));
  };
}

const PER_TOKEN = 1e-6;

function costAt(price: OwnPrice, usage: Usage): number {
  const { inputTokens, outputTokens, cachedInputTokens, hourCacheWriteTokens } = usage;
  const cacheWriteTokens = Math.max(usage.cacheWriteTokens, hourCacheWriteTokens);
  const plain = Math.max(inputTokens - cachedInputTokens - cacheWriteTokens, 0);
  return (
    (plain * price.input +
      cachedInputTokens * price.cachedInput +
      (cacheWriteTokens - hourCacheWriteTokens) * price.cacheWrite +
      hourCacheWriteTokens * price.hourCacheWrite +
      outputTokens * price.output) *
    PER_TOKEN
  );
}
