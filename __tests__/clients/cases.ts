/** What the programs in the sandbox write down of their calls, and the tests outside read. */

import facts from './facts.json' with { type: 'json' };

/** One request as the SDK handed it to its HTTP library. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** Empty where there is none. */
  readonly body: string;
}

/** What came of one call: a value, or the error that the SDK threw. */
export interface CaseOutcome {
  /** Retries included; without the handshakes of WebSockets. */
  readonly sent: readonly SentRequest[];
  readonly value?: unknown;
  readonly error?: CaseError;
}

export interface CaseError {
  /** Name of the SDK's class. */
  readonly type: string;
  readonly status: unknown;
  readonly message: string;
  /** The parsed body of the answer, as far as the SDK gives it away. */
  readonly body: unknown;
}

/** Outcomes by the name of the case. */
export type Results = Readonly<Record<string, CaseOutcome>>;

/** By name, `<provider>.<case>`. */
export type Cases = Readonly<Record<string, () => Promise<unknown>>>;

/** Written into the workspace. */
export const RESULTS_FILE = facts.resultsFile;

/** Models that the local provider answers with an error; any other speaks. */
export const FAILING_MODELS = { badRequest: facts.badRequestModel, rateLimit: facts.rateLimitModel };

/** Stands before the prompt of a case. */
export const markOf = (name: string): string => `${name}: `;

/** Names its case, and has characters outside ASCII, which some layers recode. */
export const promptOf = (name: string): string => `${markOf(name)}${facts.prompt}`;
