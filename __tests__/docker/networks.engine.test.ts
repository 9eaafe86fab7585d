import { afterAll, expect, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { imageNames } from '../../src/docker/images.ts';
import { newRunId } from '../../src/run/run.ts';
import { AGENT_LIB } from '../../src/shared/contract.ts';
import { docker } from '../../testing/engine/engine.ts';
import { ROOT } from '../../testing/root.ts';
import { subnetsOf } from '../../src/shared/network.ts';

const runId = newRunId();
const engine = new DockerEngine(() => undefined);
const made: string[] = [];

afterAll(() => engine.removeNetworks(made));

/** Creates a network in a range that runs do not use. */
async function network(name: string, mtu: number | undefined): Promise<string> {
  const full = `awf-test-${name}-${runId}`;
  for (const subnet of subnetsOf('10.99.0.0/16')) {
    if (
      await engine.createNetwork({ runId, name: full, subnet, internal: true, ...(mtu === undefined ? {} : { mtu }) })
    )
      break;
  }
  made.push(full);
  return full;
}

/** The MTU that a container has there. */
function mtuIn(network: string): string {
  const busybox = `${AGENT_LIB}/busybox`;
  const container = ['run', '--rm', `--network=${network}`, `--entrypoint=${busybox}`, imageNames(ROOT).agent];
  return docker([...container, 'cat', '/sys/class/net/eth0/mtu']);
}

test('containers on a network have its MTU', async () => {
  expect(mtuIn(await network('small', 1380))).toBe('1380');
  expect(mtuIn(await network('ordinary', undefined))).toBe('1500');
});
