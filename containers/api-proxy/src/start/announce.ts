import { createSocket } from 'node:dgram';
import { DISCARD_PORT } from '../../../../src/shared/contract.ts';

/**
 * Makes our address known to containers that started earlier and asked for it in vain: their kernels would wait a
 * second before they ask again. Nobody reads the packet itself. To send it, our kernel asks for the peer's hardware
 * address, and that question carries ours.
 *
 * @param peers IPv4 addresses separated by spaces
 */
export function announce(peers: string | undefined): void {
  for (const peer of peers?.split(' ').filter(Boolean) ?? []) {
    // Addresses need no resolver, and this keeps Node from loading its own.
    const socket = createSocket({
      type: 'udp4',
      lookup: (address, _, found) => {
        found(null, address, 4);
      },
    });
    socket.on('error', () => {
      socket.close();
    });
    socket.send('', DISCARD_PORT, peer, () => {
      socket.close();
    });
  }
}
