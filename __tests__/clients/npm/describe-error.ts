import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { ApiError as GeminiError } from '@google/genai';
import { APIError as OpenAIError } from 'openai';
import type { CaseError } from '../cases.ts';

/** What a user of an SDK can read from its error. */
export function describeError(error: unknown): CaseError {
  if (!(error instanceof Error)) throw error;
  const described = { type: error.constructor.name, status: undefined, message: error.message, body: undefined };
  if (error instanceof OpenAIError) {
    // The SDK unwraps the body.
    return { ...described, status: error.status, body: { error: error.error as unknown } };
  }
  if (error instanceof AnthropicError) return { ...described, status: error.status, body: error.error };
  if (error instanceof GeminiError) {
    // The message is the body.
    return { ...described, status: error.status, body: JSON.parse(error.message) as unknown };
  }
  return described;
}
