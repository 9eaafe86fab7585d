import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiError } from '../../../src/shared/provider-entry.ts';
import type { ProviderId } from '../../../src/shared/providers.ts';
import type { BodyJudge } from './judge/judge.ts';
import type { AdmittedRequest } from './request/admission.ts';
import type { PathForm } from './request/request-target.ts';
import type { Route } from './route.ts';
import type { Spending } from './usage/budget.ts';
import type { UsageReading } from './usage/reading.ts';

/** The body of an error that the sidecar itself answers with. */
export interface ErrorAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

/** An admitted request on its way to its upstream, as its service has decided. */
export interface Passage {
  /** With the path as the upstream writes it. */
  readonly admitted: AdmittedRequest;
  readonly route: Route;
  /** Judges what the client sends; undefined if everything may pass. */
  readonly judge: BodyJudge | undefined;
  /** Counts what the request uses; undefined for what costs no tokens. */
  readonly usage: UsageReading | undefined;
  readonly spending: Spending | undefined;
  /** The rule that let it pass, for the log. */
  readonly rule: string | null;
}

/** Whose requests a listener gets: those for a provider's API, or for a host with rules. */
export interface Service {
  /** For the log: null for a host that is no provider's. */
  readonly provider: ProviderId | null;
  /** The host under whose name clients ask; null at a provider's own port, which has no name. */
  readonly host: string | null;
  readonly pathForm: PathForm;
  /** Names of query parameters to drop, because they carry a credential; lower case. */
  readonly credentialQuery: ReadonlySet<string>;
  readonly maxBodyBytes: number;
  /** WebSocket subprotocols that pass; a trailing `*` is a prefix. */
  readonly subprotocols: readonly string[];
  /** Answers what is meant for the sidecar itself. @returns false if the request is for the upstream */
  answer(admitted: AdmittedRequest, answer: ServerResponse): boolean;
  /**
   * Decides about a request.
   *
   * @param isUpgrade true if the client asks for a WebSocket
   * @throws ProxyError if it may not pass
   */
  decide(asked: AdmittedRequest, client: IncomingMessage, isUpgrade: boolean): Passage;
  /** @param userAgent the client's, as far as one is known: git shows its user nothing but plain text */
  errorAnswer(error: ApiError, userAgent: string | undefined): ErrorAnswer;
}

/** An error as JSON. */
export const jsonAnswer = (value: unknown): ErrorAnswer => ({
  contentType: 'application/json; charset=utf-8',
  body: Buffer.from(JSON.stringify(value)),
});
