import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** The host's own addresses, of both families. */
export function hostAddresses(interfaces = networkInterfaces()): string[] {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address.replace(/%.*$/, ''));
}

/** True if the kernel has IPv6, whether an interface uses it or not. */
export function hasIpv6(): boolean {
  return existsSync('/proc/sys/net/ipv6');
}
