import { isDeepStrictEqual } from 'node:util';
import { HOST_PORTS, TRANSPARENT_PORTS } from '../../../src/shared/network.ts';
import { lazyPricing } from '../../../src/shared/prices.ts';
import type { ModelChoice } from '../../../src/shared/model-choice.ts';
import { PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import type { SidecarConfig, SidecarHost, Target } from '../../../src/shared/sidecar-config.ts';
import { Capacity } from './capacity.ts';
import { errorCode } from './errors.ts';
import { graphqlFor } from './hosts/body-rules.ts';
import { HostService } from './hosts/host-service.ts';
import type { GraphqlPackage } from './judge/graphql.ts';
import { NamedHosts, type HostPorts } from './hosts/named-hosts.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { listen } from './listen.ts';
import { Listener } from './listener.ts';
import type { Log } from './log.ts';
import { readModelList } from './model-list.ts';
import { ProviderService, providerWay } from './provider-service.ts';
import type { Service } from './service.ts';
import { Transparent, type TransparentPorts } from './transparent/transparent.ts';
import { trustStore, TunnelAgent } from './upstream/agent.ts';
import type { TunnelOptions } from './upstream/tunnel.ts';
import { Budget } from './usage/budget.ts';

export interface SidecarOptions {
  readonly log: Log;
  /** Address to listen on; every address of the container by default. */
  readonly host?: string;
  /** 0 takes a free port; the provider's own by default. */
  readonly portOf?: (provider: Provider) => number;
  /** Where to answer for named hosts; {@link HOST_PORTS} by default. */
  readonly hostPorts?: HostPorts;
  /** Where to serve programs that ask no proxy; {@link TRANSPARENT_PORTS} by default. */
  readonly transparentPorts?: TransparentPorts;
  readonly limits?: Partial<Limits>;
}

export interface Sidecar {
  readonly ports: Readonly<Record<ProviderId, number>>;
  /** Undefined without named hosts. */
  readonly hostPorts: HostPorts | undefined;
  /** Undefined if programs that ask no proxy get nowhere. */
  readonly transparentPorts: TransparentPorts | undefined;
  /** Ends every connection, and resolves once all requests are in the log. */
  readonly close: () => Promise<void>;
}

/** A server of the sidecar's, and the tunnels behind it. */
interface ServiceServer {
  readonly service: Service;
  readonly listener: Listener;
  /** Undefined if the provider is not configured. */
  readonly agent: TunnelAgent | undefined;
}

/** A provider's own port. */
interface ProviderServer extends ServiceServer {
  readonly provider: Provider;
  /** Asks the provider for its models, if somebody wants to know. */
  readonly askModels?: () => void;
}

/** What all servers share. */
interface Context {
  readonly config: SidecarConfig;
  readonly log: Log;
  readonly limits: Limits;
  readonly capacity: Capacity;
  readonly budget: Budget;
  /** Undefined if no rule needs it. */
  readonly graphql: GraphqlPackage | undefined;
  readonly trust: TunnelOptions['trust'];
  /** Every agent that was made, to be ended with the sidecar. */
  readonly agents: TunnelAgent[];
}

function createAgent(owner: TunnelOptions['owner'], target: Target, context: Context): TunnelAgent {
  const { config, limits, trust } = context;
  const proxy = new URL(config.proxyUrl);
  const options = { owner, target, proxy, trust, timeoutMs: limits.connectTimeoutMs };
  const agent = new TunnelAgent(options, limits);
  context.agents.push(agent);
  return agent;
}

const ownerOf = ({ name, targetInput }: Provider): TunnelOptions['owner'] => ({ name, setting: targetInput });

function createProviderServer(provider: Provider, context: Context): ProviderServer {
  const { log, limits, capacity, budget, config } = context;
  const { maxBodyBytes } = config;
  const configured = config.providers[provider.id];
  const common = { provider, budget, maxBodyBytes };
  if (!configured) {
    const service = new ProviderService({ ...common, way: undefined });
    return { provider, service, agent: undefined, listener: new Listener({ service, limits, capacity, log }) };
  }
  const agent = createAgent(ownerOf(provider), configured.target, context);
  const way = providerWay(provider, configured, agent, config, log);
  const modelChoice = Promise.withResolvers<ModelChoice | undefined>();
  const askModels = (): void => {
    modelChoice.resolve(readModelList(provider, configured, way.route, limits, log));
  };
  const service = new ProviderService({
    ...{ ...common, way },
    ...(configured.model && { modelChoice: { choice: modelChoice.promise, modelListMs: limits.modelListMs } }),
  });
  return {
    ...{ provider, service, agent },
    listener: new Listener({ service, limits, capacity, log }),
    ...((configured.checksKey === true || configured.model) && { askModels }),
  };
}

/** The service of a named host. A provider's own host shares the tunnels of the provider's port, if both lead there. */
function serviceOf(host: SidecarHost, servers: readonly ProviderServer[], context: Context): Service {
  const { config, budget, log } = context;
  if (!('provider' in host)) {
    const owner = { name: host.name, setting: 'the name in host-rules or host-credentials' };
    const agent = createAgent(owner, { host: host.name, port: 443, basePath: '' }, context);
    return new HostService(host, agent, log, context.graphql);
  }
  const server = servers.find(({ provider }) => provider.id === host.provider);
  const configured = config.providers[host.provider];
  if (!server?.agent || !configured) throw new Error(`${host.name} belongs to a provider that is not configured.`);
  const { provider } = server;
  const isShared = isDeepStrictEqual(host.target, configured.target);
  const agent = isShared ? server.agent : createAgent(ownerOf(provider), host.target, context);
  const way = providerWay(provider, { ...host, credential: configured.credential }, agent, config, log);
  return new ProviderService({ provider, way, budget, maxBodyBytes: config.maxBodyBytes, host: host.name });
}

function createNamedHosts(servers: readonly ProviderServer[], context: Context): NamedHosts | undefined {
  const { hosts = [], tls } = context.config;
  if (hosts.length === 0 || tls === undefined) return undefined;
  return new NamedHosts(hosts, (host) => serviceOf(host, servers, context), { ...context, tls });
}

function createTransparent(named: NamedHosts | undefined, context: Context): Transparent | undefined {
  const { config, limits, log } = context;
  return config.transparent && new Transparent(config.transparent, named?.front, limits, log);
}

async function prewarm({ agent, provider }: ProviderServer, log: Log): Promise<void> {
  try {
    await agent?.prewarm();
  } catch (error) {
    log.event('warn', 'prewarm-failed', { provider: provider.id, error: errorCode(error) });
  }
}

/**
 * Gives the budget its prices. They are large, so a run without a limit in dollars never loads them, and one with it
 * listens first. If they cannot be loaded, the process ends: a limit that nobody enforces would be worse.
 */
async function price(budget: Budget, { prices = [], providers }: SidecarConfig): Promise<void> {
  const hosts = Object.fromEntries(Object.entries(providers).map(([id, { target }]) => [id, target.host]));
  budget.usePricing(await lazyPricing({ own: prices, hosts })());
}

/**
 * Listens on one port per provider, and opens each configured provider's first tunnel in the background.
 *
 * @throws Error if a port cannot be listened on; no other port stays open then
 */
export async function startSidecar(config: SidecarConfig, options: SidecarOptions): Promise<Sidecar> {
  const { log, host, portOf = ({ port }: Provider) => port } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const trust = trustStore(config.upstreamCa);
  const budget = new Budget(config.budget ?? {}, (notice) => {
    log.notice(notice);
  });
  const graphql = await graphqlFor(config.hosts ?? []);
  const capacity = new Capacity(limits);
  const context: Context = { config, log, limits, capacity, trust, budget, graphql, agents: [] };
  const servers = PROVIDERS.map((provider) => createProviderServer(provider, context));
  const named = createNamedHosts(servers, context);
  const transparent = createTransparent(named, context);
  const close = async (): Promise<void> => {
    transparent?.close();
    await Promise.all([...servers.map(({ listener }) => listener.end()), named?.end()]);
    for (const agent of context.agents) agent.destroy();
  };
  try {
    const ports = await Promise.all(
      servers.map(
        async ({ provider, listener }) => [provider.id, await listen(listener.server, portOf(provider), host)] as const,
      ),
    );
    const transparentPorts = await transparent?.listen(options.transparentPorts ?? TRANSPARENT_PORTS, host);
    const hostPorts = await named?.listen(options.hostPorts ?? HOST_PORTS, host, transparentPorts?.tls);
    for (const server of servers) void prewarm(server, log).then(server.askModels);
    if (budget.limitsCost) void price(budget, config);
    return { ports: Object.fromEntries(ports) as Record<ProviderId, number>, hostPorts, transparentPorts, close };
  } catch (error) {
    await close();
    throw error;
  }
}
