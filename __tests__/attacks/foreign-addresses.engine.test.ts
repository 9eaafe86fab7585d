/**
 * Addresses of others, to which the command must find no way. A listener of the test's own has them, in Squid's network:
 * the only one that a packet could leave from. So no packet goes to anybody, and the listener judges. As a control, the same
 * program reaches the same listener in an ordinary network that has a route.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_LIB } from '../../src/shared/contract.ts';
import { unheard, type Outcome } from '../../testing/engine/agent-outcome.ts';
import { docker } from '../../testing/engine/engine.ts';
import { dialProgram, startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { waitFor } from '../../testing/runner/action.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

const RESOLVER = '8.8.8.8';
/** RFC 3927 and RFC 5737: the metadata service of clouds, and a host of nobody's. */
const METADATA = '169.254.169.254';
const HOST = '203.0.113.7';
const ADDRESSES = [RESOLVER, METADATA, HOST];

const TARGETS: readonly (readonly [string, string])[] = [
  ['X2 DNS over UDP', `udp://${RESOLVER}:53`],
  ['X2 DNS over TCP', `tcp://${RESOLVER}:53`],
  ['X2 DNS over TLS', `tcp://${RESOLVER}:853`],
  ['X2 DNS over HTTPS', `tcp://${RESOLVER}:443`],
  ['X3 QUIC', `udp://${HOST}:443`],
  ['X3 any UDP', `udp://${HOST}:40000`],
  ['R8 metadata', `tcp://${METADATA}:80`],
  ['X17 a direct connection', `tcp://${HOST}:443`],
];

/** Answers at every address and port of {@link TARGETS}, and prints who came. */
const LISTENER = `
const { createServer } = require('node:net');
const { createSocket } = require('node:dgram');
for (const target of ${JSON.stringify(TARGETS.map(([, target]) => target))}) {
  const [protocol, host, port] = target.split(/:\\/\\/|:/);
  const say = () => console.log(target);
  if (protocol === 'tcp') createServer((socket) => { say(); socket.on('error', () => {}).end(); }).listen(Number(port), host);
  else {
    const socket = createSocket('udp4', (_, peer) => { say(); socket.send('here', peer.port, peer.address); });
    socket.bind(Number(port), host);
  }
}
setTimeout(() => console.log('listening'), 300);`;
const SLEEP = 'setInterval(() => {}, 1000)';

let run: SandboxRun;
let outcomes: Record<string, Outcome>;
let heard: string[];
let controls: Record<string, Outcome>;
let heardFromControl: string[];
const removals: string[][] = [];

/** A container that lives until the test removes it. */
function start(network: string, program: string): string {
  const options = [`--network=${network}`, '--user=0:0', '--entrypoint=node', run.images['api-proxy'], '-e', program];
  const container = docker(['run', '--detach', ...options]).trim();
  removals.unshift(['rm', '-f', container]);
  return container;
}

/** Runs busybox as root of a container's network. */
function inNetworkOf(container: string, words: readonly string[]): void {
  const place = ['run', '--rm', `--network=container:${container}`, '--user=0', '--cap-add=NET_ADMIN'];
  docker([...place, `--entrypoint=${AGENT_LIB}/busybox`, run.images.agent, ...words]);
}

/** Gives a container the addresses, and listens there. @returns the listener */
async function listenIn(container: string): Promise<string> {
  for (const address of ADDRESSES) inNetworkOf(container, ['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
  const listener = start(`container:${container}`, LISTENER);
  await waitFor('the listener', () => docker(['logs', listener]).includes('listening'));
  return listener;
}

const arrivedAt = (listener: string): string[] =>
  docker(['logs', listener])
    .split('\n')
    .filter((line) => line.includes('://'));

/** The same program in an ordinary network, where a route leads to the addresses. */
async function control(): Promise<void> {
  const network = `test-foreign-${run.runId}`;
  docker(['network', 'create', network]);
  removals.push(['network', 'rm', network]);
  const [owner, client] = [start(network, SLEEP), start(network, SLEEP)];
  const listener = await listenIn(owner);
  const format = `--format={{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  const neighbour = docker(['inspect', format, owner]).trim();
  for (const address of ADDRESSES) inNetworkOf(client, ['ip', 'route', 'add', `${address}/32`, 'via', neighbour]);
  const mount = `--mount=type=bind,source=${run.workspace},target=/control,readonly`;
  const place = ['run', '--rm', `--network=container:${client}`, mount, '--user=0:0', '--entrypoint=node'];
  const program = ['/control/dial.mjs', '/control/targets.json', '--control'];
  controls = JSON.parse(docker([...place, run.images['api-proxy'], ...program])) as Record<string, Outcome>;
  heardFromControl = arrivedAt(listener);
}

beforeAll(async () => {
  run = startSandbox({
    ...{ options: {}, credentials: { OPENAI_API_KEY: 'sk-proj-foreign' }, resolver: '127.0.0.53' },
    files: { 'dial.mjs': dialProgram(), 'targets.json': JSON.stringify(TARGETS.map(([, target]) => target)) },
    script: sectionedScript({
      'the wait': 'until [ -e ready ]; do sleep 0.1; done',
      dial: 'node dial.mjs targets.json',
      'the end': 'until [ -e done ]; do sleep 0.1; done',
    }),
  });
  await untilSaid(run, 'probe: the wait');
  const listener = await listenIn(run.containers().squid);
  run.writeFile('ready', '');
  await untilSaid(run, 'probe: the end');
  outcomes = JSON.parse(sectionsOf(run.stdout())['dial'] ?? '{}') as Record<string, Outcome>;
  heard = arrivedAt(listener);
  await control();
}, 120_000);

afterAll(async () => {
  for (const removal of removals) docker(removal);
  run.writeFile('done', '');
  await run.done;
  run.removeFiles();
});

describe('an address of somebody else’s', () => {
  test.each(TARGETS)('%s finds no way there', (_, target) => {
    expect(outcomes[target]).toMatch(unheard(target));
  });

  test('gets nothing from the command', () => {
    expect(heard).toEqual([]);
  });

  test.each(TARGETS)('control: %s is heard once there is a route', (_, target) => {
    expect(controls[target]).toBe(target.startsWith('udp') ? 'answered' : 'connected');
    expect(heardFromControl).toContain(target);
  });
});
