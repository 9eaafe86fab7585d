import { describe, expect, test } from 'vitest';
import { seccompProfile } from '../../src/docker/seccomp.ts';
import { containerBody, markOf, networkBody, type ContainerSpec } from '../../src/docker/spec.ts';

const SPEC: ContainerSpec = {
  name: 'awf-agent',
  image: 'image:1',
  runId: '0123abcd',
  network: 'awf-internal-0123abcd',
  user: '1001:1002',
  limits: { memory: '6g', pids: 4096 },
  mounts: [],
  tmpfs: [],
  environment: {},
};
const GIB = 1024 ** 3;

const body = (overrides: Partial<ContainerSpec> = {}) => containerBody({ ...SPEC, ...overrides });

/** What differs from the plainest container, by the path of each value. */
function added(overrides: Partial<ContainerSpec>): Record<string, unknown> {
  const plain = new Map(leaves(body()));
  return Object.fromEntries(
    leaves(body(overrides)).filter(([path, value]) => JSON.stringify(plain.get(path)) !== JSON.stringify(value)),
  );
}

function leaves(value: object, at = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0
      ? leaves(inner, `${at}${name}/`)
      : [[at + name, inner] as [string, unknown]],
  );
}

const ulimit = (Name: string, limit: number) => [{ Name, Soft: limit, Hard: limit }];
const NO_CORE = ulimit('core', 0);
/** Whatever a daemon sets for others. */
const OWN = [
  ...ulimit('as', -1),
  ...ulimit('cpu', -1),
  ...ulimit('data', -1),
  { Name: 'stack', Soft: 8_388_608, Hard: -1 },
];

describe('containerBody', () => {
  test('hardens even the plainest container', () => {
    expect(body()).toMatchObject({
      Image: 'image:1',
      User: '1001:1002',
      Labels: { 'awf.run': '0123abcd' },
      HostConfig: {
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges', `seccomp=${JSON.stringify(seccompProfile())}`],
        ReadonlyRootfs: true,
        LogConfig: { Type: 'none' },
        IpcMode: 'private',
        RestartPolicy: { Name: 'no' },
        Memory: 6 * GIB,
        MemorySwap: 6 * GIB,
        PidsLimit: 4096,
        Ulimits: [...NO_CORE, ...ulimit('fsize', -1), ...OWN],
        Init: false,
        ShmSize: 64 * 1024 ** 2,
        NetworkMode: 'awf-internal-0123abcd',
      },
    });
  });

  test('its standard input ends with the run’s', () => {
    expect(body()).toMatchObject({ OpenStdin: true, StdinOnce: true, AttachStdin: true });
  });

  test.each<[keyof ContainerSpec, Partial<ContainerSpec>, Record<string, unknown>]>([
    [
      'limits',
      { limits: { ...SPEC.limits, openFiles: 16_384 } },
      { 'HostConfig/Ulimits': [...NO_CORE, ...ulimit('nofile', 16_384), ...ulimit('fsize', -1), ...OWN] },
    ],
    [
      'limits',
      { limits: { ...SPEC.limits, fileBytes: 4_096 } },
      { 'HostConfig/Ulimits': [...NO_CORE, ...ulimit('fsize', 4_096), ...OWN] },
    ],
    ['limits', { limits: { ...SPEC.limits, oomScoreAdjustment: 1_000 } }, { 'HostConfig/OomScoreAdj': 1_000 }],
    ['owner', { owner: 'boot/pid/time/1/2' }, { 'Labels/awf.owner': 'boot/pid/time/1/2' }],
    ['isKept', { isKept: true }, { 'Labels/awf.kept': 'true' }],
    [
      'address',
      { address: '172.30.0.20' },
      { 'NetworkingConfig/EndpointsConfig/awf-internal-0123abcd/IPAMConfig/IPv4Address': '172.30.0.20' },
    ],
    ['userNamespace', { userNamespace: 'host' }, { 'HostConfig/UsernsMode': 'host' }],
    ['dns', { dns: ['127.0.0.1'] }, { 'HostConfig/Dns': ['127.0.0.1'] }],
    ['hostname', { hostname: 'awf-agent' }, { Hostname: 'awf-agent' }],
    ['sharedMemory', { sharedMemory: 4_096 }, { 'HostConfig/ShmSize': 4_096 }],
    ['sysctls', { sysctls: { 'net.ipv4.ip_forward': '0' } }, { 'HostConfig/Sysctls/net.ipv4.ip_forward': '0' }],
    [
      'hosts',
      { hosts: [{ name: 'a.example', address: '10.0.0.1' }] },
      { 'HostConfig/ExtraHosts': ['a.example:10.0.0.1'] },
    ],
    ['environment', { environment: { A: 'b=c d', E: '' } }, { Env: ['A=b=c d', 'E='] }],
    ['volumesFrom', { volumesFrom: 'awf-library' }, { 'HostConfig/VolumesFrom': ['awf-library:ro'] }],
    ['healthCheck', { healthCheck: 'none' }, { 'Healthcheck/Test': ['NONE'] }],
    ['workingDirectory', { workingDirectory: '/w' }, { WorkingDir: '/w' }],
    ['entrypoint', { entrypoint: '/e' }, { Entrypoint: ['/e'] }],
    ['command', { command: ['--privileged', 'x'] }, { Cmd: ['--privileged', 'x'] }],
  ])('%s adds what it says and nothing else', (_, overrides, expected) => {
    expect(added(overrides)).toEqual(expected);
  });

  test.each([
    ['4096', 4_096],
    ['4096b', 4_096],
    ['512k', 512 * 1024],
    ['512m', 512 * 1024 ** 2],
    ['2g', 2 * GIB],
  ])('%s of memory are %i bytes, of which none are swap', (memory, bytes) => {
    const { Memory, MemorySwap } = body({ limits: { memory, pids: 1 } }).HostConfig;
    expect([Memory, MemorySwap]).toEqual([bytes, bytes]);
  });

  test.each([
    [{ target: '/tmp', mode: '1777', executable: true, size: '2g' }, 'rw,nosuid,nodev,exec,mode=1777,size=2g'],
    [
      { target: '/tmp', mode: '0700', executable: false, size: '16m', owner: { uid: 7, gid: 8 } },
      'rw,nosuid,nodev,noexec,mode=0700,size=16m,uid=7,gid=8',
    ],
    [
      { target: '/tmp', mode: '1777', executable: true, size: '4096', inodes: 9 },
      'rw,nosuid,nodev,exec,mode=1777,size=4096,nr_inodes=9',
    ],
  ])('tmpfs %j', (tmpfs, options) => {
    expect(added({ tmpfs: [tmpfs] })).toEqual({ 'HostConfig/Tmpfs//tmp': options });
  });

  test.each(['/srv/a', '/srv/a b', '/srv/a,readonly=false', '/srv/"a"', '/srv/a\nb', '/srv/a:rw'])(
    'a mount of %j is that of one path',
    (path) => {
      const mounts = (writable: boolean) =>
        body({ mounts: [{ kind: 'bind', source: path, target: path, writable }] }).HostConfig.Mounts;
      expect(mounts(true)).toEqual([{ Type: 'bind', Source: path, Target: path, ReadOnly: false }]);
      expect(mounts(false)).toEqual([{ Type: 'bind', Source: path, Target: path, ReadOnly: true }]);
    },
  );

  test('files of an image are an anonymous volume', () => {
    expect(body({ mounts: [{ kind: 'image-files', target: '/lib' }] }).HostConfig.Mounts).toEqual([
      { Type: 'volume', Target: '/lib', VolumeOptions: { Labels: { 'awf.run': '0123abcd' } } },
    ]);
  });
});

