/** What a client may take of the sidecar. Every wait in it ends by one of these, and every queue is bounded by one. */
export interface Limits {
  /** Octets of a request's head, its request line included; more gets 431. */
  readonly headBytes: number;
  /** Header lines of a request; more gets 431. */
  readonly headerCount: number;
  /** Octets of an upstream response's head. */
  readonly upstreamHeadBytes: number;
  /** Milliseconds in which a request's head must be complete; idle new connections end by it too. */
  readonly headTimeoutMs: number;
  /** Milliseconds in which a whole request must have arrived. */
  readonly requestTimeoutMs: number;
  /** Milliseconds that an idle connection of a client is kept: longer than common clients keep it themselves. */
  readonly keepAliveMs: number;
  /** How often the two time limits above are looked at, in milliseconds. */
  readonly checkIntervalMs: number;
  /** Open connections per port. */
  readonly connections: number;
  /** Requests under way per port; more get 429. Each holds a tunnel and its TLS session. */
  readonly concurrentRequests: number;
  /** Milliseconds for CONNECT and TLS handshake together; more gets 504. */
  readonly connectTimeoutMs: number;
  /** Milliseconds between two attempts to reach Squid. */
  readonly connectRetryMs: number;
  /** Milliseconds for which the opening of a provider's first tunnel keeps trying while Squid is starting. */
  readonly prewarmMs: number;
  /** Milliseconds without an octet from or to the upstream; a model may think for long before its first one. */
  readonly upstreamIdleMs: number;
  /** Milliseconds that an unused tunnel is kept: below the 60 s at which common load balancers close theirs. */
  readonly tunnelIdleMs: number;
  /** Unused tunnels kept per provider. */
  readonly idleTunnels: number;
  /** Milliseconds for which the rest of a refused request is read, so that the refusal arrives before the close. */
  readonly lingerMs: number;
  /** Milliseconds for which requests that are under way may go on when the sidecar is told to stop. */
  readonly stopGraceMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  headBytes: 16 * 1024,
  // Apache's default too (LimitRequestFields), and several times what the SDKs and the agents' programs send.
  headerCount: 100,
  upstreamHeadBytes: 64 * 1024,
  headTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  keepAliveMs: 120_000,
  checkIntervalMs: 5_000,
  connections: 2_048,
  concurrentRequests: 512,
  connectTimeoutMs: 15_000,
  connectRetryMs: 50,
  prewarmMs: 10_000,
  upstreamIdleMs: 900_000,
  tunnelIdleMs: 55_000,
  idleTunnels: 256,
  lingerMs: 1_000,
  stopGraceMs: 300,
};
