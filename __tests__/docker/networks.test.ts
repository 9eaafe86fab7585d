import { BlockList } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/docker/engine.ts';
import { hostSubnets, type HostSubnets } from '../../src/docker/host-subnets.ts';
import { claimNetworks } from '../../src/docker/networks.ts';
import { readRoutes } from '../../src/host/route-table.ts';
import type { NetworkSpec } from '../../src/docker/spec.ts';
import { UserError } from '../../src/errors.ts';

/** What the host itself can reach. */
interface Reached {
  readonly interfaces?: readonly string[];
  readonly routes?: readonly { readonly destination: string; readonly mask: string }[];
  /** Raw rows of the route table. */
  readonly rows?: readonly string[];
}

const NOTHING: HostSubnets = { own: [], routed: [] };
const MARK = { runId: '0123abcd', owner: 'boot/pid/time/1/2', isKept: true };

/** What {@link hostSubnets} reads on such a host. */
function reachedBy({ interfaces = [], routes = [], rows = [] }: Reached): HostSubnets {
  const ipv4 = (cidr: string | null) => ({ family: 'IPv4', cidr }) as NetworkInterfaceInfo;
  const named = {
    lo: [ipv4('127.0.0.1/8')],
    eth0: [{ family: 'IPv6', cidr: 'fe80::1/64' } as NetworkInterfaceInfo, ipv4(null), ...interfaces.map(ipv4)],
  };
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    ...routes.map(
      ({ destination, mask }) => `eth0\t${hex(destination)}\t00000000\t0001\t0\t0\t0\t${hex(mask)}\t0\t0\t0   `,
    ),
    ...rows,
    '',
  ];
  return hostSubnets([], named, readRoutes(table.join('\n')), []);
}

/** Formats an address as the kernel does: little-endian, see proc(5). */
function hex(address: string): string {
  return Buffer.from(address.split('.').map(Number).reverse()).toString('hex').toUpperCase();
}

/** An engine that rejects networks for which `refuses` is true, and records what it was asked for. */
function fakeEngine(refuses: (spec: NetworkSpec) => boolean | Promise<boolean> = () => false, bridge?: object) {
  const asked: NetworkSpec[] = [];
  const engine = {
    defaultBridge: async () => bridge,
    createNetwork: async (spec: NetworkSpec) => {
      asked.push(spec);
      return !(await refuses(spec));
    },
  } as Partial<Engine> as Engine;
  return { engine, asked, of: (internal: boolean) => asked.filter((spec) => spec.internal === internal) };
}

/** Whether the address is in one of the subnets. */
function contains(subnets: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [base = '', prefix] = subnet.split('/');
    list.addSubnet(base, Number(prefix));
  }
  return list.check(address);
}

