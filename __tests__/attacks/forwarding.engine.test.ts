/**
 * Squid's container has a leg on two networks. Packets that the agent addresses to hosts outside and sends to Squid's MAC
 * must end there. The command cannot set a route; the test does it in its place, as root of the agent's network.
 *
 * Two walls stop such packets: the sidecars do not forward, and most engines also drop what leaves an internal network. So
 * the control, in which the same packets arrive, has two ordinary networks of its own.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageNames } from '../../src/docker/images.ts';
import { AGENT_LIB } from '../../src/shared/contract.ts';
import { docker } from '../../testing/engine/engine.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { ROOT } from '../../testing/root.ts';
import { waitFor } from '../../testing/runner/action.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

const PORT = 9_053;
/** Prints what arrives. */
const LISTENER = `require('node:dgram').createSocket('udp4').on('message', (text) => console.log(String(text))).bind(${PORT}, () => console.log('listening'))`;
/** Sends a word a few times, because the first packets to a neighbour may be lost. */
const SENDER = `const [text, address] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
let left = 5;
const send = () => socket.send(text, ${PORT}, address, () => (--left > 0 ? setTimeout(send, 100) : socket.close()));
send();`;

let run: SandboxRun;
let removals: string[][] = [];

/** A container that lives until the test removes it. */
function start(network: string, program: string): string {
  const images = imageNames(ROOT);
  const options = [`--network=${network}`, '--entrypoint=node', images['api-proxy'], '-e', program];
  const container = docker(['run', '--detach', ...options]).trim();
  removals.unshift(['rm', '-f', container]);
  return container;
}

/** Docker 28 and later drop packets from one network to a container in another, unless this option allows them. */
function network(name: string): string {
  docker(['network', 'create', '--opt=com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected', name]);
  removals.push(['network', 'rm', name]);
  return name;
}

/** The container's address in each of its networks. */
function addressesOf(container: string): Map<string, string> {
  const text = docker(['inspect', '--format={{json .NetworkSettings.Networks}}', container]);
  const networks = JSON.parse(text) as Record<string, { readonly IPAddress: string }>;
  return new Map(Object.entries(networks).map(([name, { IPAddress }]) => [name, IPAddress]));
}

/** Which of the networks between which a container stands has no way out, and which has one. */
function networksOf(container: string): { readonly internal: string; readonly outer: string } {
  const isInternal = (name: string): boolean =>
    docker(['network', 'inspect', '--format={{.Internal}}', name]).trim() === 'true';
  const names = [...addressesOf(container).keys()];
  const [internal, outer] = [names.find(isInternal), names.find((name) => !isInternal(name))];
  if (internal === undefined || outer === undefined) throw new Error(`${container} is only in ${names.join()}.`);
  return { internal, outer };
}

/** Sends packets from the network of `client` to `listener` by way of a neighbour's address. */
function send(text: string, client: string, neighbour: string, listener: string): void {
  const images = imageNames(ROOT);
  const inNetwork = ['run', '--rm', `--network=container:${client}`];
  const route = ['ip', 'route', 'replace', listener, 'via', neighbour];
  docker([
    ...[...inNetwork, '--user=0', '--cap-add=NET_ADMIN', `--entrypoint=${AGENT_LIB}/busybox`],
    ...[images.agent, ...route],
  ]);
  docker([...inNetwork, '--entrypoint=node', images['api-proxy'], '-e', SENDER, text, listener]);
}

const arrivedAt = (listener: string): string[] => docker(['logs', listener]).split('\n');

beforeAll(async () => {
  run = startSandbox({
    ...{ options: {}, files: {}, credentials: { OPENAI_API_KEY: 'sk-proj-forwarding' }, resolver: '127.0.0.53' },
    script: 'echo waiting; until [ -e done ]; do sleep 0.1; done',
  });
  await untilSaid(run, 'waiting');
}, 120_000);
afterAll(async () => {
  for (const removal of removals) docker(removal);
  removals = [];
  run.writeFile('done', '');
  await run.done;
  run.removeFiles();
});

describe('packets for a host outside', () => {
  test('X7 are not passed on by Squid or the api-proxy', async () => {
    const { squid, agent, 'api-proxy': apiProxy } = run.containers();
    const { internal, outer } = networksOf(squid);
    const listener = start(outer, LISTENER);
    await waitFor('the listener', () => arrivedAt(listener).includes('listening'));
    for (const sidecar of [squid, apiProxy]) {
      const neighbour = addressesOf(sidecar).get(internal) ?? '';
      send(`by ${sidecar}`, agent, neighbour, addressesOf(listener).get(outer) ?? '');
      const forwarding = docker([
        ...['run', '--rm', `--network=container:${sidecar}`, `--entrypoint=${AGENT_LIB}/busybox`],
        ...[run.images.agent, 'cat', '/proc/sys/net/ipv4/ip_forward'],
      ]);
      // The api-proxy has one leg only, and nothing to forward to.
      if (sidecar === squid) expect(forwarding.trim()).toBe('0');
    }
    expect(arrivedAt(listener)).toEqual(['listening']);
  }, 120_000);

  test('are passed on by a container that stands between two ordinary networks (the control)', async () => {
    const near = network(`test-near-${run.runId}`);
    const far = network(`test-far-${run.runId}`);
    const [listener, router, client] = [start(far, LISTENER), start(near, LISTENER), start(near, LISTENER)];
    docker(['network', 'connect', far, router]);
    await waitFor('the listener', () => arrivedAt(listener).includes('listening'));
    send('forwarded', client, addressesOf(router).get(near) ?? '', addressesOf(listener).get(far) ?? '');
    await waitFor('a packet', () => arrivedAt(listener).includes('forwarded'));
  }, 120_000);
});
