/** Puts a world that the test controls around a run's Squid: see `server.ts` and `gateway.ts`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { ImageNames } from '../../src/docker/images.ts';
import { AGENT_LIB } from '../../src/shared/contract.ts';
import { ROOT } from '../root.ts';
import { docker } from '../engine/engine.ts';
import type { Gate } from './gateway.ts';
import type { OutsideEvent, World } from './server.ts';

const besides = (squid: string): string[] => [
  'run',
  '--rm',
  '--interactive',
  `--network=container:${squid}`,
  '--user=0:0',
];

interface Program {
  readonly input: Writable;
  readonly lines: Interface;
  /** Ends the program's standard input, and waits for the program to end. */
  readonly stop: () => Promise<void>;
}

/** Starts a program from this folder in Squid's network namespace. */
function startBeside(squid: string, images: ImageNames, program: string): Program {
  // The mounted package.json says that the files are ES modules.
  const mounts = [
    [import.meta.dirname, '/outside'] as const,
    [join(ROOT, 'package.json'), '/package.json'] as const,
  ].map(([source, target]) => `--mount=type=bind,source=${source},target=${target},readonly`);
  const container = ['--entrypoint=node', images['api-proxy'], `/outside/${program}`];
  const node = spawn('docker', [...besides(squid), ...mounts, ...container], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(node, 'close');
  return {
    input: node.stdin,
    lines: createInterface(node.stdout),
    stop: async () => {
      node.stdin.end();
      await closed;
    },
  };
}

/** The requests that came from the command: the api-proxy also sends its own, which check the keys. */
export const requestsOfCommand = (events: readonly OutsideEvent[]): OutsideEvent[] =>
  events.filter((event) => event.kind === 'request' && event.headers['user-agent'] !== 'awf');

export interface Outside {
  /** Everything that arrived, in order. */
  readonly events: readonly OutsideEvent[];
  readonly stop: () => Promise<void>;
}

/**
 * Adds `addresses` to the loopback interface of Squid's network namespace, even if they belong to real hosts, and
 * listens there. Nothing that is sent to them leaves the container.
 *
 * @param squid the container's name
 */
export async function startOutside(
  squid: string,
  images: ImageNames,
  world: World,
  addresses: readonly string[],
): Promise<Outside> {
  const busybox = `${AGENT_LIB}/busybox`;
  const script = [...addresses, world.resolver]
    .map((address) => `${busybox} ip address add ${address}/${isIPv6(address) ? 128 : 32} dev lo || exit 1`)
    .join('\n');
  docker([...besides(squid), '--cap-add=NET_ADMIN', `--entrypoint=${busybox}`, images.agent, 'sh', '-s'], script);

  const { input, lines, stop } = startBeside(squid, images, 'server.ts');
  const events: OutsideEvent[] = [];
  input.write(`${JSON.stringify(world)}\n`);
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as OutsideEvent;
      if (event.kind === 'ready') resolve();
      events.push(event);
    });
    lines.once('close', () => reject(new Error('The world outside exited before it was ready.')));
  });
  return { events, stop };
}

export interface Gateway {
  /** Resolves once the gate is in effect. The port's existing connections are closed. */
  readonly set: (gate: Gate) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param to an `address:port` that Squid's container can reach */
export function startGateway(squid: string, images: ImageNames, to: string): Gateway {
  const { input, lines, stop } = startBeside(squid, images, 'gateway.ts');
  input.write(`${to}\n`);
  const ended = once(lines, 'close').then(() => {
    throw new Error('The gateway exited before the gate was in effect.');
  });
  ended.catch(() => undefined);
  return {
    set: async (gate) => {
      input.write(`${JSON.stringify(gate)}\n`);
      await Promise.race([once(lines, 'line'), ended]);
    },
    stop,
  };
}
