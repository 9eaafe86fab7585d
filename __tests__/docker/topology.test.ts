import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAgentHost } from '../../src/agent/host.ts';
import { atOnce } from '../../src/host/slices.ts';
import { planAgent } from '../../src/agent/plan.ts';
import type { Config } from '../../src/config/config.ts';
import { containerBody, networkBody, type ContainerSpec } from '../../src/docker/spec.ts';
import { topology, type Claimed, type Topology } from '../../src/docker/topology.ts';
import { LOG_LIMIT_BYTES } from '../../src/shared/log-limit.ts';
import { addressesIn, namesFor } from '../../src/shared/network.ts';
import { NAMED_READINESS_NAME, READINESS_NAME } from '../../src/squid/config.ts';
import { ADDRESSES, aConfig, aHost, ENGINE, SENTINELS, temporaryDirectory, USER } from '../../testing/builders.ts';

const RUN_ID = '0123abcd';
const OWNER = 'boot/pid/time/1/2';

const CLAIMED: Claimed = {
  mark: { runId: RUN_ID, owner: OWNER, isKept: true },
  names: namesFor(RUN_ID, '172.30.0.0/24'),
  addresses: ADDRESSES,
  images: { squid: 'awf-squid:1', 'api-proxy': 'awf-api-proxy:1', agent: 'awf-agent:1' },
  logs: { squid: '/logs/squid', apiProxy: '/logs/api-proxy' },
  sidecarUser: { uid: 65532, gid: 65533 },
  agentUser: USER,
  agentMounts: [],
  emptyDirectories: [],
  guards: [],
  engine: ENGINE,
  hasIpv6: true,
  outerName: 'bridge',
};

function containers(found: Topology): ContainerSpec[] {
  return [found.squid, found.apiProxy, found.agent, found.library].filter((spec) => spec !== undefined);
}

const host = topology(aConfig({ secrets: SENTINELS }), CLAIMED);
const foreign = topology(aConfig({ secrets: SENTINELS, agentImage: 'debian:13' }), CLAIMED);
const ALL = [...containers(host), foreign.agent, foreign.library!].map((spec): [string, ContainerSpec] => [
  `${spec.name} of ${spec.image}`,
  spec,
]);

