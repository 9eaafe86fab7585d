/** The engine, reached through the test's own socket, which delays the creation of containers. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ENGINE_SOCKET = '/var/run/docker.sock';

export interface SlowEngine {
  /** The value for `DOCKER_HOST`. */
  readonly url: string;
  /** How many containers the engine was asked to create. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

/**
 * @param path the socket's path
 * @param delayMs the delay of each creation, even if its client has gone in the meantime
 */
export async function startSlowEngine(path: string, delayMs: number): Promise<SlowEngine> {
  const open = new Set<Socket>();
  let asked = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: ENGINE_SOCKET, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    engine.pipe(client);
    let order = Promise.resolve();
    const inOrder = (work: () => void | Promise<void>): void => {
      order = order.then(work);
    };
    client.on('data', (chunk) => {
      inOrder(async () => {
        if (/^POST \/v[\d.]+\/containers\/create/.test(chunk.toString('latin1', 0, 64))) {
          asked += 1;
          await sleep(delayMs);
        }
        engine.write(chunk);
      });
    });
    client.on('end', () => {
      inOrder(() => void engine.end());
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    url: `unix://${path}`,
    asked: () => asked,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
