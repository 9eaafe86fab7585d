/** A client of named hosts: a tunnel through the sidecar's front, as Squid opens it, with TLS and HTTP/1.1 inside. */

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { ClientAnswer } from './client.ts';

/** @returns the status line of the answer to CONNECT, and the socket */
export async function openConnect(port: number, authority: string): Promise<{ status: number; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    head += chunk.toString('latin1');
  }
  return { status: Number(head.split(' ')[1]), socket };
}

/** Opens TLS to `host` in a tunnel. @throws Error if the handshake fails */
export async function openHost(
  port: number,
  host: string,
  options: ConnectionOptions & { readonly ca: string },
): Promise<TLSSocket> {
  const { status, socket } = await openConnect(port, `${host}:443`);
  if (status !== 200) throw new Error(`CONNECT was answered ${status}`);
  return await secured({ socket, servername: host, ALPNProtocols: ['http/1.1'], ...options });
}

/** Opens TLS without a proxy. @throws Error if the handshake fails */
export async function openDirect(
  port: number,
  host: string,
  options: ConnectionOptions & { readonly ca: string },
): Promise<TLSSocket> {
  return await secured({ port, host: '127.0.0.1', servername: host, ALPNProtocols: ['http/1.1'], ...options });
}

async function secured(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls(options);
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** Sends a request over an open connection, and reads the whole answer. */
export async function sendOver(
  socket: TLSSocket,
  host: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<ClientAnswer> {
  const request = httpRequest({
    createConnection: () => socket,
    ...options,
    headers: { host, ...(options.headers as Record<string, string> | undefined) },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { statusCode: status = 0, headers, rawHeaders } = response;
  return { status, headers, rawHeaders, body: Buffer.concat(chunks) };
}
