import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { UserError } from '../errors.ts';
import { internalSubnets, networkNames, outerSubnets } from '../shared/network.ts';
import { settleAll } from './settle.ts';
import type { Engine } from './engine.ts';

/** How many subnets a run tries before it gives up. */
const ATTEMPTS = 64;

/**
 * Creates the two networks of a run. A subnet is claimed by creating its network: the engine refuses the second claim,
 * so runs that start together cannot share one.
 *
 * @returns the internal subnet that the run got
 * @throws UserError when no subnet is free
 */
export async function claimNetworks(engine: Engine, runId: string): Promise<string> {
  const taken = hostSubnets();
  const names = networkNames(runId);
  const [internal] = await settleAll([
    claim(engine, { name: names.internal, runId, internal: true }, internalSubnets(), taken),
    claim(engine, { name: names.outer, runId, internal: false }, outerSubnets(), taken),
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
    if (taken.some((other) => overlap(other, parseSubnet(subnet)))) continue;
    if (await engine.createNetwork({ ...network, subnet })) return subnet;
    attempts += 1;
    if (attempts === ATTEMPTS) break;
  }
  throw new UserError(`No free subnet was found for the network ${network.name}.`, {
    hint: 'Remove networks that are no longer used: docker network prune.',
  });
}

interface Subnet {
  readonly base: number;
  readonly prefix: number;
}

/**
 * What the host itself reaches: its interfaces and routes, the default route apart. The engine checks its own networks
 * only, and a run inside the host's network would hide a part of it from Squid.
 */
function hostSubnets(): Subnet[] {
  const interfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? [parseSubnet(cidr)] : []));
  return [...interfaces, ...hostRoutes()];
}

/** `/proc/net/route`: destination and mask as little-endian hexadecimal, see proc(5). */
function hostRoutes(): Subnet[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/route', 'utf8');
  } catch {
    return [];
  }
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([, destination, , , , , , mask]) => {
      if (destination === undefined || mask === undefined || /^0*$/.test(mask)) return [];
      const prefix = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
      // A VPN may split the default route into two halves.
      return prefix <= 1 ? [] : [{ base: littleEndian(destination), prefix }];
    });
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE();
}

function parseSubnet(cidr: string): Subnet {
  const [address = '', prefix = '32'] = cidr.split('/');
  return { base: Buffer.from(address.split('.').map(Number)).readUInt32BE(), prefix: Number(prefix) };
}

function overlap(a: Subnet, b: Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}
