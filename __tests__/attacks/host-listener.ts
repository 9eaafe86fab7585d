/** A TCP and a UDP listener on every address of the host, and the addresses where a container could look for them. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface HostListener {
  readonly port: number;
  /** The peers, in the order in which they connected. */
  readonly peers: readonly string[];
  readonly close: () => void;
}

export async function listenOnHost(): Promise<HostListener> {
  const peers: string[] = [];
  const tcp = createServer((socket) => {
    peers.push(`tcp ${socket.remoteAddress ?? ''}`);
    socket.on('error', () => socket.destroy());
    socket.end('the host\n');
  }).listen(0);
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp6', (_, peer) => {
    peers.push(`udp ${peer.address}`);
    udp.send('the host', peer.port, peer.address);
  }).bind(port);
  await once(udp, 'listening');
  return {
    port,
    peers,
    close: () => {
      tcp.close();
      udp.close();
    },
  };
}

/** Every address of the host except its loopback ones. A container tries a link-local one on its own interface. */
export function hostAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address, family }) => {
      if (family === 'IPv4') return address;
      return address.startsWith('fe80:') ? `[${address}%eth0]` : `[${address}]`;
    });
}
