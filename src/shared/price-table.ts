import type { calcPrice, ModelInfo, Provider as PriceList } from '@pydantic/genai-prices';
import type { Usage } from './usage.ts';

/** USD for one answer, at the prices of a moment. Undefined if the table does not know the price. */
export type TablePrice = (usage: Usage, time: Date) => number | undefined;

/** Where a model is billed: the table's list for a provider, or the list of whoever serves a host. */
export type PriceListKey = { readonly list: string } | { readonly host: string };

/** The maintained list prices. */
export interface PriceTable {
  /**
   * Looks in the list of those who bill, then in the list of the model's maker: a gateway's prices are unknown, and
   * Copilot publishes none for some models. A name may have its maker in front (`anthropic/claude-sonnet-4.5`).
   *
   * @returns undefined for an unknown model
   */
  readonly find: (billed: PriceListKey, model: string) => TablePrice | undefined;
}

/** Amazon's names for models begin with a region and the maker: `eu.anthropic.claude-haiku-4-5-20251001-v1:0`. */
const AMAZON_LIST = 'aws';

/**
 * Loads the table: some 100 milliseconds and 20 megabytes, so nobody loads it who does not need it.
 *
 * The package has the prices and the rules for names, cached tokens and long prompts, in its own files. It contacts
 * nobody.
 */
export async function loadPriceTable(): Promise<PriceTable> {
  // Not for the bundler: the file stays beside the bundle, and is read here and not before.
  const { calcPrice: calculate, findProvider } = await import(/* webpackIgnore: true */ './price-package.ts');
  return {
    find: (billed, model) => {
      const maker = model.includes('/') ? model.slice(0, model.indexOf('/')) : undefined;
      const bare = model.slice(model.lastIndexOf('/') + 1);
      const lists = [
        'list' in billed
          ? findProvider({ providerId: billed.list })
          : findProvider({ providerApiUrl: `https://${billed.host}` }),
        maker === undefined ? undefined : findProvider({ providerId: maker }),
        findProvider({ modelId: bare }),
        findProvider({ providerId: AMAZON_LIST }),
      ].filter((list) => list !== undefined);
      for (const list of lists) {
        for (const name of new Set([model, bare])) {
          const price = priceIn(calculate, list, name);
          if (price) return price;
        }
      }
      return undefined;
    },
  };
}

function priceIn(calculate: typeof calcPrice, list: PriceList, name: string): TablePrice | undefined {
  const model = calculate({}, name, { providerId: list.id })?.model;
  // An entry without a price for input is one whose price is unknown, not one that is free.
  if (model === undefined || !hasPrice(model)) return undefined;
  // The search through the list is over: from now on there is one model in it.
  const provider: PriceList = { ...list, models: [{ ...model, match: { equals: name } }] };
  return (usage, timestamp) => {
    try {
      const found = calculate(unitsOf(usage), name, { provider, timestamp });
      return found?.model_price['input_mtok'] === undefined ? undefined : found.total_price;
    } catch {
      // A price that the package cannot calculate is not known.
      return undefined;
    }
  };
}

const hasPrice = ({ prices }: ModelInfo): boolean =>
  (Array.isArray(prices) ? prices.map((row) => row.prices) : [prices]).some((row) => row['input_mtok'] !== undefined);

/** In the package's names. Parts never exceed the whole, whatever a gateway reports: the package would refuse that. */
function unitsOf(usage: Usage): Record<string, number> {
  const { inputTokens, outputTokens, cachedInputTokens, hourCacheWriteTokens } = usage;
  const cacheWriteTokens = Math.max(usage.cacheWriteTokens, hourCacheWriteTokens);
  return {
    input_tokens: Math.max(inputTokens, cachedInputTokens + cacheWriteTokens),
    cache_read_tokens: cachedInputTokens,
    cache_write_tokens: cacheWriteTokens,
    cache_write_1h_tokens: hourCacheWriteTokens,
    output_tokens: outputTokens,
  };
}
