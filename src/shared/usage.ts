/** Tokens of a request, and how a provider's answers report them. */

export interface Usage {
  /** All of the prompt's, those that came from a cache included. */
  readonly inputTokens: number;
  /** Those of reasoning included. */
  readonly outputTokens: number;
  /** The part of `inputTokens` that came from a cache. */
  readonly cachedInputTokens: number;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where a provider's answers say what they used, alike in a document and in the events of a stream. */
export interface UsageDialect {
  /** The object with the counts. In a stream a later one replaces the fields that it has: counts are cumulative. */
  readonly usageKey: string;
  readonly modelKey: string;
  readonly read: (counts: JsonObject) => Usage;
}

/** A count as a provider reports it; 0 for anything else. */
export const tokens = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

export const sumOfUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
});
