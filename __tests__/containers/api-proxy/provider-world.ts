/**
 * A whole run with Squid, the api-proxy and the agent, and a provider behind Squid that the test controls. Requests
 * that the test sends to a `port` leave from the agent's container, and `upstream` receives what Squid lets through.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { SQUID_PORT } from '../../../src/shared/network.ts';
import { PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import { ACCESS_LOG, API_PROXY_LOG_FILE } from '../../../src/shared/contract.ts';
import type { Target } from '../../../src/shared/sidecar-config.ts';
import { parseTarget } from '../../../src/shared/target.ts';
import { startTestUpstream, type TestUpstream } from '../../../testing/sidecar/upstream.ts';
import { eventually } from '../../../testing/sidecar/sidecar.ts';
import { SENTINELS } from '../../../testing/builders.ts';
import { bridgeAddress } from '../../../testing/engine/engine.ts';
import { startGateway, type Gateway } from '../../../testing/outside/outside.ts';
import { relayTo } from '../../../testing/outside/relay.ts';
import { relayProgram, startSandbox, type SandboxRun } from '../../../testing/engine/sandbox-run.ts';
import { createTestCa, type TestCa } from '../../../testing/tls.ts';
import { untilSaid } from '../../../testing/runner/run-entry.ts';

/** An address in Squid's own network namespace. Nothing sent to it leaves the namespace. */
const NOWHERE = '127.0.0.80';
export const RESOLVER = '127.0.0.53';

export interface WorldSetup {
  /** Variables of {@link SENTINELS}. By default the first one of each provider. */
  readonly credentials?: readonly string[];
  /** `host[:port][/base/path]`. By default the provider's own host. */
  readonly targetOf?: (provider: Provider) => string;
  /** Inputs of the action that override the usual ones. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface ProviderWorld {
  readonly run: SandboxRun;
  readonly ca: TestCa;
  readonly upstream: TestUpstream;
  readonly gateway: Gateway;
  readonly target: (id: ProviderId) => Target;
  /** A loopback port that leads through the agent's container to the provider's port of the api-proxy. */
  readonly port: (id: ProviderId) => number;
  /** A loopback port that leads through the agent's container to Squid. */
  readonly squidPort: () => number;
  /** Waits for `count` records since the test began. @returns all of them */
  readonly records: (count: number) => Promise<RequestRecord[]>;
  /** The records of all tests. */
  readonly allRecords: () => RequestRecord[];
  /** The text of `api-proxy.log`. */
  readonly log: () => string;
  /** The lines of Squid's access log. */
  readonly accesses: () => string[];
  /** Ends the open tunnels, and waits until Squid has logged them. */
  readonly hangUp: () => Promise<void>;
}

const firstCredentials = (): string[] => PROVIDERS.map(({ credentials }) => credentials[0]!.variable);

/** The agent's command. It relays one UNIX socket in the workspace to each port. */
const SCRIPT = `node relay.mjs \
  ${PROVIDERS.map(({ port }) => `$PWD/${port}.sock "$AWF_API_PROXY_IP:${port}"`).join(' ')} \
  "$PWD/${SQUID_PORT}.sock" "\${https_proxy#http://}" &
until [ -e done ]; do sleep 0.05; done
`;

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

interface Hooks {
  readonly start: () => Promise<void>;
  readonly begin: () => void;
  readonly stop: () => Promise<void>;
}

