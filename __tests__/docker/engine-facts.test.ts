import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineFacts, localSocket, readInfo } from '../../src/docker/engine-facts.ts';
import { thrown } from '../../testing/builders.ts';
import { FakeEngine } from '../../testing/engine/fake-engine.ts';

/** The description of itself that such an engine gave, without what identifies a machine; with `fields` overridden. */
function recorded(engine: string, fields: Readonly<Record<string, unknown>> = {}): object {
  const text = readFileSync(join(import.meta.dirname, 'engines', `${engine}.json`), 'utf8');
  return { ...(JSON.parse(text) as object), ...fields };
}

const HERE = { name: 'runner', memoryBytes: 8 * 1024 ** 3 };

const read = (engine: string, fields?: Readonly<Record<string, unknown>>) =>
  readInfo(recorded(engine, fields), { ...HERE, system: 'Debian GNU/Linux 12 (bookworm)' });

describe('an engine that can be used', () => {
  test('Docker 20.10', () => {
    expect(read('docker-20.10')).toEqual({
      dataRoot: '/var/lib/docker',
      ...{ version: '20.10.24+dfsg1', platform: 'linux/amd64' },
      memoryBytes: 25_276_063_744,
      mapsUsers: false,
      warnings: [],
    });
  });

  test.each(['28.5.2', '29.1.0', '20.10.0', '23.0.11+azure-2', '2.0.0-beta.24'.replace(/^2/, '30')])(
    'version %s',
    (ServerVersion) => {
      expect(read('docker-20.10', { ServerVersion }).mapsUsers).toBe(false);
    },
  );

  test('with user namespaces: its containers ask for the host’s users', () => {
    expect(read('docker-20.10-userns-remap')).toMatchObject({ mapsUsers: true, warnings: [] });
  });

  test.each([
    ['in the same container as this process', 'Debian GNU/Linux 12 (bookworm) (containerized)'],
    ['that does not know its system', '<unknown>'],
    ['that says nothing about it', undefined],
  ])('%s', (_, OperatingSystem) => {
    expect(read('docker-20.10', { OperatingSystem }).warnings).toEqual([]);
  });

  test.each([[0], [undefined]])('that does not know the memory (%s): this machine does', (MemTotal) => {
    expect(read('docker-20.10', { MemTotal }).memoryBytes).toBe(8 * 1024 ** 3);
  });

  test('where this machine does not name its system', () => {
    const info = recorded('docker-20.10', { OperatingSystem: 'Alpine Linux v3.22' });
    expect(readInfo(info, { ...HERE, system: undefined }).warnings).toEqual([]);
  });

  test('with SELinux: with a warning', () => {
    const SecurityOptions = ['name=seccomp,profile=default', 'name=selinux'];
    expect(read('docker-20.10', { SecurityOptions }).warnings).toEqual([expect.stringContaining('with SELinux')]);
  });

  test('on a machine that forwards no packets: with a warning', () => {
    const { warnings } = read('docker-20.10', { IPv4Forwarding: false });
    expect(warnings).toEqual([expect.stringContaining('forwards no packets (net.ipv4.ip_forward is 0)')]);
  });

  test('without a limit of swap: with a warning', () => {
    expect(read('docker-20.10', { SwapLimit: false }).warnings).toEqual([expect.stringContaining('cannot limit swap')]);
  });
});

describe('an engine that cannot keep what is promised is refused with the reason', () => {
  const refusal = (engine: string, fields?: Readonly<Record<string, unknown>>) => thrown(() => read(engine, fields));

  test.each<[string, string, Readonly<Record<string, unknown>> | undefined, string]>([
    ['rootless without control groups', 'docker-20.10-rootless', undefined, 'runs in rootless mode'],
    [
      'rootless with control groups',
      'docker-20.10-rootless',
      { MemoryLimit: true, PidsLimit: true, CgroupVersion: '2', CgroupDriver: 'systemd' },
      'runs in rootless mode',
    ],
    ['Podman', 'podman-4.3', undefined, 'engine is Podman'],
    ['on another machine', 'docker-20.10', { Name: 'build-7' }, 'runs on build-7, not on runner'],
    ['in a virtual machine', 'docker-20.10', { Name: 'docker-desktop' }, 'runs on docker-desktop, not on runner'],
    [
      'in a pod beside the runner',
      'docker-20.10',
      { OperatingSystem: 'Alpine Linux v3.22 (containerized)' },
      'has the files of Alpine Linux v3.22, not those of this machine (Debian GNU/Linux 12 (bookworm))',
    ],
    ['in a snap', 'docker-20.10', { OperatingSystem: 'Ubuntu Core 22' }, 'has the files of Ubuntu Core 22'],
    ['without a memory limit', 'docker-20.10', { MemoryLimit: false }, 'cannot limit the memory of'],
    ['without a process limit', 'docker-20.10', { PidsLimit: false }, 'cannot limit the processes of'],
    [
      'without either',
      'docker-20.10',
      { MemoryLimit: false, PidsLimit: false },
      'cannot limit the memory and processes of',
    ],
    ['without seccomp', 'docker-20.10', { SecurityOptions: ['name=apparmor'] }, 'cannot filter system calls'],
    ['for Windows containers', 'docker-20.10', { OSType: 'windows' }, 'runs windows containers'],
    ['too old', 'docker-20.10', { ServerVersion: '19.03.15' }, 'is too old: 19.03.15'],
  ])('%s', (_, engine, fields, message) => {
    const error = refusal(engine, fields);
    expect(error.message).toContain(message);
    expect(error.hint).toBeDefined();
  });
});

describe('where the client reaches the engine', () => {
  const at = (endpoint: string): FakeEngine => new FakeEngine({ endpoint });

  test.each([
    ['unix:///var/run/docker.sock', '/var/run/docker.sock'],
    ['unix:///run/user/1001/docker.sock', '/run/user/1001/docker.sock'],
    ['tcp://localhost:2375', undefined],
    ['tcp://127.0.0.1:2375', undefined],
  ])('%s is on this machine', async (endpoint, socket) => {
    await expect(localSocket(at(endpoint))).resolves.toBe(socket);
  });

  test.each(['ssh://user@build-7', 'tcp://10.1.2.3:2376', 'tcp://docker:2376', 'tcp://127.0.0.1.example:2375', ''])(
    '%j is not, and is refused without being asked',
    async (endpoint) => {
      const engine = at(endpoint);
      await expect(localSocket(engine)).rejects.toThrow(`The Docker client is set to ${endpoint}.`);
      expect(engine.calls).toEqual(['endpoint']);
    },
  );

  test('the facts come with the socket', async () => {
    const engine = new FakeEngine({ info: { Name: hostname() } });
    await expect(engineFacts(engine, '/x.sock')).resolves.toMatchObject({ socket: '/x.sock', mapsUsers: false });
  });
});
