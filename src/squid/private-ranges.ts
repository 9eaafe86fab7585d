import { isIPv4 } from 'node:net';
import { cidr, cidrText, contains, without, type Cidr } from '../shared/cidr.ts';
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

/** Addresses in private ranges at which clouds answer with the credentials of the machine. */
const METADATA = words('100.100.100.200/32 fd00:ec2::254/128 fd20:ce::254/128');

export interface Reach {
  /** The host's own addresses: a public one leads to services that only the host's firewall keeps from the Internet. */
  readonly hostAddresses: readonly string[];
  /** Private networks that are permitted all the same, in CIDR notation. */
  readonly permittedNetworks?: readonly string[];
  /** The run's own subnets. */
  readonly ownSubnets?: readonly string[];
}

/**
 * The ranges that no allowed name may lead to on this host. Permitted networks are cut out of them. They are no exception to
 * a rule, because such a rule would match a name that has one permitted address and one that is not.
 */
export function privateRanges({ hostAddresses, permittedNetworks = [], ownSubnets = [] }: Reach): string[] {
  const own = [...new Set(hostAddresses)];
  if (permittedNetworks.length === 0) return [...PRIVATE_RANGES, ...uncovered(own, PRIVATE_RANGES.map(cidr))];
  const closed = [...own, ...ownSubnets, ...METADATA].map(cidr);
  const permitted = without(permittedNetworks.map(cidr), closed);
  const left = PRIVATE_RANGES.flatMap((range) => {
    const parts = without([cidr(range)], permitted);
    // An untouched range keeps its usual notation.
    return parts.length === 1 && parts[0]?.prefix === cidr(range).prefix ? [range] : parts.map(cidrText);
  });
  return [...left, ...uncovered(own, left.map(cidr))];
}

/** Squid warns about an address that is in a range of the same list. */
function uncovered(addresses: readonly string[], ranges: readonly Cidr[]): string[] {
  return addresses
    .filter((address) => !ranges.some((range) => contains(range, cidr(address))))
    .map((address) => `${address}/${isIPv4(address) ? 32 : 128}`);
}
