import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createPlainServer } from '../client-server.ts';
import { Connection } from '../connection.ts';
import type { Limits } from '../limits.ts';
import type { TlsFront } from './tls-front.ts';

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const refusal = (text: string): string =>
  `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n` +
  `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

/** `host:443`, as Squid forwards the request target of `CONNECT`. */
const AUTHORITY = /^([a-z0-9._-]+):443$/i;

/**
 * The server to which Squid hands tunnels to named hosts. It accepts nothing else.
 *
 * @param front ends TLS inside
 */
export function createConnectFront(front: TlsFront, limits: Limits): Server {
  const server = createPlainServer(limits);
  const open = new Set<Socket>();
  server.on('connect', ({ url = '' }, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const host = AUTHORITY.exec(url)?.[1]?.toLowerCase().replace(/\.$/, '');
    // A client that speaks before it has an answer cannot know whom it speaks to.
    if (host === undefined || head.length > 0 || !front.has(host)) {
      socket.end(refusal('The api-proxy does not answer for this host.\n'));
      return;
    }
    socket.setNoDelay(true);
    // Node's HTTP server leaves its sockets open when the client has ended its side, and a handshake would never end.
    socket.allowHalfOpen = false;
    socket.write(ESTABLISHED);
    front.accept(host, socket);
  });
  server.on('request', ({ socket }, answer) => {
    Connection.of(socket).isDoomed = true;
    answer.writeHead(405, { allow: 'CONNECT', connection: 'close' }).end();
  });
  server.on('close', () => {
    for (const socket of open) socket.destroy();
  });
  return server;
}
