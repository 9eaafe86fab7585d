/**
 * A gateway in Squid's network namespace. Names to which `add-hosts` gives an address in 127.0.0.0/8 lead to it on any
 * port, and it forwards the connections to one of the test's own servers. Nothing leaves the namespace, not even before
 * the gateway has started. It runs in a container (see `outside.ts`) and needs only Node.js.
 *
 * The first line of standard input names the destination. Each further line is a {@link Gate}; the gateway echoes it on
 * standard output once it is in effect. The program ends when its standard input ends.
 */

import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { relayTo } from './relay.ts';

/** What happens to connections to a port: they are forwarded, refused, or never answered. */
export interface Gate {
  readonly port: number;
  readonly mode: 'open' | 'refused' | 'unanswered';
}

/** Listens but never accepts. Once the kernel's queue is full, the kernel drops further connections. */
const DEAF = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  createServer().listen({ port: workerData, backlog: 1 }, () => {
    parentPort.postMessage('listening');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
/** Milliseconds. A loopback connection that takes longer was dropped. */
const DROPPED = 300;

async function deaf(port: number): Promise<() => Promise<void>> {
  const worker = new Worker(DEAF, { eval: true, workerData: port });
  await once(worker, 'message');
  const fillers: Socket[] = [];
  for (;;) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(filler);
    if (!(await Promise.race([once(filler, 'connect'), sleep(DROPPED, false)]))) break;
  }
  return async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
}

async function open(port: number, to: string): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server: Server = relayTo(to);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server.listen(port), 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const to = (await lines.next()).value as string;
const ends = new Map<number, () => Promise<void>>();
for await (const line of lines) {
  const { port, mode } = JSON.parse(line) as Gate;
  await ends.get(port)?.();
  ends.delete(port);
  if (mode !== 'refused') ends.set(port, await (mode === 'open' ? open(port, to) : deaf(port)));
  process.stdout.write(`${line}\n`);
}
process.exit();
