/** Tokens of a request, and how each provider's answers report them. */

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

const tokens = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

const cachedIn = (details: unknown): number => (isObject(details) ? tokens(details['cached_tokens']) : 0);

/** https://platform.openai.com/docs/api-reference: Chat, Embeddings; otherwise Responses, and Realtime with its own spelling. */
function readOpenAi(counts: JsonObject): Usage {
  if ('prompt_tokens' in counts) {
    return {
      inputTokens: tokens(counts['prompt_tokens']),
      outputTokens: tokens(counts['completion_tokens']),
      cachedInputTokens: cachedIn(counts['prompt_tokens_details']),
    };
  }
  return {
    inputTokens: tokens(counts['input_tokens']),
    outputTokens: tokens(counts['output_tokens']),
    cachedInputTokens: cachedIn(counts['input_tokens_details'] ?? counts['input_token_details']),
  };
}

/** https://docs.anthropic.com/en/api/messages: `input_tokens` is what no cache was read or written for. */
function readAnthropic(counts: JsonObject): Usage {
  const cachedInputTokens = tokens(counts['cache_read_input_tokens']);
  return {
    inputTokens: tokens(counts['input_tokens']) + tokens(counts['cache_creation_input_tokens']) + cachedInputTokens,
    outputTokens: tokens(counts['output_tokens']),
    cachedInputTokens,
  };
}

/** https://ai.google.dev/api/generate-content#UsageMetadata, and the Live API's `responseTokenCount`. */
function readGemini(counts: JsonObject): Usage {
  return {
    inputTokens: tokens(counts['promptTokenCount']) + tokens(counts['toolUsePromptTokenCount']),
    outputTokens:
      tokens(counts['candidatesTokenCount'] ?? counts['responseTokenCount']) + tokens(counts['thoughtsTokenCount']),
    cachedInputTokens: tokens(counts['cachedContentTokenCount']),
  };
}

export const OPENAI_USAGE: UsageDialect = { usageKey: 'usage', modelKey: 'model', read: readOpenAi };
export const ANTHROPIC_USAGE: UsageDialect = { usageKey: 'usage', modelKey: 'model', read: readAnthropic };
export const GEMINI_USAGE: UsageDialect = { usageKey: 'usageMetadata', modelKey: 'modelVersion', read: readGemini };

/** It offers the routes of both: their counts differ by the cache's names only. */
export const COPILOT_USAGE: UsageDialect = {
  ...OPENAI_USAGE,
  read: (counts) => ('cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts)),
};

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

export const sumOfUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
});
