import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SecureContext } from 'node:tls';
import { lazyPricing } from '../../../src/shared/prices.ts';
import type { ModelChoice } from '../../../src/shared/model-choice.ts';
import { isOwnHost, PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import type { SidecarConfig, SidecarProvider } from '../../../src/shared/sidecar-config.ts';
import { errorCode } from './errors.ts';
import { pathsBelow, type Route } from './forward.ts';
import { ToolGuard } from './judge/tool-guard.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Listener } from './listener.ts';
import type { Log } from './log.ts';
import { readModelList } from './model-list.ts';
import { ReflectionGuard } from './reflection.ts';
import { endpointCheck } from './request/endpoints.ts';
import { headerRules } from './request/headers.ts';
import { trustStore, TunnelAgent } from './upstream/agent.ts';
import { authorityOf } from './upstream/tunnel.ts';
import { Budget } from './usage/budget.ts';

export interface SidecarOptions {
  readonly log: Log;
  /** Address to listen on; every address of the container by default. */
  readonly host?: string;
  /** 0 takes a free port; the provider's own by default. */
  readonly portOf?: (provider: Provider) => number;
  readonly limits?: Partial<Limits>;
}

export interface Sidecar {
  readonly ports: Readonly<Record<ProviderId, number>>;
  /** Ends every connection, and resolves once all requests are in the log. */
  readonly close: () => Promise<void>;
}

interface ProviderServer {
  readonly provider: Provider;
  readonly listener: Listener;
  /** Undefined if the provider is not configured. */
  readonly agent: TunnelAgent | undefined;
  /** Asks the provider for its models, if somebody wants to know. */
  readonly askModels?: () => void;
}

/** What all providers' servers share. */
interface Context {
  readonly config: SidecarConfig;
  readonly log: Log;
  readonly limits: Limits;
  readonly budget: Budget;
  readonly secureContext: SecureContext;
}

function createAgent(provider: Provider, { target }: SidecarProvider, context: Context): TunnelAgent {
  const { config, limits, secureContext } = context;
  const proxy = new URL(config.proxyUrl);
  return new TunnelAgent({ provider, target, proxy, secureContext, timeoutMs: limits.connectTimeoutMs }, limits);
}

function createRoute(
  provider: Provider,
  configured: SidecarProvider,
  agent: TunnelAgent,
  { config, log }: Context,
): Route {
  const { target, credential } = configured;
  const { allowEndpoints = [], allowProviderTools = [] } = config;
  // A gateway may be set up to echo headers. The providers themselves do not, so their clients keep compression.
  const isOwn = isOwnHost(provider, target.host);
  const plainOnly = !isOwn;
  let hasWarned = false;
  const guard = new ReflectionGuard(credential, plainOnly, () => {
    if (!hasWarned) log.event('warn', 'credential-reflected', { provider: provider.id });
    hasWarned = true;
  });
  return {
    target,
    agent,
    guard,
    authority: authorityOf(target),
    upstreamPath: pathsBelow(target.basePath),
    rules: headerRules(provider, configured, plainOnly),
    toolGuard: new ToolGuard(provider, allowProviderTools),
    checkEndpoint: endpointCheck(
      provider,
      allowEndpoints.filter((added) => added.provider === provider.id),
      isOwn,
    ),
  };
}

function createProviderServer(provider: Provider, context: Context): ProviderServer {
  const { log, limits, budget, config } = context;
  const options = { provider, limits, budget, log, maxBodyBytes: config.maxBodyBytes };
  const configured = config.providers[provider.id];
  if (!configured) return { provider, agent: undefined, listener: new Listener({ ...options, route: undefined }) };
  const agent = createAgent(provider, configured, context);
  const route = createRoute(provider, configured, agent, context);
  const modelChoice = Promise.withResolvers<ModelChoice | undefined>();
  const askModels = (): void => {
    modelChoice.resolve(readModelList(provider, configured, route, limits, log));
  };
  return {
    provider,
    agent,
    listener: new Listener({ ...options, route, ...(configured.model && { modelChoice: modelChoice.promise }) }),
    ...((configured.checksKey === true || configured.model) && { askModels }),
  };
}

async function listen(
  { listener: { server } }: ProviderServer,
  port: number,
  host: string | undefined,
): Promise<number> {
  // With a host, even `0.0.0.0`, Node would load its resolver, which takes a megabyte.
  server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
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

async function closeServer({ listener, agent }: ProviderServer): Promise<void> {
  await listener.end();
  agent?.destroy();
}

/**
 * Listens on one port per provider, and opens each configured provider's first tunnel in the background.
 *
 * @throws Error if a port cannot be listened on; no other port stays open then
 */
export async function startSidecar(config: SidecarConfig, options: SidecarOptions): Promise<Sidecar> {
  const { log, host, portOf = ({ port }: Provider) => port } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const secureContext = trustStore(config.upstreamCa);
  const budget = new Budget(config.budget ?? {}, (notice) => {
    log.notice(notice);
  });
  const context = { config, log, limits, secureContext, budget };
  const servers = PROVIDERS.map((provider) => createProviderServer(provider, context));
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    const ports = await Promise.all(
      servers.map(async (server) => [server.provider.id, await listen(server, portOf(server.provider), host)] as const),
    );
    for (const server of servers) void prewarm(server, log).then(server.askModels);
    if (budget.limitsCost) void price(budget, config);
    return { ports: Object.fromEntries(ports) as Record<ProviderId, number>, close };
  } catch (error) {
    await close();
    throw error;
  }
}
