import { UserError } from '../errors.ts';
import { internalSubnets, networkNames, outerSubnets } from '../shared/network.ts';
import { settleAll } from './settle.ts';
import type { Engine } from './engine.ts';
import type { RunMark } from './spec.ts';
import { hostSubnets, overlap, parseSubnet, type Subnet } from './host-subnets.ts';

/** How many subnets a run asks the engine for before it gives up. */
const ATTEMPTS = 64;

/**
 * Creates the two networks of a run. Creating a network is what claims its subnet: the engine refuses to create a
 * second one there, so runs that start together cannot share a subnet.
 *
 * @param taken what the host reaches, and a run therefore cannot have
 * @returns the subnet of the internal network
 * @throws UserError when no subnet is free
 */
export async function claimNetworks(engine: Engine, mark: RunMark, taken = hostSubnets()): Promise<string> {
  const names = networkNames(mark.runId);
  const [internal] = await settleAll([
    claim(engine, { ...mark, name: names.internal, internal: true }, internalSubnets(), taken),
    claim(engine, { ...mark, name: names.outer, internal: false }, outerSubnets(), taken),
  ]);
  return internal;
}

async function claim(
  engine: Engine,
  network: { name: string; runId: string; internal: boolean },
  subnets: Iterable<string>,
  taken: readonly Subnet[],
): Promise<string> {
  let attempts = 0;
  for (const subnet of subnets) {
    if (isTaken(subnet, taken)) continue;
    if (await engine.createNetwork({ ...network, subnet })) return subnet;
    attempts += 1;
    if (attempts === ATTEMPTS) break;
  }
  throw new UserError(`No free subnet was found for the network ${network.name}.`, {
    hint: 'Remove networks that are no longer used: docker network prune.',
  });
}

function isTaken(cidr: string, taken: readonly Subnet[]): boolean {
  const subnet = parseSubnet(cidr);
  return subnet !== undefined && taken.some((other) => overlap(other, subnet));
}
