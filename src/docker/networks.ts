import { UserError } from '../errors.ts';
import { internalSubnets, networkNames, outerSubnets, subnetsOf } from '../shared/network.ts';
import { DEFAULT_BRIDGE, usableSubnet } from './default-bridge.ts';
import { settleAll } from './settle.ts';
import type { Engine } from './engine.ts';
import type { NetworkSpec, RunMark } from './spec.ts';
import { hostSubnets, obstacles, routeTo, touches, type HostSubnets } from './host-subnets.ts';

/** How many subnets a run asks the engine for before it gives up. */
const ATTEMPTS = 64;

/** What the networks depend on. */
export interface NetworkWishes {
  /** What the host reaches, and a run therefore should not have. */
  readonly taken?: HostSubnets;
  /** Private ranges that names may lead to, in CIDR notation. */
  readonly avoided?: readonly string[];
  /** The user's own range, in CIDR notation. Routes do not count then. */
  readonly pool?: string | undefined;
  /** Undefined for the engine's own choice. */
  readonly mtu?: number | undefined;
  /** The user's name for the option `subnet`. */
  readonly option?: string;
}

export interface ClaimedNetworks {
  /** The subnets, in CIDR notation. */
  readonly internal: string;
  readonly outer: string;
  /** The name of the network that leads out. */
  readonly outerName: string;
  /** Routes that lead to where the run's networks are now. */
  readonly hidden: readonly string[];
}

/**
 * Creates the networks of a run: an internal one, and one that leads Squid out, unless the engine's default network does
 * that. A network takes longer to make and to remove than everything else that the engine does for a run. Where the user
 * names a range, both networks are from it, and nobody else is on them. Creating a network is what claims its subnet: the engine refuses to create a
 * second one there, so runs that start together cannot share a subnet.
 *
 * @throws UserError when no subnet is free
 */
export async function claimNetworks(
  engine: Engine,
  mark: RunMark,
  { taken = hostSubnets(), avoided = [], pool, mtu, option = 'subnet' }: NetworkWishes = {},
): Promise<ClaimedNetworks> {
  const names = networkNames(mark.runId);
  const common = { ...mark, ...(mtu === undefined ? {} : { mtu }) };
  // Both networks take from one list of the user's range, so that neither asks for what the other has.
  const shared = pool === undefined ? undefined : candidatesOf(subnetsOf(pool), [taken.own]);
  const candidates = (subnets: () => Iterable<string>): Iterator<string> =>
    shared ?? candidatesIn(subnets, obstacles(taken, avoided));
  const claimed = async (network: Omit<NetworkSpec, 'subnet'>, subnets: () => Iterable<string>): Promise<string> => {
    const subnet = await claim(engine, network, candidates(subnets));
    if (subnet !== undefined) return subnet;
    throw nothingFree(network.name, option, pool);
  };
  const wayOut = async (): Promise<Pick<ClaimedNetworks, 'outer' | 'outerName'>> => {
    const bridge = pool === undefined ? await engine.defaultBridge() : undefined;
    const shared = bridge === undefined ? undefined : usableSubnet(bridge, mtu);
    if (shared !== undefined) return { outer: shared, outerName: DEFAULT_BRIDGE };
    const outer = await claimed({ ...common, name: names.outer, internal: false }, outerSubnets);
    return { outer, outerName: names.outer };
  };
  const [internal, { outer, outerName }] = await settleAll([
    claimed({ ...common, name: names.internal, internal: true }, internalSubnets),
    wayOut(),
  ]);
  const made = outerName === names.outer ? [internal, outer] : [internal];
  const hidden = pool === undefined ? made.flatMap((subnet) => routeTo(subnet, taken) ?? []) : [];
  return { internal, outer, outerName, hidden: [...new Set(hidden)] };
}

function* candidatesIn(subnets: () => Iterable<string>, passes: Iterable<HostSubnets['own']>): Generator<string> {
  const asked = new Set<string>();
  for (const obstacle of passes) {
    for (const subnet of subnets()) {
      if (asked.has(subnet) || touches(subnet, obstacle)) continue;
      asked.add(subnet);
      yield subnet;
    }
  }
}

const candidatesOf = (subnets: Iterable<string>, passes: Iterable<HostSubnets['own']>): Generator<string> =>
  candidatesIn(() => subnets, passes);

async function claim(
  engine: Engine,
  network: Omit<NetworkSpec, 'subnet'>,
  candidates: Iterator<string>,
): Promise<string | undefined> {
  for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
    const next = candidates.next();
    if (next.done === true) return undefined;
    if (await engine.createNetwork({ ...network, subnet: next.value })) return next.value;
  }
  return undefined;
}

function nothingFree(name: string, option: string, pool: string | undefined): UserError {
  return new UserError(`No free subnet was found for the network ${name}${pool === undefined ? '' : ` in ${pool}`}.`, {
    hint:
      'Remove networks that are no longer used: docker network prune. ' +
      (pool === undefined
        ? `Or name a private network that is free: ${option}.`
        : `Or name a wider range as ${option}.`),
  });
}
