/**
 * A TLS server that plays a provider for the sidecar's own tests. It records parsed requests, and a test can choose any
 * answer.
 */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { IssuedCertificate, TestCa } from '../tls.ts';

export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  /** Undefined if the client sent no server name. */
  readonly serverName: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  /** The chunks that have arrived so far. */
  readonly body: Buffer[];
  /** True once the whole body has arrived. */
  complete: boolean;
  /** True once the connection has ended before the answer did. */
  aborted: boolean;
}

export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse, socket: Socket) => void;

export interface TestUpstream {
  readonly port: number;
  readonly requests: UpstreamRequest[];
  /** TLS handshakes so far. */
  handshakes: number;
  /** Answers a request. The default waits for the whole request, then sends 200 and a small JSON body. */
  handler: UpstreamHandler;
  /** Answers a client that asks for a WebSocket. By default that is treated like any other request. */
  upgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  /** Called when a TLS handshake has begun, which then stops. By default handshakes continue. */
  onHello: (() => void) | undefined;
  /** The open TCP connections. */
  readonly connections: ReadonlySet<Socket>;
  /** How many TCP connections there have been since the start. */
  accepted: number;
  /** Switches to another certificate. */
  readonly present: (certificate: IssuedCertificate) => void;
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

const answerOk: UpstreamHandler = (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"ok":true}');
  });
};

export interface TestUpstreamOptions {
  /** The address to listen on. 127.0.0.1 by default. */
  readonly address?: string;
  /** Calls `onHello`. This makes each handshake slower. */
  readonly hearsHellos?: true;
}

export async function startTestUpstream(
  ca: TestCa,
  hosts: readonly string[],
  { address = '127.0.0.1', hearsHellos }: TestUpstreamOptions = {},
): Promise<TestUpstream> {
  const certificate = await ca.issue(hosts);
  const connections = new Set<Socket>();
  const server = createServer({
    ...certificate,
    keepAliveTimeout: 60_000,
    ...(hearsHellos && {
      SNICallback: (_: string, goOn: (error: null) => void) => {
        if (upstream.onHello) upstream.onHello();
        else goOn(null);
      },
    }),
    shouldUpgradeCallback: () => upstream.upgrade !== undefined,
  });
  const upstream: TestUpstream = {
    port: 0,
    requests: [],
    handshakes: 0,
    handler: answerOk,
    upgrade: undefined,
    onHello: undefined,
    connections,
    accepted: 0,
    present: (other) => server.setSecureContext(other),
    reset: () => {
      upstream.requests.length = 0;
      upstream.handshakes = 0;
      upstream.handler = answerOk;
      upstream.upgrade = undefined;
      upstream.onHello = undefined;
      upstream.present(certificate);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
  server.prependListener('connection', (socket: Socket) => {
    connections.add(socket);
    upstream.accepted++;
    socket.on('close', () => connections.delete(socket));
  });
  server.on('secureConnection', () => {
    upstream.handshakes++;
  });
  const record = (request: IncomingMessage): UpstreamRequest => {
    const recorded: UpstreamRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      serverName:
        request.socket instanceof TLSSocket && request.socket.servername ? request.socket.servername : undefined,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      body: [],
      complete: false,
      aborted: false,
    };
    upstream.requests.push(recorded);
    return recorded;
  };
  const sockets = new Set<Duplex>();
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    record(request);
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    upstream.upgrade?.(request, socket, head);
  });
  server.on('request', (request, response) => {
    const recorded = record(request);
    request.on('data', (chunk: Buffer) => recorded.body.push(chunk));
    request.on('end', () => (recorded.complete = request.complete));
    response.on('close', () => (recorded.aborted = !response.writableFinished));
    upstream.handler(request, response, request.socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  return Object.assign(upstream, { port: (server.address() as AddressInfo).port });
}
