/** Starts the sidecar on free ports, between a CONNECT proxy and a TLS upstream that the test controls. */

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { HostPorts } from '../../containers/api-proxy/src/hosts/named-hosts.ts';
import type { Limits } from '../../containers/api-proxy/src/limits.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';
import { startSidecar, type Sidecar } from '../../containers/api-proxy/src/server.ts';
import { PROVIDER_TOOLS } from '../../src/shared/provider-tools.ts';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import {
  DEFAULT_MAX_BODY_BYTES,
  type SidecarConfig,
  type SidecarHost,
  type Target,
} from '../../src/shared/sidecar-config.ts';
import { configured, ownTarget } from './configured.ts';
import { startTestTunnelProxy, type TestTunnelProxy } from './tunnel-proxy.ts';
import { startTestUpstream, type TestUpstream } from './upstream.ts';
import { createTestCa, type TestCa } from '../tls.ts';

export const realCredential = (id: ProviderId): string => `real-credential-of-${id}-${'x'.repeat(20)}`;

/** One inference endpoint per provider: the first one that costs tokens. */
export const INFERENCE = Object.fromEntries(
  PROVIDERS.map(({ id, endpoints }) => [
    id,
    endpoints.find(({ method, free }) => method === 'POST' && !free)?.path.replace('*', 'local'),
  ]),
) as Readonly<Record<ProviderId, string>>;

/** For tests about octets, which need not be JSON: with every tool allowed, the sidecar does not read what it sends. */
export const UNREAD = { allowProviderTools: PROVIDER_TOOLS } as const satisfies Partial<SidecarConfig>;

export interface SidecarSetup {
  /** Providers with a credential. All by default. */
  readonly configured?: readonly ProviderId[];
  /** Replaces parts of the provider's default target. */
  readonly target?: Partial<Target>;
  /** Named hosts, with certificates of the fixture's CA. */
  readonly hosts?: readonly SidecarHost[];
  readonly limits?: Partial<Limits>;
  readonly config?: Partial<SidecarConfig>;
  /** Set if the sidecar does not trust the upstream's CA. */
  readonly distrustful?: true;
  /** Names for the upstream's certificate, instead of the targets' own. */
  readonly certifiedHosts?: readonly string[];
  /** Keeps what was recorded while the sidecar started. */
  readonly keepStart?: true;
}

export interface SidecarFixture {
  readonly sidecar: Sidecar;
  readonly upstream: TestUpstream;
  readonly proxy: TestTunnelProxy;
  /** Every line of the log. */
  readonly lines: object[];
  /** Waits for `count` records of requests. @returns all of them */
  readonly records: (count: number) => Promise<RequestRecord[]>;
  readonly port: (id: ProviderId) => number;
  /** Where it answers for named hosts. */
  readonly hostPorts: () => HostPorts;
  /** The CA of the upstream and of the named hosts. */
  readonly ca: TestCa;
}

/** Polls a condition that another connection's events make true. @throws Error after ten seconds */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Turns of the event loop without a change, after which none is expected. More than a retry takes. */
const QUIET_TURNS = 8;

/** Waits until no connection is being opened or closed. Both ends of every connection are in this process. */
async function quiet(): Promise<void> {
  let before = '';
  for (let turns = 0; turns < QUIET_TURNS; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const now = process
      .getActiveResourcesInfo()
      .filter((name) => name.startsWith('TCP'))
      .join();
    if (now !== before) turns = 0;
    before = now;
  }
}

/** The key and the certificates of named hosts. */
async function tlsFor(hosts: readonly SidecarHost[], ca: TestCa): Promise<Pick<SidecarConfig, 'hosts' | 'tls'>> {
  if (hosts.length === 0) return {};
  const { cert, key } = await ca.issue(hosts.map(({ name }) => name));
  return { hosts, tls: { key, chains: Object.fromEntries(hosts.map(({ name }) => [name, cert])) } };
}

function configFor(setup: SidecarSetup, proxyUrl: string, caPem: string): SidecarConfig {
  const ids = setup.configured ?? PROVIDERS.map(({ id }) => id);
  const providers = PROVIDERS.filter(({ id }) => ids.includes(id)).map((provider) => [
    provider.id,
    configured(provider.id, realCredential(provider.id), { ...ownTarget(provider), ...setup.target }),
  ]);
  return {
    providers: Object.fromEntries(providers) as SidecarConfig['providers'],
    proxyUrl,
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
    ...(setup.distrustful ? {} : { upstreamCa: caPem }),
    ...setup.config,
  };
}

/** A fixture for the tests of a `describe`. It discards what the upstream and the log recorded before each test. */
export function useSidecar(setup: SidecarSetup = {}): SidecarFixture {
  const lines: object[] = [];
  const records = (): RequestRecord[] => lines.filter((line): line is RequestRecord => 'durationMs' in line);
  const fixture = {
    lines,
    records: async (count: number) => {
      await eventually(`${count} log records`, () => records().length >= count);
      return records();
    },
    port: (id: ProviderId) => fixture.sidecar.ports[id],
    hostPorts: () => fixture.sidecar.hostPorts!,
  } as { -readonly [Name in keyof SidecarFixture]: SidecarFixture[Name] };

  beforeAll(async () => {
    const ca = await createTestCa();
    fixture.ca = ca;
    const hosts = [
      ...PROVIDERS.map(({ defaultTarget }) => defaultTarget),
      ...Object.values(setup.config?.providers ?? {}).map(({ target }) => target.host),
      setup.target?.host ?? 'localhost',
      ...(setup.hosts ?? []).map(({ name }) => name),
    ];
    fixture.upstream = await startTestUpstream(ca, setup.certifiedHosts ?? hosts);
    fixture.proxy = await startTestTunnelProxy(fixture.upstream.port);
    const config = { ...configFor(setup, fixture.proxy.url, ca.certPem), ...(await tlsFor(setup.hosts ?? [], ca)) };
    fixture.sidecar = await startSidecar(config, {
      log: {
        request: (record) => lines.push({ ...record }),
        event: (level, event, fields) => lines.push({ event, level, ...fields }),
        notice: (notice) => lines.push({ level: 'warn', ...notice }),
        isDebug: setup.config?.logLevel === 'debug',
        close: () => Promise.resolve(),
      },
      host: '127.0.0.1',
      portOf: () => 0,
      hostPorts: { connect: 0, direct: 0 },
      limits: { lingerMs: 200, connectRetryMs: 5, ...setup.limits },
    });
  });
  beforeEach(async () => {
    if (setup.keepStart) return;
    fixture.upstream.reset();
    fixture.proxy.reset();
    await eventually('the end of all tunnels', () => {
      // On a busy machine the sidecar's first tunnels may still arrive now.
      for (const tunnel of fixture.proxy.tunnels) tunnel.destroy();
      return fixture.proxy.tunnels.size === 0;
    });
    // The sidecar notices only after a while that its spare tunnel has ended. The tunnel may still have been opening.
    await quiet();
    lines.length = 0;
    fixture.proxy.reset();
    fixture.upstream.reset();
  });
  afterAll(async () => {
    await fixture.sidecar.close();
    await fixture.proxy.close();
    await fixture.upstream.close();
  });
  return fixture;
}
