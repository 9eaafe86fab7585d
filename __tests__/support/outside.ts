/** Puts a world of the test's own around a run's Squid: see `outside-server.ts`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ImageNames } from '../../src/docker/images.ts';
import { AGENT_LIB } from '../../src/shared/providers.ts';
import { docker } from './engine.ts';
import type { OutsideEvent, World } from './outside-server.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('./outside-server.ts'));

export interface Outside {
  /** Everything that arrived, in its order. */
  readonly events: readonly OutsideEvent[];
  readonly stop: () => Promise<void>;
}

/**
 * Gives `addresses` to the loopback interface of Squid's network namespace, whoever they belong to elsewhere, and
 * listens there: nothing that is sent to them leaves the container.
 *
 * @param squid name of the container
 */
export async function startOutside(
  squid: string,
  images: ImageNames,
  world: World,
  addresses: readonly string[],
): Promise<Outside> {
  const inside = ['run', '--rm', '--interactive', `--network=container:${squid}`, '--user=0:0'];
  const busybox = `${AGENT_LIB}/busybox`;
  const script = [...addresses, world.resolver]
    .map((address) => `${busybox} ip address add ${address}/${isIPv6(address) ? 128 : 32} dev lo || exit 1`)
    .join('\n');
  docker([...inside, '--cap-add=NET_ADMIN', `--entrypoint=${busybox}`, images.agent, 'sh', '-s'], script);

  const program = `--mount=type=bind,source=${PROGRAM},target=/outside.mts,readonly`;
  const node = spawn('docker', [...inside, program, '--entrypoint=node', images['api-proxy'], '/outside.mts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const events: OutsideEvent[] = [];
  const closed = once(node, 'close');
  node.stdin.write(`${JSON.stringify(world)}\n`);
  const lines = createInterface(node.stdout);
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as OutsideEvent;
      if (event.kind === 'ready') resolve();
      events.push(event);
    });
    lines.once('close', () => reject(new Error('The world outside ended before it was ready.')));
  });
  return {
    events,
    stop: async () => {
      node.stdin.end();
      await closed;
    },
  };
}
