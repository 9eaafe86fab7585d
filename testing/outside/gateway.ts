/**
 * A gateway in Squid's network namespace: names that `add-hosts` gives an address of 127.0.0.0/8 lead to it, on any port,
 * and on to a server of the test's own. Nothing has to leave the namespace for it, not even before it is there. Runs in
 * a container (see `outside.ts`), on Node.js alone. The first line of standard input is where to lead to, each line
 * behind it a {@link Gate}, which it repeats on standard output when it holds; ends with its standard input.
 */

import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { relayTo } from './relay.ts';

/** What becomes of connections to a port: led on, refused, or never answered. */
export interface Gate {
  readonly port: number;
  readonly mode: 'open' | 'refused' | 'unanswered';
}

/** Listens, and never accepts: once the kernel's queue is full, it drops what else comes. */
const DEAF = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  createServer().listen({ port: workerData, backlog: 1 }, () => {
    parentPort.postMessage('listening');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
/** Milliseconds: an attempt on loopback that takes longer was dropped. */
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
