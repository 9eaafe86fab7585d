/** What clients may take of the sidecar. One of these ends every wait in it, and one of these bounds every queue. */
export interface Limits {
  /** Octets of a request's head, including its request line. A longer one gets 431. */
  readonly headBytes: number;
  /** Header lines of a request. A request with more gets 431. */
  readonly headerCount: number;
  /** Octets of an upstream response's head. */
  readonly upstreamHeadBytes: number;
  /** Milliseconds in which a request's head must arrive. New connections that stay idle end after this time too. */
  readonly headTimeoutMs: number;
  /** Milliseconds in which a whole request must arrive. */
  readonly requestTimeoutMs: number;
  /** The same for named hosts that are no provider's: packages and pushes are larger than prompts. */
  readonly uploadTimeoutMs: number;
  /** Milliseconds that an idle client connection is kept. Longer than common clients keep it themselves. */
  readonly keepAliveMs: number;
  /** Milliseconds between two checks of the time limits above. */
  readonly checkIntervalMs: number;
  /** Open connections per port. */
  readonly connections: number;
  /** Requests under way per port; further ones get 429. Each holds a tunnel and its TLS session. */
  readonly concurrentRequests: number;
  /** The same for all ports and named hosts together: as many as Squid accepts connections of the api-proxy's own. */
  readonly allRequests: number;
  /** Octets of bodies that wait for their verdict, of all requests together. */
  readonly heldBytes: number;
  /** Milliseconds for CONNECT and TLS handshake together. If they take longer, the client gets 504. */
  readonly connectTimeoutMs: number;
  /** Milliseconds between two attempts to reach Squid. */
  readonly connectRetryMs: number;
  /** Milliseconds during which a provider's first tunnel is tried again while Squid is starting. */
  readonly prewarmMs: number;
  /** Milliseconds without an octet to or from the upstream. A model may think for long before the first one. */
  readonly upstreamIdleMs: number;
  /** Milliseconds in which the upstream must answer a client that asks for a WebSocket. */
  readonly handshakeMs: number;
  /** Milliseconds in which a provider must list its models, and the octets that are read of the list. */
  readonly modelListMs: number;
  readonly modelListBytes: number;
  /** Milliseconds that an unused tunnel is kept. Below the 60 s after which common load balancers close theirs. */
  readonly tunnelIdleMs: number;
  /** Unused tunnels kept per provider. */
  readonly idleTunnels: number;
  /** Milliseconds during which the rest of a refused request is read, so that the refusal arrives before the close. */
  readonly lingerMs: number;
  /** Milliseconds that requests under way may go on after the sidecar was told to stop. */
  readonly stopGraceMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  headBytes: 16 * 1024,
  // Apache's default (LimitRequestFields), and several times what the SDKs and the agent programs send.
  headerCount: 100,
  upstreamHeadBytes: 64 * 1024,
  headTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  uploadTimeoutMs: 3_600_000,
  keepAliveMs: 120_000,
  checkIntervalMs: 5_000,
  connections: 2_048,
  concurrentRequests: 512,
  allRequests: 2_048,
  heldBytes: 64 * 1024 * 1024,
  connectTimeoutMs: 15_000,
  connectRetryMs: 50,
  prewarmMs: 10_000,
  upstreamIdleMs: 900_000,
  handshakeMs: 5_000,
  modelListMs: 5_000,
  modelListBytes: 4 * 1024 * 1024,
  tunnelIdleMs: 55_000,
  idleTunnels: 256,
  lingerMs: 1_000,
  stopGraceMs: 300,
};