describe('networkBody', () => {
  const network = { name: 'awf-x', runId: '0123abcd', subnet: '172.30.0.0/24' };

  test('an internal network has no route to the host, on old and new engines', () => {
    expect(networkBody({ ...network, internal: true })).toMatchObject({
      Internal: true,
      Options: {
        'com.docker.network.bridge.inhibit_ipv4': 'true',
        'com.docker.network.bridge.gateway_mode_ipv4': 'isolated',
      },
    });
  });

  test('containers reach each other, whatever the daemon gives to networks by default', () => {
    for (const internal of [true, false]) {
      expect(networkBody({ ...network, internal }).Options).toMatchObject({
        'com.docker.network.bridge.enable_icc': 'true',
      });
    }
  });

  test('an outer network leads out, whatever the daemon gives to networks by default', () => {
    expect(networkBody({ ...network, internal: false })).toMatchObject({
      Internal: false,
      Options: {
        'com.docker.network.bridge.enable_ip_masquerade': 'true',
        'com.docker.network.bridge.inhibit_ipv4': 'false',
        'com.docker.network.bridge.gateway_mode_ipv4': 'nat',
      },
    });
  });

  test('an MTU is an option of the driver', () => {
    const { Options } = networkBody({ ...network, internal: false, mtu: 1400 });
    expect(Options).toMatchObject({ 'com.docker.network.driver.mtu': '1400' });
  });

  test.each([true, false])(
    'both carry the run’s label and their subnet, and have no IPv6 (internal: %j)',
    (internal) => {
      expect(networkBody({ ...network, internal })).toMatchObject({
        ...{ Name: 'awf-x', Driver: 'bridge', CheckDuplicate: true, EnableIPv6: false },
        IPAM: { Config: [{ Subnet: '172.30.0.0/24' }] },
        Labels: { 'awf.run': '0123abcd' },
      });
    },
  );
});

test.each([
  [undefined, undefined],
  [null, undefined],
  [{ 'com.example': 'x' }, undefined],
  [{ 'awf.run': '0123abcd' }, { runId: '0123abcd', owner: undefined, isKept: false }],
  [
    { 'awf.run': '0123abcd', 'awf.owner': 'boot/pid', 'awf.kept': 'true' },
    { runId: '0123abcd', owner: 'boot/pid', isKept: true },
  ],
])('the labels %j are those of the run %j', (labels, mark) => {
  expect(markOf(labels)).toEqual(mark);
});
