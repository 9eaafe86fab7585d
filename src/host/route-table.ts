/** The kernel's route table, see proc(5). */

import { readFileSync } from 'node:fs';
import { cidrText } from '../shared/cidr.ts';

export interface Route {
  readonly device: string;
  /** In CIDR notation. */
  readonly destination: string;
  readonly prefix: number;
  /** True if another host takes the packets from here. */
  readonly hasGateway: boolean;
  /** The kernel takes the route with the lowest number. */
  readonly metric: number;
}

/** The IPv4 routes. None if the kernel does not show them. */
export function readRoutes(table = text('/proc/net/route')): Route[] {
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.split('\t'))
    .flatMap(([device = '', destination = '', gateway = '', , , , metric = '', mask = '']) => {
      const [base, bits] = [littleEndian(destination), littleEndian(mask)];
      if (base === undefined || bits === undefined) return [];
      const prefix = Math.clz32(~bits);
      const network = cidrText({ family: 4, base: BigInt(base), prefix });
      return [{ device, destination: network, prefix, hasGateway: !/^0*$/.test(gateway), metric: Number(metric) }];
    });
}

/** What goes in one piece on every Ethernet. */
const ETHERNET_MTU = 1_500;

/**
 * The octets that go in one piece to where the host's packets go: tunnels and clouds take fewer than Ethernet does, and a
 * bridge with a larger MTU loses what is too long wherever the messages about it are filtered.
 *
 * @returns undefined if it is that of Ethernet, or cannot be told
 */
export function smallerMtu(
  routes: readonly Route[] = readRoutes(),
  mtuOf: (device: string) => string = (device) => text(`/sys/class/net/${device}/mtu`),
): number | undefined {
  // A VPN may replace the default route with two routes that cover half of all addresses each.
  const everywhere = routes.filter(({ prefix }) => prefix <= 1);
  const ways = everywhere.length > 0 ? everywhere : routes.filter(({ hasGateway }) => hasGateway);
  const first = Math.min(...ways.map(({ metric }) => metric));
  const mtus = ways.filter(({ metric }) => metric === first).map(({ device }) => Number.parseInt(mtuOf(device), 10));
  // IPv4 hosts take packets of 576 octets (RFC 791); a smaller number is a mistake.
  const smaller = mtus.filter((mtu) => mtu >= 576 && mtu < ETHERNET_MTU);
  return smaller.length === 0 ? undefined : Math.min(...smaller);
}

/** The file's text. Empty if it cannot be read. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function littleEndian(hex: string): number | undefined {
  return /^[0-9a-f]{8}$/i.test(hex) ? Buffer.from(hex, 'hex').readUInt32LE() : undefined;
}
