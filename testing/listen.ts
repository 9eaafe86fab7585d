/** Starts and stops the servers of the tests. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly port: number;
  /** Also ends the connections that are open. */
  readonly close: () => Promise<void>;
}

/** @param port 0 picks a free one */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
