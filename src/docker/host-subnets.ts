import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An IPv4 subnet. */
export interface Subnet {
  /** An address in it, as a 32-bit number. */
  readonly address: number;
  /** Length in bits. */
  readonly prefix: number;
}

/**
 * The subnets that the host itself reaches through its interfaces and routes, apart from the default route. The engine
 * only checks its own networks, and a run that took a part of the host's network would hide that part from Squid.
 *
 * @param interfaces as Node.js lists them
 * @param routes as the kernel lists them in `/proc/net/route`
 */
export function hostSubnets(interfaces = networkInterfaces(), routes = routeTable()): Subnet[] {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? (parseSubnet(cidr) ?? []) : []));
  return [...own, ...routedSubnets(routes)];
}

/** Reads CIDR notation. @returns undefined for anything but an IPv4 subnet */
export function parseSubnet(cidr: string): Subnet | undefined {
  const [, address = '', prefix = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(cidr) ?? [];
  if (!isIPv4(address) || Number(prefix) > 32) return undefined;
  return { address: Buffer.from(address.split('.').map(Number)).readUInt32BE(), prefix: Number(prefix) };
}

/** True if the two subnets have an address in common: then the smaller one lies within the larger one. */
export function overlap(a: Subnet, b: Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/** Rows of `/proc/net/route`: destination and mask are little-endian hexadecimal numbers, see proc(5). */
function routedSubnets(routes: string): Subnet[] {
  return routes
    .split('\n')
    .slice(1)
    .map((row) => row.split('\t'))
    .flatMap(([, destination = '', , , , , , mask = '']) => {
      const [address, bits] = [littleEndian(destination), littleEndian(mask)];
      if (address === undefined || bits === undefined) return [];
      const prefix = Math.clz32(~bits);
      // A VPN may replace the default route with two routes that cover half of all addresses each.
      return prefix <= 1 ? [] : [{ address, prefix }];
    });
}

function routeTable(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}

function littleEndian(hex: string): number | undefined {
  return /^[0-9a-f]{8}$/i.test(hex) ? Buffer.from(hex, 'hex').readUInt32LE() : undefined;
}
