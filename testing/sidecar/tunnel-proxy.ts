/**
 * A CONNECT proxy that replaces Squid in tests that need timing or answers that Squid rarely produces. It connects
 * every name to the same port of loopback.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestTunnelProxy {
  readonly url: string;
  /** `host:port` of each CONNECT, in order. */
  readonly connects: string[];
  /** An answer sent instead of opening a tunnel: a status line and headers, without the empty line. */
  refusal: string | undefined;
  /** How many further CONNECTs are answered with `refusal`. */
  refusals: number;
  /** Leaves every CONNECT unanswered. */
  silent: boolean;
  readonly tunnels: Set<Duplex>;
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

export async function startTestTunnelProxy(upstreamPort: number): Promise<TestTunnelProxy> {
  const server = createServer();
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const proxy = {
    url: '',
    connects: [] as string[],
    refusal: undefined as string | undefined,
    refusals: Infinity,
    silent: false,
    tunnels: new Set<Duplex>(),
    reset: () => {
      Object.assign(proxy, { refusal: undefined, refusals: Infinity, silent: false });
      proxy.connects.length = 0;
      for (const tunnel of proxy.tunnels) tunnel.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
  server.on('connect', (request, client: Socket) => {
    client.on('error', () => undefined);
    proxy.connects.push(request.url ?? '');
    if (proxy.silent) return;
    if (proxy.refusal !== undefined && proxy.refusals > 0) {
      proxy.refusals--;
      client.end(`${proxy.refusal}\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    proxy.tunnels.add(client);
    client.on('close', () => {
      proxy.tunnels.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
