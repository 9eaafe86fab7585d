import type { Config } from '../config/config.ts';
import type { PriceSource } from '../shared/prices.ts';

/** What decides the prices of a run: the user's own, and who bills. */
export function priceSource({ prices, providers }: Config): PriceSource {
  return {
    own: prices,
    hosts: Object.fromEntries(providers.map(({ provider, target }) => [provider.id, target.host])),
  };
}
