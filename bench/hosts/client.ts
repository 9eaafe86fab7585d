/**
 * Runs inside the agent, on the host's Node.js of any version: `node client.mjs HOST` measures one connection to `HOST`
 * through Squid, and prints its {@link Times} as JSON.
 */

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** Milliseconds; each list has one entry per measurement. */
export interface Times {
  /** `CONNECT` and the TLS handshake. */
  readonly tunnel: number[];
  /** The first request on a new connection. */
  readonly first: number[];
  readonly kept: number[];
  /** 100 MB. */
  readonly download: number[];
}

const CONNECTIONS = 15;
const REQUESTS = 40;
const host = process.argv[2] ?? '';
const proxy = new URL(process.env['https_proxy'] ?? '');

async function open(): Promise<TLSSocket> {
  const socket: Socket = connect(Number(proxy.port), proxy.hostname);
  socket.setNoDelay(true);
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  await once(socket, 'data');
  const secure = connectTls({ socket, servername: host, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  return secure;
}

async function get(socket: TLSSocket, path: string): Promise<void> {
  const request = httpRequest({ createConnection: () => socket, path, headers: { host, connection: 'keep-alive' } });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${host}${path} was answered ${response.statusCode}`);
  response.resume();
  await once(response, 'end');
}

async function timed(times: number[], work: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await work();
  times.push(performance.now() - begin);
}

const times: Times = { tunnel: [], first: [], kept: [], download: [] };
for (let i = 0; i < CONNECTIONS; i++) {
  let socket: TLSSocket | undefined;
  await timed(times.tunnel, async () => void (socket = await open()));
  const opened = socket!;
  await timed(times.first, () => get(opened, '/small'));
  for (let j = 0; j < REQUESTS; j++) await timed(times.kept, () => get(opened, '/small'));
  if (i === 0) await timed(times.download, () => get(opened, '/large'));
  opened.destroy();
}
console.log(JSON.stringify(times));
