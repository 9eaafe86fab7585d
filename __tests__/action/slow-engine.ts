/** The engine, reached through a socket of the test's own that is slow in creating containers. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ENGINE_SOCKET = '/var/run/docker.sock';

export interface SlowEngine {
  /** For `DOCKER_HOST`. */
  readonly url: string;
  /** Containers that the engine was asked for. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

/**
 * @param path of the socket
 * @param delayMs what the creation of a container takes, also when the client that asked for it is gone by then
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
