import { cidr, cidrText, parseCidr, sizeOf } from './cidr.ts';

/**
 * The addresses, ports and names of a run. Everything that needs one of them derives it from here: the topology, Squid's
 * rules, the agent's environment and the sidecar's listeners.
 */

/** Port on which Squid accepts the agent's and the sidecar's requests. */
export const SQUID_PORT = 3128;

/**
 * Where the api-proxy answers for named hosts. Squid hands the agent's tunnels to `connect`. `direct` is for programs that
 * ask no proxy: the names lead to the api-proxy, and the port is that of HTTPS.
 */
export const HOST_PORTS = { connect: 10443, direct: 443 } as const;

/**
 * Where the api-proxy serves programs that ask no proxy. Its resolver leads them there, and at the port of SSH it says why
 * they get no further.
 */
export const TRANSPARENT_PORTS = { dns: 53, http: 80, ssh: 22, tls: HOST_PORTS.direct } as const;

/**
 * The port at which Squid accepts what the api-proxy carries for these programs. Squid tells by the port that a request is
 * the agent's.
 */
export const FORWARD_PORT = SQUID_PORT + 2;

/** What the api-proxy carries for these programs at a time. It must not take what its own requests need of Squid. */
export const FORWARDED_CONNECTIONS = { tls: 256, http: 128 } as const;

/** The subnet of a run, unless it is taken. */
export const DEFAULT_SUBNET = '172.30.0.0/24';

/** The three roles of a run. */
export type Role = 'squid' | 'api-proxy' | 'agent';

export const ROLES: readonly Role[] = ['squid', 'api-proxy', 'agent'];

const LAST_OCTET: Record<Role | 'gateway', number> = { gateway: 1, squid: 10, agent: 20, 'api-proxy': 30 };

/** The fixed addresses within one run's subnet, without prefix length. */
export type Addresses = Record<Role | 'gateway', string>;

/** The longest prefix with room for {@link LAST_OCTET}. */
const SMALLEST_SUBNET = 27;

/**
 * The addresses of a run in `subnet`.
 *
 * @param subnet an IPv4 network from /24 to /27 in CIDR notation, for example `172.30.0.0/24`
 * @throws Error for anything else
 */
export function addressesIn(subnet: string): Addresses {
  const range = parseCidr(subnet);
  if (range?.family !== 4 || range.prefix < 24 || range.prefix > SMALLEST_SUBNET) {
    throw new Error(`not an IPv4 network from /24 to /${SMALLEST_SUBNET}: ${subnet}`);
  }
  const at = (offset: number): string =>
    cidrText({ family: 4, base: range.base + BigInt(offset), prefix: 32 }).replace('/32', '');
  return {
    gateway: at(LAST_OCTET.gateway),
    squid: at(LAST_OCTET.squid),
    agent: at(LAST_OCTET.agent),
    'api-proxy': at(LAST_OCTET['api-proxy']),
  };
}

/** Squid's address as the proxy variables carry it. */
export function squidUrl(addresses: Addresses): string {
  return `http://${addresses.squid}:${String(SQUID_PORT)}`;
}

/** Squid's address for what the api-proxy carries for programs that ask no proxy. */
export function forwardUrl(addresses: Addresses): string {
  return `http://${addresses.squid}:${String(FORWARD_PORT)}`;
}

/**
 * Where the agent reaches a provider.
 *
 * @param port the provider's
 * @returns a URL without a path
 */
export function apiProxyUrl(addresses: Addresses, port: number): string {
  return `http://${addresses['api-proxy']}:${String(port)}`;
}

/** The subnets that a run may take for its internal network, in the order in which it tries them. */
export function* internalSubnets(): Generator<string> {
  yield DEFAULT_SUBNET;
  yield* shuffled(254).map((third) => `172.30.${String(third + 1)}.0/24`);
  yield* shuffled(255).map((third) => `10.213.${String(third)}.0/24`);
  yield* shuffled(128).map((third) => `192.168.${String(third)}.0/24`);
}

/**
 * The subnets that a run may take for Squid's outer network. Chosen here and not by the engine, whose own pools are so
 * large that they are used up after some thirty networks.
 */
export function* outerSubnets(): Generator<string> {
  yield* shuffled(255).map((third) => `10.214.${String(third)}.0/24`);
  yield* shuffled(255).map((third) => `172.29.${String(third)}.0/24`);
  yield* shuffled(127).map((third) => `192.168.${String(third + 128)}.0/24`);
}

/** How many subnets of a wide range are tried. */
const SAMPLE = 4_096;

/** The subnets that a run may take for either network from a range of the user's. */
export function* subnetsOf(pool: string): Generator<string> {
  const { family, base, prefix } = cidr(pool);
  const size = sizeOf({ family, prefix: SMALLEST_SUBNET });
  const count = Number(sizeOf({ family, prefix }) / size);
  const indexes =
    count <= SAMPLE ? shuffled(count) : shuffled(SAMPLE).map((i) => Math.floor(((i + Math.random()) * count) / SAMPLE));
  yield* indexes.map((index) => cidrText({ family, base: base + BigInt(index) * size, prefix: SMALLEST_SUBNET }));
}

/** 0 to `count` - 1 in random order, so that runs which start together rarely ask for the same. */
function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, index) => ({ index, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ index }) => index);
}

/** The name that the agent's container has inside. Test servers print it, and browsers are told to open it. */
export const AGENT_HOSTNAME = 'awf-agent';

/**
 * Hosts that the command reaches without Squid: itself, under the names that servers print, and the api-proxy.
 *
 * @param services names of services, which are at loopback
 */
export function directHosts(addresses: Addresses, services: readonly string[] = []): string[] {
  return ['localhost', '127.0.0.1', addresses['api-proxy'], addresses.agent, AGENT_HOSTNAME, '0.0.0.0', ...services];
}

/** Names of the engine's objects of one run. */
export interface Names {
  readonly container: Record<Role, string>;
  /** A container that is never started: it only lends the agent image's files to a foreign image. */
  readonly library: string;
}

/**
 * The well-known names for the run that holds the default subnet, unless somebody has one of them; with the run's id behind
 * them for every other.
 *
 * @param taken names that the engine's containers have
 */
export function namesFor(runId: string, subnet: string, taken: readonly string[] = []): Names {
  const wellKnown = namesWith('');
  const isFree = ![...Object.values(wellKnown.container), wellKnown.library].some((name) => taken.includes(name));
  return subnet === DEFAULT_SUBNET && isFree ? wellKnown : namesWith(`-${runId}`);
}

function namesWith(tail: string): Names {
  return {
    container: { squid: `awf-squid${tail}`, 'api-proxy': `awf-api-proxy${tail}`, agent: `awf-agent${tail}` },
    library: `awf-library${tail}`,
  };
}

/** @returns the role of a container that {@link namesFor} named, undefined for every other */
export function roleOf(container: string): Role | undefined {
  return ROLES.find((role) => container === `awf-${role}` || container.startsWith(`awf-${role}-`));
}

/** Networks are known by the run's id: they are claimed before it is certain which subnet the run gets. */
export function networkNames(runId: string): { internal: string; outer: string } {
  return { internal: `awf-internal-${runId}`, outer: `awf-outer-${runId}` };
}

export interface HostEntry {
  readonly name: string;
  readonly address: string;
}
