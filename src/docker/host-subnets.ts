import { networkInterfaces } from 'node:os';
import { readRoutes, type Route } from '../host/route-table.ts';
import { nameservers } from '../host/resolvers.ts';
import { cidr, cidrText, overlaps, parseCidr, type Cidr } from '../shared/cidr.ts';

/** What the host reaches, and a run would hide from Squid if it took it. The engine only checks its own networks. */
export interface HostSubnets {
  /** The networks that the host is in, and addresses that a run needs: never taken. */
  readonly own: readonly Cidr[];
  /** Where routes lead, apart from the default route: taken only if there is nothing else. */
  readonly routed: readonly Cidr[];
}

/**
 * @param needed IPv4 addresses that Squid must reach
 * @param interfaces as Node.js lists them
 * @param servers the host's DNS servers
 */
export function hostSubnets(
  needed: readonly string[] = [],
  interfaces = networkInterfaces(),
  routes: readonly Route[] = readRoutes(),
  servers = nameservers(),
): HostSubnets {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ family, cidr: text }) => (family === 'IPv4' && text !== null ? (networkOf(text) ?? []) : []));
  return {
    own: [...own, ...[...needed, ...servers].flatMap((address) => parseCidr(address) ?? [])],
    // A VPN may replace the default route with two routes that cover half of all addresses each.
    routed: routes.filter(({ prefix }) => prefix > 1).flatMap(({ destination }) => parseCidr(destination) ?? []),
  };
}

/** The network of an interface, whose address need not be the first. */
function networkOf(text: string): Cidr | undefined {
  const [address = '', length = ''] = text.split('/');
  const host = parseCidr(address);
  const prefix = Number(length);
  if (host?.family !== 4 || !/^\d{1,2}$/.test(length) || prefix > 32) return undefined;
  return { family: 4, base: (host.base >> BigInt(32 - prefix)) << BigInt(32 - prefix), prefix };
}

/** Routes to a whole company, from the widest to those of a site. What a route of more bits leads to surely exists. */
const WIDE = [0, 8, 12, 16] as const;

/**
 * What a subnet must not touch, from the strictest answer to the most lenient: a company may route all private networks,
 * most of which nobody uses.
 *
 * @param avoided ranges that names may lead to, and that are therefore avoided like routes
 */
export function* obstacles({ own, routed }: HostSubnets, avoided: readonly string[]): Generator<readonly Cidr[]> {
  const ranges = [...routed, ...avoided.map(cidr)];
  let last = -1;
  for (const width of WIDE) {
    const left = ranges.filter(({ prefix }) => prefix > width);
    if (left.length !== last) yield [...own, ...left];
    last = left.length;
  }
}

/** Whether the subnet has an address in common with one of the ranges. */
export function touches(subnet: string, ranges: readonly Cidr[]): boolean {
  const range = cidr(subnet);
  return ranges.some((other) => overlaps(other, range));
}

/** @returns the routed range around the subnet, for use in messages */
export function routeTo(subnet: string, { routed }: HostSubnets): string | undefined {
  const around = routed.find((other) => overlaps(other, cidr(subnet)));
  return around && cidrText(around);
}
