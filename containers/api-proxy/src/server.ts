import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SecureContext } from 'node:tls';
import { isOwnHost, PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import type { SidecarConfig } from '../../../src/shared/sidecar-config.ts';
import { Budget } from './usage/budget.ts';
import { endpointCheck } from './request/endpoints.ts';
import { headerRules } from './request/headers.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { createListener, type Listener, type ListenerOptions } from './listener.ts';
import type { Log } from './log.ts';
import { errorCode } from './errors.ts';
import { ReflectionGuard } from './reflection.ts';
import { authorityOf } from './upstream/tunnel.ts';
import { trustStore, TunnelAgent } from './upstream/agent.ts';

export interface SidecarOptions {
  readonly log: Log;
  /** Address to listen on; all of the container's by default. */
  readonly host?: string;
  /** 0 takes a free one; the provider's own by default. */
  readonly portOf?: (provider: Provider) => number;
  readonly limits?: Partial<Limits>;
}

export interface Sidecar {
  /** By provider. */
  readonly ports: Readonly<Record<ProviderId, number>>;
  /** Ends every connection and resolves once their requests are in the log. */
  readonly close: () => Promise<void>;
}

interface ProviderServer {
  readonly provider: Provider;
  readonly listener: Listener;
  readonly agent: TunnelAgent | undefined;
}

/** What the providers' servers have in common. */
type Around = Pick<ListenerOptions, 'log' | 'limits' | 'budget'>;

function createProviderServer(
  provider: Provider,
  config: SidecarConfig,
  secureContext: SecureContext,
  around: Around,
): ProviderServer {
  const configured = config.providers[provider.id];
  const { maxBodyBytes, allowEndpoints = [] } = config;
  const { log, limits } = around;
  if (!configured) {
    return {
      provider,
      agent: undefined,
      listener: createListener({ ...around, provider, route: undefined, maxBodyBytes }),
    };
  }
  const { target, credential } = configured;
  const proxy = new URL(config.proxyUrl);
  const agent = new TunnelAgent({ provider, target, proxy, secureContext, timeoutMs: limits.connectTimeoutMs }, limits);
  const checkEndpoint = endpointCheck(
    provider,
    allowEndpoints.filter((added) => added.provider === provider.id),
  );
  // Gateways may have been set up to repeat headers; the providers themselves do not, and their clients keep compression.
  const plainOnly = !isOwnHost(provider, target.host);
  let warned = false;
  const guard = new ReflectionGuard(credential, plainOnly, () => {
    if (!warned) log.event('warn', 'credential-reflected', { provider: provider.id });
    warned = true;
  });
  const rules = headerRules(provider, credential, plainOnly);
  const route = { target, authority: authorityOf(target), checkEndpoint, rules, guard, plainOnly, agent };
  return { provider, agent, listener: createListener({ ...around, provider, route, maxBodyBytes }) };
}

async function listen(
  { listener, provider }: ProviderServer,
  port: number,
  host: string | undefined,
): Promise<[ProviderId, number]> {
  const { server } = listener;
  // Not even `0.0.0.0` as a host: Node would load its resolver for it, a megabyte.
  server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
  await once(server, 'listening');
  return [provider.id, (server.address() as AddressInfo).port];
}

async function prewarm({ agent, provider }: ProviderServer, log: Log): Promise<void> {
  try {
    await agent?.prewarm();
  } catch (error) {
    log.event('warn', 'prewarm-failed', { provider: provider.id, error: errorCode(error) });
  }
}

async function closeServer({ listener, agent }: ProviderServer): Promise<void> {
  await listener.end();
  agent?.destroy();
}

/**
 * Listens on one port per provider, and opens each configured provider's first tunnel without waiting for it.
 *
 * @throws Error when a port cannot be listened on; none is left open then
 */
export async function startSidecar(config: SidecarConfig, options: SidecarOptions): Promise<Sidecar> {
  const { log, host, portOf = ({ port }: Provider) => port } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const secureContext = trustStore(config.upstreamCa);
  const around = { log, limits, budget: new Budget(config.budget ?? {}) };
  const servers = PROVIDERS.map((provider) => createProviderServer(provider, config, secureContext, around));
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    const ports = await Promise.all(servers.map((server) => listen(server, portOf(server.provider), host)));
    for (const server of servers) void prewarm(server, log);
    return { ports: Object.fromEntries(ports) as Record<ProviderId, number>, close };
  } catch (error) {
    await close();
    throw error;
  }
}
