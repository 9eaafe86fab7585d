/** What the programs in the sandbox record about their calls, for the tests outside to read. */

import facts from './facts.json' with { type: 'json' };

/** One request as the SDK passed it to its HTTP library. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** Empty if there is none. */
  readonly body: string;
}

/** The result of one call: a value, or the error that the SDK threw. */
export interface CaseOutcome {
  /** Includes retries, but not the handshakes of WebSockets. */
  readonly sent: readonly SentRequest[];
  readonly value?: unknown;
  readonly error?: CaseError;
}

export interface CaseError {
  /** The name of the SDK's class. */
  readonly type: string;
  readonly status: unknown;
  readonly message: string;
  /** The parsed body of the answer, as far as the SDK exposes it. */
  readonly body: unknown;
}

/** The outcomes by name of the case. */
export type Results = Readonly<Record<string, CaseOutcome>>;

/** The cases by name, `<provider>.<case>`. */
export type Cases = Readonly<Record<string, () => Promise<unknown>>>;

/** A file in the workspace. */
export const RESULTS_FILE = facts.resultsFile;

/** Models for which the local provider returns an error. All others answer. */
export const FAILING_MODELS = { badRequest: facts.badRequestModel, rateLimit: facts.rateLimitModel };

/** Put in front of a case's prompt. */
export const markOf = (name: string): string => `${name}: `;

/** Names its case, and contains characters outside ASCII, which some layers re-encode. */
export const promptOf = (name: string): string => `${markOf(name)}${facts.prompt}`;
