import { isIPv4 } from 'node:net';
import type { Config } from '../config/config.ts';
import { neededAddresses, pinnedAddress } from '../config/network-build.ts';
import { refuseLoopback } from '../config/upstream-proxy.ts';
import type { NetworkConfig, UpstreamProxy } from '../config/network.ts';
import { optionName } from '../config/options.ts';
import type { Engine } from '../docker/engine.ts';
import { hostSubnets } from '../docker/host-subnets.ts';
import { claimNetworks } from '../docker/networks.ts';
import type { RunMark } from '../docker/spec.ts';
import { OptionError } from '../errors.ts';
import { hostLookup } from '../host/resolvers.ts';
import { smallerMtu } from '../host/route-table.ts';
import type { Reporter } from '../reporter.ts';
import type { HostEntry } from '../shared/network.ts';

/** The networks of a run, and where the proxy of the host's network is. */
export interface RunNetwork {
  /** The subnets, in CIDR notation. */
  readonly internal: string;
  readonly outer: string;
  /** The name of the network that leads Squid out. */
  readonly outerName: string;
  /** The proxy's name with its address; undefined without a proxy, or if Squid has to look it up. */
  readonly upstreamHost: HostEntry | undefined;
}

/**
 * Finds the proxy of the host's network, and claims networks that hide nothing of what Squid needs.
 *
 * @throws OptionError for a proxy whose name has no address, or one that no container reaches
 */
export async function claimRunNetwork(
  engine: Engine,
  mark: RunMark,
  { frontEnd, network, addHosts }: Pick<Config, 'frontEnd' | 'network' | 'addHosts'>,
  reporter: Reporter,
  lookup = hostLookup,
): Promise<RunNetwork> {
  const { upstreamProxy, allowPrivate, subnet } = network;
  if (upstreamProxy !== undefined) reporter.info(upstreamNotice(upstreamProxy));
  const upstreamHost = await findUpstream(network, addHosts, optionName(frontEnd, 'dns-servers'), lookup);
  const hosts = upstreamHost === undefined ? addHosts : [...addHosts, upstreamHost];
  const option = optionName(frontEnd, 'subnet');
  const { internal, outer, outerName, hidden } = await claimNetworks(engine, mark, {
    taken: hostSubnets(neededAddresses(network, hosts)),
    ...{ avoided: allowPrivate, pool: subnet, mtu: smallerMtu(), option },
  });
  if (hidden.length > 0) {
    reporter.info(
      `The run's networks are ${internal} and ${outer}: every private network is routed here (${hidden.join(', ')}), and the ` +
        `command reaches nothing there. If something is there, name a network that nobody uses: ${option}.`,
    );
  }
  return { internal, outer, outerName, upstreamHost };
}

function upstreamNotice({ host, port, isSecure, user, origin }: UpstreamProxy): string {
  const login = user === undefined ? '' : ', with a credential that only Squid has';
  return (
    `${origin}: requests leave through the proxy ${host}:${port}${isSecure ? ' over TLS' : ''}${login}. It looks the names up, and it decides whether they ` +
    'may lead to private addresses.'
  );
}

/**
 * Squid's container does not read the host's `/etc/hosts`, and may have no DNS server at all. The entries of `add-hosts`
 * are in its own.
 */
async function findUpstream(
  { upstreamProxy, dnsServers }: NetworkConfig,
  addHosts: readonly HostEntry[],
  dnsOption: string,
  lookup: typeof hostLookup,
): Promise<HostEntry | undefined> {
  if (upstreamProxy === undefined || isIPv4(upstreamProxy.host)) return undefined;
  const { host: name, origin } = upstreamProxy;
  const pinned = pinnedAddress(addHosts, name);
  const address = pinned ?? (await lookup(name));
  if (address !== undefined) {
    refuseLoopback(address, (problem, hint) => {
      throw new OptionError(`${origin}: ${problem}: ${name} is ${address}.`, hint === undefined ? {} : { hint });
    });
    return pinned === undefined ? { name, address } : undefined;
  }
  if (dnsServers.length > 0) return undefined;
  throw new OptionError(`${origin}: ${name} has no IPv4 address on this host.`, {
    hint: `Write the proxy's address, name a DNS server that knows it (${dnsOption}), or write none to connect directly.`,
  });
}
