/**
 * Every answer of the sidecar's own: its code and its status. docs/troubleshooting.md says what to do about each.
 * `upstream_broken` stands in the log only: its client has the upstream's status by then, and sees a broken stream.
 */
export const ERROR_STATUS = {
  invalid_request_target: 400,
  malformed_request: 400,
  pipelining: 400,
  endpoint_not_allowed: 403,
  query_not_allowed: 403,
  target_not_allowed: 403,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  expectation_failed: 417,
  upgrade_refused: 426,
  budget_exhausted: 429,
  too_many_requests: 429,
  head_too_large: 431,
  internal_error: 500,
  proxy_unreachable: 502,
  upstream_bad_response: 502,
  upstream_broken: 502,
  upstream_closed: 502,
  upstream_compressed: 502,
  upstream_dns_error: 502,
  upstream_handshake_closed: 502,
  upstream_tls_error: 502,
  upstream_unreachable: 502,
  provider_not_configured: 503,
  upstream_connect_timeout: 504,
  upstream_timeout: 504,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;
