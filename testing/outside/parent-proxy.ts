/**
 * The proxy of a company: it demands a password, looks up the names itself, and records what it is asked for. Also a
 * program: `node parent-proxy.ts` reads {@link ParentOptions} as one line of JSON, prints `{"port":...}` once it listens,
 * then an {@link Asked} per line, and ends with its standard input.
 */

import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ParentOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port?: number;
  /** Has the proxy speak TLS; in PEM. */
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** Nobody needs a password without one. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Where `name:port` is. The proxy knows no other name. */
  readonly places: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
}

export interface Asked {
  readonly method: string;
  /** `name:port` of a tunnel, the whole URL otherwise. */
  readonly target: string;
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

export interface ParentProxy {
  readonly port: number;
  readonly asked: readonly Asked[];
  readonly close: () => Promise<void>;
}

export async function startParentProxy(options: ParentOptions, onAsked?: (asked: Asked) => void): Promise<ParentProxy> {
  const asked: Asked[] = [];
  const sockets = new Set<Duplex>();
  const judge = (request: IncomingMessage, place: string): number => {
    const status = isKnown(request, options) ? (place in options.places ? 200 : 403) : 407;
    const one = { method: request.method ?? '', target: request.url ?? '', status, headers: request.headers };
    asked.push(one);
    onAsked?.(one);
    return status;
  };
  const answer: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', 'http://none.invalid');
    const status = judge(request, `${url.hostname}:${url.port === '' ? '80' : url.port}`);
    const place = options.places[`${url.hostname}:${url.port === '' ? '80' : url.port}`];
    if (status !== 200 || place === undefined) {
      response.writeHead(status).end('refused by the company\n');
      return;
    }
    const { method } = request;
    const others = Object.entries(request.headers).filter(([name]) => name !== 'proxy-authorization');
    const headers = Object.fromEntries(others);
    request.pipe(
      send({ ...place, method, path: url.pathname + url.search, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).on('error', () => response.destroy()),
    );
  };
  const { certificate } = options;
  const server = certificate === undefined ? createServer(answer) : createSecureServer(certificate, answer);
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const status = judge(request, request.url ?? '');
    const place = options.places[request.url ?? ''];
    if (status !== 200 || place === undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    tunnel(place, socket, head, sockets);
  });
  return { ...(await listening(server, options)), asked, close: () => closed(server, sockets) };
}

function isKnown(request: IncomingMessage, { login }: ParentOptions): boolean {
  if (login === undefined) return true;
  const expected = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  return request.headers['proxy-authorization'] === `Basic ${expected}`;
}

function tunnel(place: { host: string; port: number }, socket: Duplex, head: Buffer, sockets: Set<Duplex>): void {
  const upstream = connect(place, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  sockets.add(upstream);
  upstream.on('error', () => socket.destroy());
  upstream.on('close', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
}

async function listening(server: Server, { host, port = 0 }: ParentOptions): Promise<{ port: number }> {
  await once(server.listen(port, host), 'listening');
  return { port: (server.address() as AddressInfo).port };
}

async function closed(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  for (const socket of sockets) socket.destroy();
  await ended;
}

async function main(): Promise<void> {
  const lines = createInterface(process.stdin);
  const [line] = (await once(lines, 'line')) as [string];
  const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  const { port } = await startParentProxy(JSON.parse(line) as ParentOptions, print);
  print({ port });
  lines.once('close', () => process.exit());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
