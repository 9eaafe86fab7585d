import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** @param port 0 for a free one @returns the port @throws Error if it cannot be listened on */
export async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  // With a host, even `0.0.0.0`, Node would load its resolver, which takes a megabyte.
  server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
