import { describe, expect, test } from 'vitest';
import { containerArgs, networkArgs, type ContainerSpec } from '../../src/docker/spec.ts';

const SPEC: ContainerSpec = {
  name: 'awf-agent',
  image: 'image:1',
  runId: '0123abcd',
  network: 'awf-internal-0123abcd',
  user: '1001:1002',
  limits: { memory: '6g', pids: 4096 },
  seccompProfile: '/run/seccomp.json',
  mounts: [],
  tmpfs: [],
  environment: {},
};

const args = (overrides: Partial<ContainerSpec> = {}): string[] => containerArgs({ ...SPEC, ...overrides });
const added = (overrides: Partial<ContainerSpec>): string[] => args(overrides).filter((arg) => !args().includes(arg));

describe('containerArgs', () => {
  test('hardens even the plainest container', () => {
    expect(args()).toEqual(
      expect.arrayContaining([
        ...['--cap-drop=ALL', '--security-opt=no-new-privileges', '--read-only', '--ulimit=core=0'],
        ...[
          '--memory=6g',
          '--memory-swap=6g',
          '--pids-limit=4096',
          '--user=1001:1002',
          '--log-driver=none',
          '--restart=no',
        ],
        ...['--ipc=private', '--pull=never', '--label=awf.run=0123abcd', '--name=awf-agent'],
        ...['--network=awf-internal-0123abcd', '--security-opt=seccomp=/run/seccomp.json'],
      ]),
    );
  });

  test('ends with the image and the command, which cannot be mistaken for options', () => {
    expect(args().at(-1)).toBe('image:1');
    expect(args({ command: ['--privileged', 'x'] }).slice(-3)).toEqual(['image:1', '--privileged', 'x']);
    expect(
      args()
        .slice(0, -1)
        .filter((arg) => !arg.startsWith('--')),
    ).toEqual([]);
  });

  test.each<[keyof ContainerSpec, Partial<ContainerSpec>, string[]]>([
    ['limits', { limits: { ...SPEC.limits, openFiles: 16_384 } }, ['--ulimit=nofile=16384:16384']],
    ['limits', { limits: { ...SPEC.limits, fileBytes: 4_096 } }, ['--ulimit=fsize=4096']],
    ['limits', { limits: { ...SPEC.limits, oomScoreAdjustment: 1_000 } }, ['--oom-score-adj=1000']],
    ['owner', { owner: 'boot/pid/time/1/2' }, ['--label=awf.owner=boot/pid/time/1/2']],
    ['isKept', { isKept: true }, ['--label=awf.kept=true']],
    ['address', { address: '172.30.0.20' }, ['--ip=172.30.0.20']],
    ['userNamespace', { userNamespace: 'host' }, ['--userns=host']],
    ['dns', { dns: ['127.0.0.1'] }, ['--dns=127.0.0.1']],
    ['hostname', { hostname: 'awf-agent' }, ['--hostname=awf-agent']],
    ['sharedMemory', { sharedMemory: 4_096 }, ['--shm-size=4096']],
    ['sysctls', { sysctls: { 'net.ipv4.ip_forward': '0' } }, ['--sysctl=net.ipv4.ip_forward=0']],
    ['hosts', { hosts: [{ name: 'a.example', address: '10.0.0.1' }] }, ['--add-host=a.example:10.0.0.1']],
    ['environment', { environment: { A: 'b=c d', E: '' } }, ['--env=A=b=c d', '--env=E=']],
    ['volumesFrom', { volumesFrom: 'awf-library' }, ['--volumes-from=awf-library:ro']],
    ['healthCheck', { healthCheck: 'none' }, ['--no-healthcheck']],
    ['workingDirectory', { workingDirectory: '/w' }, ['--workdir=/w']],
    ['entrypoint', { entrypoint: '/e' }, ['--entrypoint=/e']],
  ])('%s adds its own options and nothing else', (_, overrides, expected) => {
    expect(added(overrides)).toEqual(expected);
  });

  test.each([
    [
      { target: '/tmp', mode: '1777', executable: true, size: '2g' },
      '--tmpfs=/tmp:rw,nosuid,nodev,exec,mode=1777,size=2g',
    ],
    [
      { target: '/run', mode: '0700', executable: false, size: '16m', owner: { uid: 7, gid: 8 } },
      '--tmpfs=/run:rw,nosuid,nodev,noexec,mode=0700,size=16m,uid=7,gid=8',
    ],
    [
      { target: '/tmp', mode: '1777', executable: true, size: '4096', inodes: 9 },
      '--tmpfs=/tmp:rw,nosuid,nodev,exec,mode=1777,size=4096,nr_inodes=9',
    ],
  ])('tmpfs %j', (tmpfs, expected) => {
    expect(added({ tmpfs: [tmpfs] })).toEqual([expected]);
  });

  test.each([
    ['a plain path', '/srv/a', 'source=/srv/a,target=/srv/a'],
    ['a space', '/srv/a b', 'source=/srv/a b,target=/srv/a b'],
    ['a comma', '/srv/a,readonly=false', '"source=/srv/a,readonly=false","target=/srv/a,readonly=false"'],
    ['a quote', '/srv/"a"', '"source=/srv/""a""","target=/srv/""a"""'],
    ['a line break', '/srv/a\nb', '"source=/srv/a\nb","target=/srv/a\nb"'],
    ['a colon', '/srv/a:rw', 'source=/srv/a:rw,target=/srv/a:rw'],
  ])('a mount of %s keeps one field per path', (_, path, fields) => {
    const mount = (writable: boolean) => added({ mounts: [{ kind: 'bind', source: path, target: path, writable }] });
    expect(mount(true)).toEqual([`--mount=type=bind,${fields}`]);
    expect(mount(false)).toEqual([`--mount=type=bind,${fields},readonly`]);
  });

  test('files of an image are an anonymous volume', () => {
    expect(added({ mounts: [{ kind: 'image-files', target: '/lib' }] })).toEqual([
      '--mount=type=volume,target=/lib,volume-label=awf.run=0123abcd',
    ]);
  });
});

describe('networkArgs', () => {
  const network = { name: 'awf-x', runId: '0123abcd', subnet: '172.30.0.0/24' };

  test('an internal network has no route to the host, on old and new engines', () => {
    expect(networkArgs({ ...network, internal: true })).toEqual(
      expect.arrayContaining([
        '--internal',
        '--opt=com.docker.network.bridge.inhibit_ipv4=true',
        '--opt=com.docker.network.bridge.gateway_mode_ipv4=isolated',
      ]),
    );
  });

  test('an outer network has none of that', () => {
    const args = networkArgs({ ...network, internal: false });
    expect(args.filter((arg) => arg === '--internal' || arg.startsWith('--opt='))).toEqual([]);
  });

  test.each([true, false])(
    'both carry the run’s label, their subnet and, last, their name, and have no IPv6 (internal: %j)',
    (internal) => {
      const args = networkArgs({ ...network, internal });
      expect(args).toEqual(expect.arrayContaining(['--label=awf.run=0123abcd', '--subnet=172.30.0.0/24']));
      expect(args.at(-1)).toBe('awf-x');
      expect(args).toContain('--ipv6=false');
    },
  );
});
