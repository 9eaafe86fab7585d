import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Held until it is released or this process ends, however it ends. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Takes names for this process.
 *
 * A name is a socket in the abstract namespace (unix(7)): it needs no file, it can be had once, and the kernel removes it
 * with the process.
 *
 * @param names of 107 bytes at most
 * @returns undefined if another process has one of them
 * @throws Error if the system refuses a name for another reason
 */
export async function take(names: readonly string[]): Promise<Lock | undefined> {
  const servers: Server[] = [];
  const release = (): void => {
    for (const server of servers) server.close();
  };
  try {
    for (const name of names) servers.push(await bind(name));
    return { release };
  } catch (error) {
    release();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function bind(name: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref().listen(`\0${name}`);
  // Rejects with the server's error.
  await once(server, 'listening');
  return server;
}

/** A text of any length as part of a name. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