function createWorld(setup: WorldSetup): { world: ProviderWorld; hooks: Hooks } {
  const { credentials = firstCredentials(), targetOf = ({ defaultTarget }: Provider) => defaultTarget } = setup;
  const targets = PROVIDERS.map((provider) => parseTarget(provider.targetInput, targetOf(provider)));
  const hosts = [...new Set(targets.map(({ host }) => host))];
  const relays = new Map<number, Server>();
  let before = 0;
  const portOf = (port: number): number => (relays.get(port)!.address() as AddressInfo).port;
  const indexOf = (id: ProviderId): number => PROVIDERS.findIndex((provider) => provider.id === id);
  const logLines = (): string[] => linesOf(join(world.run.logs()!.apiProxy, API_PROXY_LOG_FILE));
  const allRecords = (): RequestRecord[] =>
    logLines()
      .map((line) => JSON.parse(line) as RequestRecord)
      .filter((record) => 'id' in record);
  const world = {
    target: (id: ProviderId) => targets[indexOf(id)],
    port: (id: ProviderId) => portOf(PROVIDERS[indexOf(id)]!.port),
    squidPort: () => portOf(SQUID_PORT),
    records: async (count: number) => {
      await eventually(`${count} log records`, () => allRecords().length >= before + count);
      return allRecords().slice(before);
    },
    allRecords,
    log: () => logLines().join('\n'),
    accesses: () => linesOf(join(world.run.logs()!.squid, ACCESS_LOG)),
    hangUp: async () => {
      const { connections } = world.upstream;
      for (const connection of connections) connection.destroy();
      // Squid logs a tunnel once it has ended on both sides.
      const ended = (): number =>
        world.accesses().filter((line) => / TCP_TUNNEL\/200 .* HIER_DIRECT\//.test(line)).length;
      await eventually('the end of all tunnels', () => ended() === world.upstream.accepted);
    },
  } as { -readonly [Name in keyof ProviderWorld]: ProviderWorld[Name] };

  const start = async (): Promise<void> => {
    world.ca = await createTestCa();
    const address = bridgeAddress();
    world.upstream = await startTestUpstream(world.ca, hosts, { address, hearsHellos: true });
    world.run = startSandbox({
      options: {
        'add-hosts': hosts.map((host) => `${host}:${NOWHERE}`).join('\n'),
        'upstream-ca': 'ca.pem',
        // On a busy machine, the question for the models may arrive after the first test has begun.
        'check-keys': 'false',
        ...Object.fromEntries(PROVIDERS.map((provider) => [provider.targetInput, targetOf(provider)])),
        ...setup.options,
      },
      credentials: Object.fromEntries(credentials.map((variable) => [variable, SENTINELS.get(variable)!])),
      script: SCRIPT,
      resolver: RESOLVER,
      files: { 'ca.pem': world.ca.certPem, 'relay.mjs': relayProgram() },
    });
    await untilSaid(world.run, 'relaying');
    const { squid } = world.run.containers();
    world.gateway = startGateway(squid, world.run.images, `${address}:${world.upstream.port}`);
    for (const port of new Set(targets.map((target) => target.port))) await world.gateway.set({ port, mode: 'open' });
    for (const port of [...PROVIDERS.map((provider) => provider.port), SQUID_PORT]) {
      const relay = relayTo(join(world.run.workspace, `${port}.sock`)).listen(0, '127.0.0.1');
      await once(relay, 'listening');
      relays.set(port, relay);
    }
  };
  const begin = (): void => {
    world.upstream.reset();
    before = allRecords().length;
  };
  /** Also works for a world whose start failed midway. */
  const stop = async (): Promise<void> => {
    const { gateway, run, upstream } = world as Partial<ProviderWorld>;
    await gateway?.stop();
    run?.writeFile('done', '');
    await run?.done;
    for (const relay of relays.values()) relay.close();
    await upstream?.close();
    run?.removeFiles();
  };
  return { world, hooks: { start, begin, stop } };
}

/** Worlds for the tests of a `describe`. It discards what they recorded before each test. */
export function useProviderWorlds<Name extends string>(
  setups: Readonly<Record<Name, WorldSetup>>,
): Readonly<Record<Name, ProviderWorld>> {
  const worlds = Object.entries<WorldSetup>(setups).map(([name, setup]) => ({ name, ...createWorld(setup) }));
  beforeAll(async () => {
    // Not in parallel: sandboxes that share two processors take longer to start than their checks wait.
    for (const { hooks } of worlds) await hooks.start();
  });
  beforeEach(() => {
    for (const { hooks } of worlds) hooks.begin();
  });
  afterAll(async () => {
    await Promise.all(worlds.map(({ hooks }) => hooks.stop()));
  });
  return Object.fromEntries(worlds.map(({ name, world }) => [name, world])) as Record<Name, ProviderWorld>;
}

/** A single world. */
export const useProviderWorld = (setup: WorldSetup = {}): ProviderWorld => useProviderWorlds({ only: setup }).only;
