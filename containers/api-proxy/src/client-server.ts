import { createServer, type Server } from 'node:http';
import type { Limits } from './limits.ts';

/** Node's HTTP server within the limits, with nothing of its own leniency that admission has to see. */
export function createClientServer(limits: Limits): Server {
  const server = createServer({
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    // Checked by admission, whose refusal has the provider's shape and a line in the log.
    requireHostHeader: false,
    // RFC 9110, section 7.8: other upgrades (Java's HTTP client offers h2c on every first request) may be ignored.
    // HTTP/1.0 knows none.
    shouldUpgradeCallback: ({ headers, httpVersion }) =>
      httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket',
  });
  // Node drops headers beyond its own limit unseen; admission counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  // For a client that takes no more of its answer; longer than any silence of an upstream's that is permitted.
  server.timeout = limits.upstreamIdleMs + limits.connectTimeoutMs;
  return server;
}
