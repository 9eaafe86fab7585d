import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Attachment } from '../../src/docker/engine.ts';
import { DockerClient } from '../../src/docker/client.ts';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { EngineApi } from '../../src/docker/engine-api.ts';
import { EngineLocation } from '../../src/docker/engine-location.ts';
import { networkBody, type ContainerSpec, type NetworkSpec } from '../../src/docker/spec.ts';
import { leftOvers } from '../../testing/engine/engine.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';

const API = new EngineApi(new EngineLocation(new DockerClient(() => undefined)), () => undefined);

/** An engine that gives the internal network IPv6 whatever it is asked for, and keeps it on in containers. */
class Ipv6Engine extends DockerEngine {
  constructor() {
    super(() => undefined);
  }

  override async createNetwork(spec: NetworkSpec): Promise<boolean> {
    if (!spec.internal) return super.createNetwork(spec);
    // RFC 4193: an address of one's own, with 40 random bits.
    const [, first, rest] = /^(..)(.{8})$/.exec(randomBytes(5).toString('hex')) ?? [];
    const Subnet = `fd${first}:${rest?.slice(0, 4)}:${rest?.slice(4)}::/64`;
    const { IPAM, ...plain } = networkBody(spec);
    const body = { ...plain, EnableIPv6: true, IPAM: { Config: [...IPAM.Config, { Subnet }] } };
    const call = { method: 'POST', path: '/networks/create', body, goal: 'create a network with IPv6' } as const;
    // Where somebody else has it, the run asks for another.
    return (await API.askUnless(call, () => undefined)) !== undefined;
  }

  override create(spec: ContainerSpec): Promise<void> {
    return super.create(withIpv6(spec));
  }

  override run(spec: ContainerSpec, attachment: Attachment): Promise<number> {
    return super.run(withIpv6(spec), attachment);
  }
}

function withIpv6(spec: ContainerSpec): ContainerSpec {
  return { ...spec, sysctls: { ...spec.sysctls, 'net.ipv6.conf.all.disable_ipv6': '0' } };
}

let run: SandboxRun;
const start = (options: Readonly<Record<string, string>>, engine: DockerEngine): SandboxRun =>
  startSandbox({
    ...{ options, credentials: {}, script: 'echo "the command has run"; cat /proc/net/if_inet6', files: {} },
    ...{ resolver: '127.0.0.1', engine },
  });
afterEach(() => {
  run.removeFiles();
});

describe.each([
  ['the host’s toolchain', () => ({})],
  ['an image', () => ({ 'agent-image': foreignImage('busybox'), shell: 'sh' })],
])('X21 with %s', (_, options) => {
  test(
    'the command does not start on a network that has IPv6',
    async () => {
      run = start(options(), new Ipv6Engine());
      const { outcome, error } = await run.done;
      expect(outcome).toBe('error');
      expect(String(error)).toContain('an interface of the sandbox has an IPv6 address');
      expect(run.stdout()).not.toContain('the command has run');
      expect(leftOvers(run.runId)).toEqual([]);
    },
    IMAGE_PATIENCE,
  );

  test('control: on AWF’s own network it starts, and no interface but the loopback has an address', async () => {
    run = start(options(), new DockerEngine(() => undefined));
    expect(await run.done).toMatchObject({ outcome: 'success', error: undefined });
    const [first, ...interfaces] = run.stdout().trim().split('\n');
    expect(first).toBe('the command has run');
    expect(interfaces.filter((line) => !/ lo$/.test(line))).toEqual([]);
  });
});