describe('claimNetworks', () => {
  test('uses the default subnet if it is free', async () => {
    const { engine, asked, of } = fakeEngine();
    await expect(claimNetworks(engine, MARK, { taken: NOTHING })).resolves.toMatchObject({ internal: '172.30.0.0/24' });
    expect(asked).toHaveLength(2);
    expect(of(true)).toEqual([{ name: 'awf-internal-0123abcd', ...MARK, internal: true, subnet: '172.30.0.0/24' }]);
    expect(of(false)).toMatchObject([{ name: 'awf-outer-0123abcd', ...MARK }]);
  });

  test('uses another private /24 if the engine says that it is taken, and never asks twice', async () => {
    let left = 40;
    const { engine, of } = fakeEngine(({ internal }) => internal && left-- > 0);
    const { internal: subnet } = await claimNetworks(engine, MARK, { taken: NOTHING });
    const tried = of(true).map((spec) => spec.subnet);
    expect(tried).toHaveLength(41);
    expect(new Set(tried).size).toBe(41);
    expect(subnet).toBe(tried.at(-1));
    for (const one of tried) {
      expect(one).toMatch(/^\d+\.\d+\.\d+\.0\/24$/);
      expect(contains(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], one.replace('/24', ''))).toBe(true);
    }
  });

  test('the two networks never overlap', async () => {
    let left = 100;
    const { engine, of } = fakeEngine(() => left-- > 0);
    await claimNetworks(engine, MARK, { taken: NOTHING });
    const internal = of(true).map(({ subnet }) => subnet);
    expect(of(false).filter(({ subnet }) => internal.includes(subnet))).toEqual([]);
  });

  test.each([
    ['an interface in it', { interfaces: ['172.30.0.7/24'] }],
    ['an interface in a wider network', { interfaces: ['172.30.200.1/16'] }],
    ['a single address in it', { interfaces: ['172.30.0.255/32'] }],
    ['a route to it', { routes: [{ destination: '172.30.0.0', mask: '255.255.255.0' }] }],
    ['a route to a wider network', { routes: [{ destination: '172.16.0.0', mask: '255.240.0.0' }] }],
    ['a route to a part of it', { routes: [{ destination: '172.30.0.128', mask: '255.255.255.128' }] }],
  ])('skips the default subnet if the host has %s', async (_, reached) => {
    const { engine, of } = fakeEngine();
    await expect(claimNetworks(engine, MARK, { taken: reachedBy(reached) })).resolves.not.toMatchObject({
      internal: '172.30.0.0/24',
    });
    expect(of(true).map(({ subnet }) => subnet)).not.toContain('172.30.0.0/24');
  });

  test.each([
    ['a neighbouring interface', { interfaces: ['172.30.1.1/24', '172.29.0.1/16'] }],
    ['the default route', { routes: [{ destination: '0.0.0.0', mask: '0.0.0.0' }] }],
  ])('%s excludes nothing', async (_, reached) => {
    await expect(claimNetworks(fakeEngine().engine, MARK, { taken: reachedBy(reached) })).resolves.toMatchObject({
      internal: '172.30.0.0/24',
    });
  });

  test.each([
    ['an interface without an address', { interfaces: ['/24'] }],
    ['an interface with half an address', { interfaces: ['172.30/24'] }],
    ['an interface whose prefix is too long', { interfaces: ['172.30.0.1/33'] }],
    ['a route with a short destination', { rows: ['eth0\t1EAC\t00000000\t0001\t0\t0\t0\t0000FFFF'] }],
    ['a route with a mask that is no number', { rows: ['eth0\t00001EAC\t00000000\t0001\t0\t0\t0\tmask'] }],
    ['a route that is cut off', { rows: ['eth0\t00001EAC', 'eth0', '\t\t\t\t\t\t\t'] }],
  ])('ignores %s', async (_, odd) => {
    await expect(claimNetworks(fakeEngine().engine, MARK, { taken: reachedBy(odd) })).resolves.toMatchObject({
      internal: '172.30.0.0/24',
    });
  });

  test('skips the default subnet although the row before its route is malformed', async () => {
    const rows = ['eth0\t1EAC', 'eth0\t00001EAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0'];
    await expect(claimNetworks(fakeEngine().engine, MARK, { taken: reachedBy({ rows }) })).resolves.not.toMatchObject({
      internal: expect.stringMatching(/^172\.30\./) as string,
    });
  });

  test('skips every subnet that the host reaches', async () => {
    const interfaces = ['172.30.0.1/16', '10.214.0.1/16'];
    const { engine, asked } = fakeEngine();
    await claimNetworks(engine, MARK, { taken: reachedBy({ interfaces }) });
    const reached = asked.filter(({ subnet }) =>
      contains(['172.30.0.0/16', '10.214.0.0/16'], subnet.replace('/24', '')),
    );
    expect(reached).toEqual([]);
  });

  test('gives up with a remedy if nothing is free', async () => {
    const { engine, of } = fakeEngine(({ internal }) => internal);
    const error: unknown = await claimNetworks(engine, MARK, { taken: NOTHING }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: expect.stringContaining('awf-internal-0123abcd') as string,
      hint: expect.stringContaining('docker network prune') as string,
    });
    expect(of(true).length).toBeLessThanOrEqual(64);
  });

  test('fails only when both claims have ended, so that everything created can be removed', async () => {
    let outerMade = false;
    const { engine } = fakeEngine(async ({ internal }) => {
      if (internal) throw new Error('the engine is gone');
      await new Promise((resolve) => setTimeout(resolve, 20));
      outerMade = true;
      return false;
    });
    await expect(claimNetworks(engine, MARK, { taken: NOTHING })).rejects.toThrow('the engine is gone');
    expect(outerMade).toBe(true);
  });

  test('the networks get the MTU', async () => {
    const { engine, asked } = fakeEngine();
    await claimNetworks(engine, MARK, { taken: NOTHING, mtu: 1400 });
    expect(asked.map(({ mtu }) => mtu)).toEqual([1400, 1400]);
  });

  test('an address that Squid needs is never hidden', async () => {
    const taken = hostSubnets(['172.30.0.53', '10.214.7.7'], {}, [], ['172.30.1.53']);
    let left = 60;
    const { engine, asked } = fakeEngine(({ internal }) => internal && left-- > 0);
    await claimNetworks(engine, MARK, { taken });
    const subnets = asked.map(({ subnet }) => subnet);
    expect(subnets.filter((subnet) => contains([subnet], '172.30.0.53') || contains([subnet], '172.30.1.53'))).toEqual(
      [],
    );
    expect(subnets.filter((subnet) => contains([subnet], '10.214.7.7'))).toEqual([]);
  });

  test('a network that names may lead to is avoided', async () => {
    const { internal, outer, hidden } = await claimNetworks(fakeEngine().engine, MARK, {
      ...{ taken: NOTHING, avoided: ['172.30.0.0/16', '10.0.0.0/8'] },
    });
    expect(
      [internal, outer].filter((one) => contains(['172.30.0.0/16', '10.0.0.0/8'], one.replace('/24', ''))),
    ).toEqual([]);
    expect(hidden).toEqual([]);
  });

  describe('where routes cover all private networks', () => {
    const everything = [
      { destination: '10.0.0.0', mask: '255.0.0.0' },
      { destination: '172.16.0.0', mask: '255.240.0.0' },
      { destination: '192.168.0.0', mask: '255.255.0.0' },
    ];

    test('takes what only the widest of them leads to, and says so', async () => {
      const sites = [{ destination: '10.213.0.0', mask: '255.255.128.0' }];
      const taken = reachedBy({ routes: [...everything, ...sites], interfaces: ['10.214.0.9/24'] });
      for (let round = 0; round < 20; round += 1) {
        const { internal, outer, hidden } = await claimNetworks(fakeEngine().engine, MARK, { taken });
        expect(hidden).toEqual(['10.0.0.0/8']);
        expect(contains(['10.213.128.0/17'], internal.replace('/24', ''))).toBe(true);
        expect(contains(['10.214.0.0/24'], outer.replace('/24', ''))).toBe(false);
      }
    });

    test('takes what a wide route leads to before it takes a site', async () => {
      const sites = ['10.213.0.0', '10.214.0.0'].map((destination) => ({ destination, mask: '255.255.0.0' }));
      const taken = reachedBy({ routes: [...everything, ...sites] });
      const { internal, outer, hidden } = await claimNetworks(fakeEngine().engine, MARK, { taken });
      expect([internal, outer].filter((one) => !contains(['172.16.0.0/12'], one.replace('/24', '')))).toEqual([]);
      expect(hidden).toEqual(['172.16.0.0/12']);
    });
  });

  describe('in a range of the user’s', () => {
    test('both networks are there, and do not overlap', async () => {
      const made: string[] = [];
      const { engine, asked } = fakeEngine(({ subnet }) => made.includes(subnet) || made.push(subnet) === 0);
      const { internal, outer, hidden } = await claimNetworks(engine, MARK, {
        ...{ taken: reachedBy({ routes: [{ destination: '10.0.0.0', mask: '255.0.0.0' }] }), pool: '10.9.8.0/24' },
      });
      expect(internal).not.toBe(outer);
      expect(asked.every(({ subnet }) => contains(['10.9.8.0/24'], subnet.replace('/27', '')))).toBe(true);
      // The user knows what is there.
      expect(hidden).toEqual([]);
    });

    test('avoids what Squid needs there', async () => {
      const taken = hostSubnets(['10.9.8.1', '10.9.8.100'], {}, [], []);
      const { engine, asked } = fakeEngine(() => true);
      await claimNetworks(engine, MARK, { taken, pool: '10.9.8.0/24' }).catch(() => undefined);
      const subnets = asked.map(({ subnet }) => subnet);
      expect(subnets.toSorted()).toEqual([
        '10.9.8.128/27',
        '10.9.8.160/27',
        '10.9.8.192/27',
        '10.9.8.224/27',
        '10.9.8.32/27',
        '10.9.8.64/27',
      ]);
    });

    test('gives up with a remedy if it is full', async () => {
      const error: unknown = await claimNetworks(fakeEngine(() => true).engine, MARK, {
        ...{ taken: NOTHING, pool: '10.9.8.0/24', option: '--subnet' },
      }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({
        message: expect.stringContaining('in 10.9.8.0/24') as string,
        hint: expect.stringContaining('--subnet') as string,
      });
    });
  });
});