describe.each(ALL)('%s', (_, spec) => {
  const { HostConfig: host, ...body } = containerBody(spec);

  test('has no capabilities, cannot gain privileges, and can write only to what is listed', () => {
    expect(host).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', expect.stringMatching(/^seccomp=\{"defaultAction":"SCMP_ACT_ERRNO"/)],
      ReadonlyRootfs: true,
      IpcMode: 'private',
    });
    expect(host.Ulimits).toContainEqual({ Name: 'core', Soft: 0, Hard: 0 });
  });

  test('undoes none of it', () => {
    const dangerous =
      'Privileged CapAdd Devices DeviceRequests DeviceCgroupRules PidMode UTSMode CgroupnsMode GroupAdd PortBindings Binds';
    const allowed = Object.keys(host).filter((name) => dangerous.split(' ').includes(name));
    expect(allowed).toEqual([]);
    expect(host).not.toHaveProperty('UsernsMode');
    expect(host.NetworkMode).not.toBe('host');
  });

  test('has limits for memory and processes', () => {
    expect(host.Memory).toBeGreaterThan(0);
    expect(host.MemorySwap).toBe(host.Memory);
    expect(host.PidsLimit).toBeGreaterThan(0);
  });

  test('does not run as root', () => {
    expect(body.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('carries the run’s label, and leaves no copy of its output on the engine', () => {
    expect(body.Labels).toEqual({ 'awf.run': RUN_ID, 'awf.owner': OWNER, 'awf.kept': 'true' });
    expect(host).toMatchObject({ LogConfig: { Type: 'none' }, RestartPolicy: { Name: 'no' } });
  });

  test('every tmpfs has a size, and allows no devices or set-uid programs', () => {
    for (const options of Object.values(host.Tmpfs))
      expect(options).toMatch(/^rw,nosuid,nodev,(no)?exec,mode=\d+,size=[1-9]\d*[mg]?(,|$)/);
  });

  test('does not see the engine', () => {
    const mounts = host.Mounts.map((mount) => JSON.stringify(mount));
    expect(mounts.filter((mount) => /docker|containerd|podman|\.sock/.test(mount))).toEqual([]);
  });
});

describe('names, addresses and limits', () => {
  test.each([
    ['squid', host.squid, 'awf-squid', '172.30.0.10', '3686m', 100],
    ['api-proxy', host.apiProxy!, 'awf-api-proxy', '172.30.0.30', '2048m', 100],
    ['agent', host.agent, 'awf-agent', '172.30.0.20', '6g', 4096],
  ])('%s', (_, spec, name, address, memory, pids) => {
    expect(spec).toMatchObject({ name, address, network: `awf-internal-${RUN_ID}`, limits: { memory, pids } });
  });

  test('in another subnet: the same last octets, and names with the run’s id', () => {
    const subnet = '10.213.7.0/24';
    const found = topology(aConfig(), { ...CLAIMED, addresses: addressesIn(subnet), names: namesFor(RUN_ID, subnet) });
    expect(containers(found).map(({ name, address }) => [name, address])).toEqual([
      [`awf-squid-${RUN_ID}`, '10.213.7.10'],
      [`awf-api-proxy-${RUN_ID}`, '10.213.7.30'],
      [`awf-agent-${RUN_ID}`, '10.213.7.20'],
    ]);
    expect(JSON.stringify(found)).not.toContain('172.30.');
  });

  test('the user’s limits apply only to the agent', () => {
    const found = topology(aConfig({ memory: '1g', pids: 7 }), CLAIMED);
    expect(containers(found).map(({ limits: { memory, pids } }) => ({ memory, pids }))).toEqual([
      { memory: '3686m', pids: 100 },
      { memory: '2048m', pids: 100 },
      { memory: '1g', pids: 7 },
    ]);
  });

  test('D2 the kernel keeps little for the connections of the api-proxy, which are all on this machine', () => {
    for (const name of ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']) {
      expect(host.apiProxy!.sysctls?.[name]?.split(' ').at(-1)).toBe('131072');
    }
  });

  test('D8 Squid has memory for as much as the kernel may keep for all connections of the machine', () => {
    const of = (gib: number): string | undefined =>
      topology(aConfig(), { ...CLAIMED, engine: { ...ENGINE, memoryBytes: gib * 1024 ** 3 } }).squid.limits.memory;
    expect([of(4), of(256)]).toEqual(['2457m', '28262m']);
  });

  test('D9 the sidecars have the same number of open files on every engine', () => {
    for (const { limits } of [host.squid, host.apiProxy!]) expect(limits.openFiles).toBe(16_384);
  });

  test('L2 a sidecar cannot write a file that is much larger than a log may be', () => {
    for (const { limits } of [host.squid, host.apiProxy!]) expect(limits.fileBytes).toBe(1.25 * LOG_LIMIT_BYTES);
  });

  test('D10 a machine that runs out of memory kills the agent first', () => {
    expect(containers(host).map(({ limits }) => limits.oomScoreAdjustment)).toEqual([undefined, undefined, 1_000]);
  });
});

describe('the agent’s in-memory file systems', () => {
  /** Sizes in bytes, by mount point. */
  const sizes = (memory: string): Record<string, number> => {
    const { agent } = topology(aConfig({ memory }), CLAIMED);
    return Object.fromEntries(
      agent.tmpfs.filter(({ target }) => target !== '/run').map(({ target, size }) => [target, Number(size)]),
    );
  };

  test('fill up before the memory does: a quarter of it stays free', () => {
    expect(Object.values(sizes('6g')).reduce((sum, size) => sum + size, 0)).toBe(4.5 * 1024 ** 3);
    expect(sizes('6g')).toMatchObject({ '/tmp': 2 * 1024 ** 3, '/var/tmp': 512 * 1024 ** 2 });
  });

  test('can contain at most as many files as pages', () => {
    const { agent } = topology(aConfig({ memory: '6g' }), CLAIMED);
    expect(agent.tmpfs.find(({ target }) => target === '/tmp')?.inodes).toBe(512 * 1024);
    const small = topology(aConfig({ memory: '6m' }), CLAIMED).agent;
    expect(small.tmpfs.find(({ target }) => target === '/var/tmp')?.inodes).toBe(1024);
  });

  test.each([
    ['600', 600],
    ['600b', 600],
    ['3k', 3 * 1024],
    ['9m', 9 * 1024 ** 2],
    ['12g', 12 * 1024 ** 3],
  ])('a third of %s for /tmp', (memory, bytes) => {
    expect(sizes(memory)['/tmp']).toBe(bytes / 3);
  });
});

describe('the agent’s memory', () => {
  const memoryOn = (gib: number, memory?: string): string =>
    topology(aConfig({ memory }), { ...CLAIMED, engine: { ...ENGINE, memoryBytes: gib * 1024 ** 3 } }).agent.limits
      .memory;

  test.each([
    [16, '6g'],
    [8, '6g'],
    [7, '5376m'],
    [4, '3072m'],
    [1, '768m'],
  ])('D10 by default is at most 6g, and at most 75 %% of a machine with %i GiB: %s', (gib, expected) => {
    expect(memoryOn(gib)).toBe(expected);
  });

  test('is what the user says otherwise', () => {
    expect(memoryOn(4, '8g')).toBe('8g');
  });
});

test('X21 no container has IPv6, unless the kernel has none to switch off', () => {
  const off = 'net.ipv6.conf.all.disable_ipv6';
  for (const spec of [host.squid, host.apiProxy!, host.agent, foreign.agent]) expect(spec.sysctls?.[off]).toBe('1');
  const without = topology(aConfig(), { ...CLAIMED, hasIpv6: false });
  for (const spec of containers(without)) expect(spec.sysctls?.[off]).toBeUndefined();
});

test('an engine that maps users runs the containers with the host’s', () => {
  const mapped = topology(aConfig({ agentImage: 'debian:13' }), { ...CLAIMED, engine: { ...ENGINE, mapsUsers: true } });
  expect(containers(mapped).map(({ userNamespace }) => userNamespace)).toEqual(['host', 'host', 'host', 'host']);
  expect(ALL.map(([, { userNamespace }]) => userNamespace)).toEqual(ALL.map(() => undefined));
});

describe('squid', () => {
  test('has no proxy and forwards no packets', () => {
    expect(Object.keys(host.squid.environment).filter((name) => /proxy/i.test(name))).toEqual([]);
    expect(host.squid.sysctls).toMatchObject({ 'net.ipv4.ip_forward': '0' });
  });

  test('joins the network that leads out, where nobody can pass for the agent', () => {
    expect(host.squid.wayOut).toBe('bridge');
    expect(host.squid.sysctls).toMatchObject({ 'net.ipv4.conf.all.rp_filter': '1' });
  });

  test('knows the added hosts and the name for the start-up check, and nobody else does', () => {
    const addHosts = [{ name: 'gateway.example', address: '10.1.2.3' }];
    const found = topology(aConfig({ addHosts }), CLAIMED);
    expect(containers(found).map(({ hosts }) => hosts)).toEqual([
      [...addHosts, ...[READINESS_NAME, NAMED_READINESS_NAME].map((name) => ({ name, address: '127.0.0.1' }))],
      undefined,
      [],
    ]);
  });

  test('writes only its log to the host', () => {
    expect(host.squid.mounts).toEqual([
      { kind: 'bind', source: '/logs/squid', target: '/var/log/squid', writable: true },
    ]);
  });
});

describe('api-proxy', () => {
  test('always goes through Squid, and resolves no names', () => {
    expect(host.apiProxy).toMatchObject({
      environment: { HTTP_PROXY: 'http://172.30.0.10:3128', HTTPS_PROXY: 'http://172.30.0.10:3128' },
      dns: ['127.0.0.1'],
    });
  });

  test('writes its log to the host, and nothing anywhere else', () => {
    expect(host.apiProxy).toMatchObject({
      mounts: [{ kind: 'bind', source: '/logs/api-proxy', target: '/var/log/api-proxy', writable: true }],
      tmpfs: [],
    });
  });

  test('does not exist unless it is enabled', () => {
    expect(topology(aConfig({ apiProxy: false }), CLAIMED).apiProxy).toBeUndefined();
  });
});

describe('agent', () => {
  const writable = ({ mounts }: ContainerSpec): string[] =>
    mounts.flatMap((mount) => (mount.kind === 'bind' && mount.writable ? [mount.target] : []));

  test.each([
    ['the host’s toolchain', host.agent],
    ['an image', foreign.agent],
  ])('with %s writes in the workspace, in /tmp and in a private home', (_, agent) => {
    expect(writable(agent)).toEqual(['/workspace']);
    expect(agent.tmpfs.map(({ target }) => target).toSorted()).toEqual(['/home/runner', '/run', '/tmp', '/var/tmp']);
    expect(agent.tmpfs.find(({ target }) => target === '/home/runner')).toMatchObject({
      mode: '0700',
      owner: { uid: 1001, gid: 1002 },
    });
  });

  test('the guards come after the workspace that contains them', () => {
    const guard = { kind: 'bind', source: '/workspace/dist', target: '/workspace/dist', writable: false } as const;
    const { agent } = topology(aConfig(), { ...CLAIMED, guards: [guard] });
    const targets = agent.mounts.map(({ target }) => target);
    expect(targets.indexOf('/workspace')).toBeGreaterThanOrEqual(0);
    expect(targets.indexOf('/workspace/dist')).toBeGreaterThan(targets.indexOf('/workspace'));
    expect(writable(agent)).toEqual(['/workspace']);
  });

  test('has shared memory as a share of its memory, and the name that its servers have', () => {
    const { agent } = topology(aConfig({ memory: '600m' }), CLAIMED);
    expect(agent).toMatchObject({ sharedMemory: 100 << 20, hostname: 'awf-agent' });
  });

  test('sees no logs', () => {
    expect(JSON.stringify([host.agent, foreign.agent])).not.toContain('/logs/');
  });

  test('has no environment that the engine would see, and resolves no names', () => {
    expect([host.agent.environment, foreign.agent.environment]).toEqual([{}, {}]);
    expect([host.agent.dns, foreign.agent.dns]).toEqual([['127.0.0.1'], ['127.0.0.1']]);
  });

  test('starts in the working directory, through the sandbox’s entrypoint', () => {
    const { agent } = topology(aConfig({ workingDirectory: '/workspace/a' }), CLAIMED);
    expect(agent).toMatchObject({ workingDirectory: '/workspace/a', entrypoint: '/tmp/awf-lib/entrypoint' });
  });

  test('an image gets the sandbox’s files read-only, from a container that never runs', () => {
    expect(foreign.agent).toMatchObject({ image: 'debian:13', volumesFrom: 'awf-library' });
    expect(foreign.library).toMatchObject({ name: 'awf-library', image: 'awf-agent:1', network: 'none' });
    expect(host.library).toBeUndefined();
    expect(host.agent.volumesFrom).toBeUndefined();
  });
});

test.each<Partial<Config>>([{}, { agentImage: 'debian:13' }, { envAll: true }])(
  'nothing that the engine is told contains a credential: %j',
  (overrides) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'home'));
    const user = { ...USER, home: join(directory, 'home') };
    const config = aConfig({ secrets: SENTINELS, ...overrides });
    const environment = { ...Object.fromEntries(SENTINELS), COPY: [...SENTINELS.values()].join() };
    const nothing = { userMounts: [], hasAuthority: false };
    const host = atOnce(readAgentHost(config, user, aHost(user.home, environment), nothing));
    const place = { addresses: ADDRESSES, user, host, directory, userMounts: [], input: '', authority: undefined };
    const { mounts } = planAgent(config, SENTINELS, place);
    const found = topology(config, { ...CLAIMED, agentUser: user, agentMounts: mounts });
    const network = { name: 'awf-x', runId: RUN_ID, subnet: '172.30.0.0/24', internal: true };
    const asked = JSON.stringify([...containers(found).map(containerBody), networkBody(network)]);
    expect(asked.length).toBeGreaterThan(1_000);
    for (const secret of SENTINELS.values()) expect(asked).not.toContain(secret);
  },
);
