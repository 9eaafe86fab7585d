import type { RunUsage } from './usage.ts';

/** Decimal places of an amount that programs read. A token of the cheapest model costs less than a millionth. */
const PLACES = 6;

/** An amount for people. Less than a dollar has a hundredth of a cent. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

/** An amount for programs: a plain decimal, without an exponent or a currency. */
export function decimalUsd(usd: number): string {
  return usd.toFixed(PLACES);
}

/** What a run cost, for people. A sum in which a price is missing must not pass for the whole. */
export function costText({ costUsd, pricedUsd, estimated }: RunUsage): string {
  if (costUsd === null) return `at least ${dollars(pricedUsd)}`;
  return `${estimated ? 'about ' : ''}${dollars(costUsd)}`;
}

/** An amount as a summary shows it: `$0.61`, and `$0.0028` where cents are too coarse. */
export function roundedDollars(usd: number): string {
  return usd === 0 || usd >= 0.095 ? `$${usd.toFixed(2)}` : dollars(usd);
}

/** What a run cost, as a summary shows it. List prices are never the invoice, so it is always about that much. */
export function roundedCost({ costUsd, pricedUsd }: RunUsage): string {
  if (costUsd !== null) return `about ${roundedDollars(costUsd)}`;
  return pricedUsd === 0 ? 'cost unknown' : `at least ${roundedDollars(pricedUsd)}`;
}
