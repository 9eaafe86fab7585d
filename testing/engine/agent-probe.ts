/**
 * Runs inside the agent, on the host's Node.js of any version and without packages: `node probe.mjs FILE` performs the
 * exchanges in the JSON array in FILE one after the other and prints one {@link ProbeResult} per line.
 */

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Probe {
  readonly id: string;
  /** Sent to Squid unchanged. */
  readonly send: string;
  /** A port of Squid's other than the usual one. */
  readonly port?: number;
  /** What to do with the tunnel after a 200. */
  readonly tunnel?:
    | {
        readonly kind: 'tls';
        readonly serverName: string;
        /** The status by which the other end of the tunnel is known; 200 by default. */
        readonly status?: number;
      }
    /** In hexadecimal. */
    | { readonly kind: 'bytes'; readonly hex: string };
  /** Reads until Squid closes the connection, to get several answers to one request. */
  readonly all?: true;
}

export interface ProbeResult {
  readonly id: string;
  /** The status codes of Squid's answers. Empty if there was no answer. */
  readonly statuses: readonly number[];
  /** `open` when the other end answered the handshake, `cut` when it did not. */
  readonly tunnel?: 'open' | 'cut';
  /** The error, if the connection failed. */
  readonly error?: string;
}

/** Milliseconds. */
const PATIENCE = 4_000;

const STATUS = /^HTTP\/1\.[01] (\d{3}) /gm;
const statusesIn = (text: string): number[] => [...text.matchAll(STATUS)].map(([, status]) => Number(status));

/** The type of the record that contains a ServerHello (RFC 8446, section 5.1). */
const HANDSHAKE = '\u0016';

/** Reads until `enough` returns true, the connection ends or {@link PATIENCE} runs out. */
function read(socket: Socket, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => done(), PATIENCE);
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (enough(text)) done();
    };
    const done = (): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData).off('close', done).off('end', done);
      resolve(text);
    };
    socket.on('data', onData).once('close', done).once('end', done);
    if (socket.destroyed || socket.readableEnded) done();
    else socket.resume();
  });
}

async function throughTls(socket: Socket, serverName: string, status: number): Promise<boolean> {
  const tls = connectTls({
    socket,
    rejectUnauthorized: false,
    ...(serverName === '' ? {} : { servername: serverName }),
  });
  tls.on('error', () => tls.destroy());
  tls.write('GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n');
  return (await read(tls, (text) => text.includes('\r\n\r\n'))).startsWith(`HTTP/1.1 ${status} `);
}

async function throughTunnel(socket: Socket, tunnel: NonNullable<Probe['tunnel']>): Promise<'open' | 'cut'> {
  if (tunnel.kind === 'tls') {
    return (await throughTls(socket, tunnel.serverName, tunnel.status ?? 200)) ? 'open' : 'cut';
  }
  socket.write(Buffer.from(tunnel.hex, 'hex'));
  return (await read(socket, () => true)).startsWith(HANDSHAKE) ? 'open' : 'cut';
}

async function exchange({ id, send, port, tunnel, all }: Probe): Promise<ProbeResult> {
  const squid = new URL(process.env['https_proxy'] ?? '');
  const socket = connect(port ?? Number(squid.port), squid.hostname);
  let error: string | undefined;
  socket.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code ?? cause.message));
  socket.write(Buffer.from(send, 'latin1'));
  const statuses = statusesIn(await read(socket, (text) => all !== true && text.includes('\r\n\r\n')));
  const opened = tunnel && statuses[0] === 200 ? await throughTunnel(socket, tunnel) : undefined;
  socket.destroy();
  return {
    id,
    statuses,
    ...(opened && { tunnel: opened }),
    ...(error !== undefined && statuses.length === 0 && { error }),
  };
}

const probes = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Probe[];
for (const probe of probes) process.stdout.write(`${JSON.stringify(await exchange(probe))}\n`);
