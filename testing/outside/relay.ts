/**
 * Forwards connections from one place to another. Also a program for containers: `node relay.ts FROM TO [FROM TO]...`
 * prints `relaying` once it listens. It has to run on the host's Node.js of any version, so it imports no other module
 * of ours.
 */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** `address:port`, or the path of a UNIX socket. */
export type Place = string;

type Destination = { readonly path: string } | { readonly host: string; readonly port: number };

function destination(place: Place): Destination {
  const colon = place.lastIndexOf(':');
  return colon < 0 ? { path: place } : { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) };
}

/** Passes a reset on as a reset, if the other side has such a thing. */
function breakOff(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Passes the octets, the end and the reset of one socket on to the other. */
function couple(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => breakOff(to));
    from.on('close', () => to.destroySoon());
  }
}

/** Makes a server that forwards to `to`. It does not listen yet. */
export function relayTo(to: Place): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    couple(socket, connect({ ...destination(to), allowHalfOpen: true }));
  });
}

async function main(places: readonly Place[]): Promise<void> {
  for (let i = 0; i + 1 < places.length; i += 2) {
    const server = relayTo(places[i + 1]!);
    await once(server.listen(destination(places[i]!)), 'listening');
  }
  process.stdout.write('relaying\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
