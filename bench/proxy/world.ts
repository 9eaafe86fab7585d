/**
 * The path that all contenders share: a run's network, its Squid, its api-proxy, and a provider on the host. Only the
 * network differs from a run's: it is not internal, so that the client on the host can reach it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { bridgeAddress } from '../../testing/engine/engine.ts';
import { createTestCa, type TestCa } from '../../testing/tls.ts';
import { allowing, inputs } from '../../testing/options.ts';
import { caller, sidecarUser } from '../../src/host/user.ts';
import { buildConfig } from '../../src/config/build.ts';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { builtImageNames } from '../../src/docker/images.ts';
import { topology } from '../../src/docker/topology.ts';
import { createLogDirectories } from '../../src/host/log-directories.ts';
import { newRunId } from '../../src/run/run.ts';
import { hasIpv6 } from '../../src/host/addresses.ts';
import { removeRun } from '../../src/run/removal.ts';
import { addressesIn, namesFor, networkNames, outerSubnets, SQUID_PORT, squidUrl } from '../../src/shared/network.ts';
import { DEFAULT_MAX_BODY_BYTES, type SidecarConfig, type Target } from '../../src/shared/sidecar-config.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { listening, startContainer } from './containers.ts';
import { ROOT } from '../../testing/root.ts';

/** The provider's own name, and one that the sidecar takes for a gateway's. */
const HOSTS = ['api.openai.com', 'llm.example.com'] as const;

/**
 * A program that is compared with the api-proxy. It runs in the same kind of container, at the same place in the
 * network.
 */
export interface Guest {
  readonly name: string;
  /** The arguments for the image's Node. */
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Paths on the host, by path in the container. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface World {
  /** The targets for {@link HOSTS}. */
  readonly targets: readonly [provider: Target, gateway: Target];
  /** Where the provider listens. */
  readonly providerAddress: string;
  readonly ca: TestCa;
  readonly caFile: string;
  readonly proxyUrl: string;
  /** The address of the api-proxy and all guests. */
  readonly address: string;
  /** A directory for generated files. It is removed at the end. */
  readonly scratch: string;
  /** TLS handshakes that the provider has seen. */
  readonly handshakes: () => Promise<number>;
  /** @returns its process id on the host */
  readonly startSidecar: (providers: SidecarConfig['providers']) => Promise<number>;
  /** @returns its process id on the host */
  readonly startGuest: (guest: Guest) => Promise<number>;
  readonly remove: () => Promise<void>;
}

export async function startWorld(): Promise<World> {
  const scratch = mkdtempSync(join(tmpdir(), 'awf-bench-'));
  const ca = await createTestCa();
  const caFile = join(scratch, 'ca.pem');
  writeFileSync(caFile, ca.certPem);
  const host = bridgeAddress();
  const { process: provider, port } = await startProvider(ca, host, scratch);
  const hosts = HOSTS.map((name) => ({ name, address: host }));
  const [own, gateway] = HOSTS.map((name): Target => ({ host: name, port, basePath: '' })) as [Target, Target];

  const engine = new DockerEngine(() => undefined);
  const runId = newRunId();
  const mark = { runId };
  const subnet = await claimNetwork(engine, runId);
  const addresses = addressesIn(subnet);
  const owner = sidecarUser(caller());
  const options = { 'add-hosts': hosts.map(({ name, address }) => `${name}:${address}`).join('\n') };
  const { config } = buildConfig(inputs(options), { argv: ['true'], environment: {}, workspace: ROOT });
  const { squid, apiProxy } = topology(config, {
    mark,
    names: namesFor(runId, subnet),
    addresses,
    images: builtImageNames(join(ROOT, 'dist')),
    logs: createLogDirectories(undefined, scratch, ROOT, owner),
    sidecarUser: owner,
    agentUser: caller(),
    agentMounts: [],
    emptyDirectories: [],
    guards: [],
    engine: { memoryBytes: totalmem(), mapsUsers: false },
    hasIpv6: hasIpv6(),
    outerName: networkNames(runId).outer,
  });
  if (!apiProxy) throw new Error('no api-proxy in the topology');
  const targets = [own, gateway] as const;
  const egress = {
    addresses,
    egress: allowing(''),
    targets: targets.map((target) => ({ ...target, permitted: true })),
    hosts,
    hostAddresses: [],
    modelPorts: [],
    transparent: true,
    namedHosts: [],
  };
  await startContainer(engine, squid, squidConfig(egress));
  await listening(addresses.squid, SQUID_PORT);

  return {
    targets,
    providerAddress: `${host}:${port}`,
    ca,
    caFile,
    proxyUrl: squidUrl(addresses),
    address: addresses['api-proxy'],
    scratch,
    handshakes: async () => {
      provider.send('handshakes');
      return ((await once(provider, 'message')) as [{ handshakes: number }])[0].handshakes;
    },
    startSidecar: (providers) => {
      const document: SidecarConfig = {
        providers,
        proxyUrl: squidUrl(addresses),
        upstreamCa: ca.certPem,
        maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
      };
      return startContainer(engine, apiProxy, JSON.stringify(document));
    },
    startGuest: ({ name, argv, environment = {}, files = {} }) =>
      startContainer(
        engine,
        {
          runId,
          image: apiProxy.image,
          user: apiProxy.user,
          limits: apiProxy.limits,
          tmpfs: [],
          name: `${apiProxy.name}-${name}`,
          network: `container:${apiProxy.name}`,
          environment,
          mounts: Object.entries(files).map(([target, source]) => ({ kind: 'bind', source, target, writable: false })),
          entrypoint: 'node',
          command: argv,
          // The api-proxy's own health check already asks its port once a second, in the same network.
          healthCheck: 'none',
        },
        '',
      ),
    remove: async () => {
      await removeRun(engine, runId, () => true);
      provider.disconnect();
      rmSync(scratch, { recursive: true });
    },
  };
}

async function claimNetwork(engine: DockerEngine, runId: string): Promise<string> {
  for (const subnet of outerSubnets()) {
    if (await engine.createNetwork({ name: networkNames(runId).internal, runId, subnet, internal: false }))
      return subnet;
  }
  throw new Error('no subnet is free');
}

async function startProvider(
  ca: TestCa,
  host: string,
  scratch: string,
): Promise<{ process: ChildProcess; port: number }> {
  const { cert, key } = await ca.issue(HOSTS);
  const files = { cert: join(scratch, 'provider.crt'), key: join(scratch, 'provider.key') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  const provider = fork(join(import.meta.dirname, 'provider.ts'), [host, files.cert, files.key]);
  const [{ port }] = (await once(provider, 'message')) as [{ port: number }];
  return { process: provider, port };
}
