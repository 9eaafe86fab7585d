import { createServer, type Server } from 'node:http';
import { Connection, stopAtRefusal } from './connection.ts';
import type { Limits } from './limits.ts';

/** Node's HTTP server with our limits, and without the leniency that would hide something from admission. */
export function createClientServer(limits: Limits): Server {
  const server = createServer({
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    // Admission checks it, and its refusal has the provider's shape and a line in the log.
    requireHostHeader: false,
    // RFC 9110, section 7.8: a server may ignore an upgrade. Java's HTTP client offers h2c with every first request.
    // HTTP/1.0 has no upgrades.
    shouldUpgradeCallback: ({ headers, httpVersion }) =>
      httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket',
  });
  // Node silently drops headers beyond its own limit. Admission counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  // Ends a client that stops reading its answer. Longer than any silence that an upstream is allowed.
  server.timeout = limits.upstreamIdleMs + limits.connectTimeoutMs;
  return server;
}

/** For a server without errors of its own shape: nothing is read behind the request whose answer ends the connection. */
export function createPlainServer(limits: Limits): Server {
  const server = createClientServer(limits);
  server.on('connection', stopAtRefusal);
  server.on('clientError', (_, socket) => {
    // Its answer is on its way, and ends the connection.
    if (Connection.of(socket).isDoomed) return;
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}
