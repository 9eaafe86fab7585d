import { BlockList, isIPv4 } from 'node:net';
import { words } from '../shared/words.ts';

/**
 * Destinations that no allowed name may lead to: private, loopback, link-local, shared, metadata, multicast, translated
 * and reserved ranges (IANA special-purpose registries, RFC 6890). The IPv4 ranges for documentation are left out: there
 * is nothing to protect. So is ::ffff:0:0/96: Squid takes an IPv4-mapped address for the IPv4 address in it, and this
 * range for all of IPv4.
 */
const PRIVATE_RANGES = words(`
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/3
  ::/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 2002::/16
  3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
`);

/**
 * The ranges that no allowed name may lead to on this host.
 *
 * @param hostAddresses the host's own addresses: a public one leads to services that only the host's firewall keeps from
 *   the Internet
 */
export function privateRanges(hostAddresses: readonly string[]): string[] {
  const covered = new BlockList();
  for (const range of PRIVATE_RANGES) {
    const [base = '', prefix] = range.split('/');
    covered.addSubnet(base, Number(prefix), familyOf(base));
  }
  // Squid warns about an address that is in a range of the same list.
  const own = hostAddresses.filter((address) => !covered.check(address, familyOf(address)));
  return [...PRIVATE_RANGES, ...new Set(own.map((address) => `${address}/${isIPv4(address) ? 32 : 128}`))];
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
