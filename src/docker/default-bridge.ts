import { parseCidr } from '../shared/cidr.ts';

/** The engine's default network. An engine without it (`--bridge=none`) has no network of that name. */
export const DEFAULT_BRIDGE = 'bridge';

/** The device that the engine makes for itself. Another one is the administrator's, and may be a network of the company. */
const OWN_DEVICE = 'docker0';
const ETHERNET_MTU = 1_500;

/** What is read of the engine's description of a network. */
interface InspectedNetwork {
  readonly Driver?: string;
  readonly Internal?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null } | null;
  readonly Options?: Readonly<Record<string, string>> | null;
}

/**
 * The subnet of the default network if it can lead Squid out as well as a network of the run's own would: an ordinary one
 * with masquerading, without IPv6, on the engine's own device, whose packets fit to where the host's go.
 *
 * @param bridge the engine's description of it
 * @param mtu octets that the host's way out takes in one piece, if it is less than Ethernet's
 * @returns CIDR; undefined if a run should make a network of its own
 */
export function usableSubnet(bridge: unknown, mtu: number | undefined): string | undefined {
  const { Driver, Internal, EnableIPv6, IPAM, Options } = bridge as InspectedNetwork;
  const option = (name: string): string | undefined => Options?.[`com.docker.network.${name}`];
  const [subnet, ...others] = (IPAM?.Config ?? []).map(({ Subnet = '' }) => Subnet);
  const isOrdinary =
    Driver === 'bridge' &&
    Internal !== true &&
    EnableIPv6 !== true &&
    option('bridge.name') === OWN_DEVICE &&
    option('bridge.enable_ip_masquerade') !== 'false' &&
    Number(option('driver.mtu') ?? ETHERNET_MTU) <= (mtu ?? ETHERNET_MTU);
  return isOrdinary && others.length === 0 && parseCidr(subnet ?? '')?.family === 4 ? subnet : undefined;
}
