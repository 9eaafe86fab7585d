/**
 * Runs inside the agent, on the host's Node.js of any version and without packages: `node dial.mjs FILE` tries all
 * targets in the JSON array in FILE at once and prints one JSON object that maps each target to its outcome.
 *
 * A target is `tcp://address:port` or `udp://address:port`. If a router answers on the container's network, nothing is
 * sent to targets outside that network, because the attempt would leave the container. The outcome is then `router`.
 */

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, isIPv6 } from 'node:net';
import type { Outcome } from './agent-outcome.ts';

/** Milliseconds. The kernel needs three seconds to give up on an address that does not answer. */
const PATIENCE = 3_600;

const isFailure = (cause: unknown): cause is NodeJS.ErrnoException => cause instanceof Error;

function tcp(host: string, port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => done('connected'));
    socket.once('error', (cause: NodeJS.ErrnoException) => done(cause.code ?? cause.message));
    setTimeout(() => done('silence'), PATIENCE).unref();
  });
}

/** Connects the socket, so that the kernel reports what happened to the datagram. */
function udp(host: string, port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const done = (outcome: Outcome): void => {
      socket.removeAllListeners().on('error', () => undefined);
      resolve(outcome);
    };
    const fail = (cause: unknown): void => {
      if (isFailure(cause)) done(cause.code ?? cause.message);
    };
    socket.once('message', () => done('answered'));
    socket.once('error', fail);
    socket.connect(port, host, (cause?: unknown) => {
      if (isFailure(cause)) fail(cause);
      else socket.send('anybody?', fail);
    });
    setTimeout(() => done('silence'), PATIENCE).unref();
  });
}

const dotted = (hex: string): string => [...Buffer.from(hex, 'hex')].reverse().join('.');
const words = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));

/** Whether a default route leads to an address that answers (proc(5): net/route, net/arp). */
async function hasRouter(): Promise<boolean> {
  const gateways = words('/proc/net/route').flatMap(([, destination, gateway = '']) =>
    destination === '00000000' ? [dotted(gateway)] : [],
  );
  await Promise.all(gateways.map((gateway) => tcp(gateway, 9)));
  const resolved = words('/proc/net/arp').flatMap(([address, , flags]) => (flags === '0x0' ? [] : [address]));
  return gateways.some((gateway) => resolved.includes(gateway));
}

const targets = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as string[];
// A control runs where a router is expected, and dials the test's own listeners.
const router = !process.argv.includes('--control') && (await hasRouter());
const local = words('/proc/net/route').flatMap(([, destination = '']) =>
  destination === '00000000' ? [] : [dotted(destination).replace(/0$/, '')],
);
const outcomes = await Promise.all(
  targets.map(async (target): Promise<[string, Outcome]> => {
    const [, protocol = '', host = '', port = ''] = /^(tcp|udp):\/\/\[?([^\]]+)\]?:(\d+)$/.exec(target) ?? [];
    if (router && !local.some((network) => host.startsWith(network))) return [target, 'router'];
    return [target, await (protocol === 'udp' ? udp : tcp)(host, Number(port))];
  }),
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(outcomes))}\n`);
process.exit();
