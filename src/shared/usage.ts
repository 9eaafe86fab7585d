/** Tokens of a request, and how a provider's answers report them. */

import type { JsonObject } from './json.ts';

export interface Usage {
  /** All of the prompt's, those that came from a cache included. */
  readonly inputTokens: number;
  /** Those of reasoning included. */
  readonly outputTokens: number;
  /** The part of `inputTokens` that came from a cache. */
  readonly cachedInputTokens: number;
  /** The part of `inputTokens` that was written into a cache, which costs more than other input. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that the cache keeps for an hour, which costs still more. */
  readonly hourCacheWriteTokens: number;
}

/** The names of all counts. */
export const USAGE_COUNTS = [
  ...(['inputTokens', 'outputTokens', 'cachedInputTokens', 'cacheWriteTokens', 'hourCacheWriteTokens'] as const),
] satisfies readonly (keyof Usage)[];

/** Where a provider's answers say what they used, alike in a document and in the events of a stream. */
export interface UsageDialect {
  /** The object with the counts. In a stream a later one replaces the fields that it has: counts are cumulative. */
  readonly usageKey: string;
  readonly modelKey: string;
  /** True if the provider names its model after what the model wrote, which may contain the same key. */
  readonly isModelLast?: true;
  readonly read: (counts: JsonObject) => Usage;
}

/** A count as a provider reports it; 0 for anything else. */
export const tokens = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;

const combined = (count: (name: keyof Usage) => number): Usage => ({
  inputTokens: count('inputTokens'),
  outputTokens: count('outputTokens'),
  cachedInputTokens: count('cachedInputTokens'),
  cacheWriteTokens: count('cacheWriteTokens'),
  hourCacheWriteTokens: count('hourCacheWriteTokens'),
});

export const NO_USAGE: Usage = combined(() => 0);

export const sumOfUsage = (a: Usage, b: Usage): Usage => combined((name) => a[name] + b[name]);

/** What `total` has beyond `part`. */
export const usageBeyond = (total: Usage, part: Usage): Usage => combined((name) => total[name] - part[name]);

/** The same usage, spread evenly over a number of answers. */
export const usagePerAnswer = (usage: Usage, answers: number): Usage => combined((name) => usage[name] / answers);

export const tokensOf = ({ inputTokens, outputTokens }: Usage): number => inputTokens + outputTokens;
