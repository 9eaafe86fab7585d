/**
 * A TLS server that plays providers octet by octet. It records exactly what arrived, and the test decides its answers.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { WireError, WireReader, type WireHead, type WireMessage } from './http-wire.ts';
import type { TestCa } from '../tls.ts';

/** One request, or the part that arrived before its connection ended. */
export interface RawRequest {
  /** The host that the client asked for in TLS. */
  readonly serverName: string;
  /** Undefined if the head is malformed or incomplete. */
  readonly head: WireHead | undefined;
  readonly body: Buffer;
  /** Undefined if the request is incomplete. */
  readonly message: WireMessage | undefined;
  /** Why it is not valid HTTP. Undefined if it is. */
  readonly error: string | undefined;
}

export interface RawUpstream {
  readonly port: number;
  /** Called with each request. An incomplete request is reported when its connection ends. */
  onRequest: (request: RawRequest, socket: TLSSocket) => void;
  readonly close: () => Promise<void>;
}

function serve(socket: TLSSocket, upstream: RawUpstream): void {
  const serverName = socket.servername || '';
  const reader = new WireReader();
  let reading = reader.message('none', () => true);
  let error: string | undefined;
  const advance = (): void => {
    try {
      for (let step = reading.next(); step.done === true; step = reading.next()) {
        const message = step.value;
        upstream.onRequest({ serverName, head: message, body: message.body, message, error }, socket);
        reading = reader.message('none', () => true);
      }
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      error = cause.message;
      socket.destroy();
    }
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (error !== undefined) return;
    reader.push(chunk);
    advance();
  });
  socket.on('close', () => {
    const head = reader.partialHead;
    if (head === undefined && reader.rest.length === 0 && error === undefined) return;
    upstream.onRequest(
      { serverName, head, body: Buffer.concat(reader.partialBody), message: undefined, error },
      socket,
    );
  });
}

/** @param hosts the names in its certificate */
export async function startRawUpstream(ca: TestCa, hosts: readonly string[]): Promise<RawUpstream> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...(await ca.issue(hosts)), ALPNProtocols: ['http/1.1'] }, (socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on('close', () => sockets.delete(socket));
    serve(socket, upstream);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: RawUpstream = {
    port: (server.address() as AddressInfo).port,
    onRequest: () => undefined,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
  return upstream;
}
