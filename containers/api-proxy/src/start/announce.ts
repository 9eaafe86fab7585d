import { createSocket } from 'node:dgram';
import { DISCARD_PORT } from '../../../../src/shared/contract.ts';

/**
 * Makes our address known to containers that started earlier and asked for it in vain: they would wait a second before
 * they ask again. The packet itself is for nobody; the kernel's question for the peer's hardware address carries ours.
 *
 * @param peers IPv4 addresses separated by spaces
 */
export function announce(peers: string | undefined): void {
  for (const peer of peers?.split(' ').filter(Boolean) ?? []) {
    // An address needs no resolver, which Node would load.
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
