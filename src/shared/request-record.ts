import type { LogLevel } from './log-level.ts';
import type { ProviderId } from './providers.ts';
import type { Usage } from './usage.ts';

/**
 * Every error that the sidecar answers a request with, and the status of that answer. docs/troubleshooting.md explains
 * each one. The two of 402 have the status that the provider's programs take as final. `upstream_broken` appears in the log only: its client already has the upstream's status when the stream breaks.
 */
export const ERROR_STATUS = {
  invalid_request_target: 400,
  malformed_request: 400,
  pipelining: 400,
  budget_exhausted: 402,
  price_unknown: 402,
  body_unreadable: 403,
  endpoint_not_allowed: 403,
  graphql_not_allowed: 403,
  provider_tool_not_allowed: 403,
  query_not_allowed: 403,
  request_not_allowed: 403,
  target_not_allowed: 403,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  expectation_failed: 417,
  misdirected_request: 421,
  upgrade_refused: 426,
  too_many_requests: 429,
  head_too_large: 431,
  internal_error: 500,
  proxy_unreachable: 502,
  upstream_bad_response: 502,
  upstream_broken: 502,
  upstream_closed: 502,
  upstream_compressed: 502,
  upstream_proxy_refused: 502,
  upstream_dns_error: 502,
  upstream_handshake_closed: 502,
  upstream_tls_error: 502,
  upstream_unreachable: 502,
  provider_not_configured: 503,
  upstream_connect_timeout: 504,
  upstream_timeout: 504,
} as const;

export type AnswerCode = keyof typeof ERROR_STATUS;

/** The other two have no status: the client has hung up, or has a WebSocket where no answer can be sent any more. */
type ErrorCode = AnswerCode | 'client_closed' | 'websocket_timeout';

/** A code, followed by the error code of the system, of TLS or of Squid where there is one. */
export type RequestError = ErrorCode | `${ErrorCode} (${string})`;

/**
 * The last line of a log that is not complete: it reached its limit, the disk was full, or its reader stopped reading. Its
 * sums keep the totals of the run right.
 */
export interface DroppedRecord extends Usage {
  readonly event: 'dropped';
  readonly level: LogLevel;
  readonly time: string;
  /** Lines that are missing, those of requests and others. */
  readonly lines: number;
  /** What these count against the budget, as in {@link RequestRecord}. */
  readonly requests: number;
}

/** What the log says about one request. No header, no body, no query: nothing in it can be a secret. */
export interface RequestRecord {
  readonly event: 'request';
  /** `warn` where there was an error of the sidecar's. */
  level: LogLevel;
  /** When it began, ISO 8601. */
  readonly time: string;
  readonly id: string;
  /** Null for a named host that is no provider's. */
  readonly provider: ProviderId | null;
  /** The host under whose name the client asked; null at a provider's port. */
  readonly host: string | null;
  readonly method: string;
  /** Without its query; as far as it was decided, the canonical one that was forwarded. */
  path: string;
  /** What the client got; 0 when its connection ended before. */
  status: number;
  /** What the upstream answered; null when it did not. */
  upstreamStatus: number | null;
  /** Octets of the bodies, as they were on the wire, without the chunks' frames. */
  requestBytes: number;
  responseBytes: number;
  durationMs: number;
  /** To the head of the upstream's answer. */
  timeToFirstByteMs: number | null;
  /** True once it was admitted and sent on its way to the provider. */
  forwarded: boolean;
  /** What it counts against the budget: 0 if it was not forwarded, else 1, and for a WebSocket one per answer in it. */
  requests: number;
  /** As the provider names it; null where its answer named none. */
  model: string | null;
  /** `estimated` is true where the provider did not say, or the client left before it did. */
  usage: (Usage & { readonly estimated: boolean }) | null;
  /** The rule that let a request for a named host pass; null where none did, and for providers. */
  rule: string | null;
  /** Why the sidecar refused the request or ended its stream; null when it did neither. */
  error: RequestError | null;
}