describe('the network that leads out', () => {
  const bridge = {
    ...{ Driver: 'bridge', EnableIPv6: false, IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] } },
    Options: { 'com.docker.network.bridge.name': 'docker0' },
  };

  test('is the engine’s default network, so that one has to be made and removed less', async () => {
    const { engine, asked } = fakeEngine(undefined, bridge);
    const { internal, ...rest } = await claimNetworks(engine, MARK, { taken: reachedBy({}) });
    expect(rest).toEqual({ outer: '172.17.0.0/16', outerName: 'bridge', hidden: [] });
    expect(asked).toMatchObject([{ subnet: internal, internal: true }]);
  });

  test.each([
    ['the user names a range', { pool: '10.9.8.0/24' }, bridge],
    ['the default network has a larger MTU than the way out', { mtu: 1_400 }, bridge],
    ['there is no default network', {}, undefined],
  ])('is the run’s own if %s', async (_, wishes, has) => {
    const { engine, asked } = fakeEngine(undefined, has);
    const { outerName } = await claimNetworks(engine, MARK, { taken: reachedBy({}), ...wishes });
    expect(outerName).toBe('awf-outer-0123abcd');
    expect(asked.map(({ name }) => name).toSorted()).toEqual(['awf-internal-0123abcd', 'awf-outer-0123abcd']);
  });
});

test('an engine that refuses every subnet gives an error that says what to do', async () => {
  const { engine } = fakeEngine(() => true);
  const claimed = claimNetworks({ ...engine, createNetwork: async () => false }, MARK, { taken: NOTHING });
  await expect(claimed).rejects.toThrow(/^No free subnet was found for the network awf-/);
});
