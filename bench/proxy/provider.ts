/**
 * The provider. It is a separate process so that the measuring client does not wait for it. `fork` it with an address,
 * the path of the certificate and the path of its key. It sends its port, and on request how many TLS handshakes there
 * were.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { completionFor, eventOf, EVENTS, PULSE_MS, workloadIn, type Workload } from './workloads.ts';

/** Octets per write. A body written at once would be encrypted at once, and every stream would wait. */
const PIECE = 64 * 1024;
/** How many octets of a request are searched for the model's name. */
const HEAD = 1_000;

const [host = '', cert = '', key = ''] = process.argv.slice(2);
const completions: Partial<Record<Workload, Buffer>> = {
  small: completionFor('small'),
  prompt: completionFor('prompt'),
  answer: completionFor('answer'),
};
let handshakes = 0;

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  let head = '';
  request.on('data', (chunk: Buffer) => {
    if (head.length < HEAD) head += chunk.toString('latin1', 0, HEAD);
  });
  request.on('end', () => void answer(workloadIn(head), response));
});
server.on('secureConnection', () => (handshakes += 1));
// Kept tunnels must stay open while other contenders have their turn.
server.keepAliveTimeout = 0;
process.on('message', () => process.send?.({ handshakes }));
process.on('disconnect', () => process.exit(0));
server.listen(0, host, () => process.send?.({ port: (server.address() as AddressInfo).port }));

async function answer(workload: Workload | undefined, response: ServerResponse): Promise<void> {
  if (workload === 'events') {
    await stream(response);
    return;
  }
  if (workload === 'pulse') {
    pulse(response);
    return;
  }
  const body = workload && completions[workload];
  if (!body) {
    response.writeHead(400).end('The request names no workload of the benchmark.');
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  for (let at = 0; at < body.length; at += PIECE) {
    if (!response.write(body.subarray(at, at + PIECE))) await once(response, 'drain').catch(() => undefined);
    if (response.destroyed) return;
  }
  response.end();
}

/** Writes each event separately. */
async function stream(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < EVENTS; index++) {
    response.write(eventOf(index));
    await nextTurn();
  }
  response.end('data: [DONE]\n\n');
}

function pulse(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let index = 0;
  const timer = setInterval(() => response.write(eventOf(index++)), PULSE_MS);
  response.on('close', () => {
    clearInterval(timer);
  });
}
