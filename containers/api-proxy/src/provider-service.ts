import type { IncomingMessage, ServerResponse } from 'node:http';
import { MODEL_CHOICE_PATH, type ModelChoice } from '../../../src/shared/model-choice.ts';
import type { ApiError } from '../../../src/shared/provider-entry.ts';
import { isOwnHost, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import type { SidecarConfig, SidecarProvider } from '../../../src/shared/sidecar-config.ts';
import { notConfigured } from './errors.ts';
import { ToolGuard } from './judge/tool-guard.ts';
import type { Log } from './log.ts';
import { ReflectionGuard } from './reflection.ts';
import { answerHealth, answerModelChoice } from './reply.ts';
import type { AdmittedRequest } from './request/admission.ts';
import { endpointCheck, type EndpointCheck } from './request/endpoints.ts';
import { headerRules } from './request/headers.ts';
import { pathsBelow, type Route } from './route.ts';
import { jsonAnswer, type ErrorAnswer, type Passage, type Service } from './service.ts';
import type { TunnelAgent } from './upstream/agent.ts';
import { authorityOf } from './upstream/tunnel.ts';
import type { Budget, Spending } from './usage/budget.ts';
import { prepareDialect, UsageReading, type PreparedDialect } from './usage/reading.ts';

/** The way to a configured provider, and what may take it. */
export interface ProviderWay {
  readonly route: Route;
  readonly agent: TunnelAgent;
  readonly checkEndpoint: EndpointCheck;
  readonly toolGuard: ToolGuard;
}

export interface ProviderServiceOptions {
  readonly provider: Provider;
  /** Undefined if the run was given no credential for the provider. */
  readonly way: ProviderWay | undefined;
  readonly budget: Budget;
  readonly maxBodyBytes: number;
  /** The provider's own host, if clients ask under that name; undefined at the provider's port. */
  readonly host?: string;
  /** Present if the command is to be told which model to set; it may have to wait for `modelListMs`. */
  readonly modelChoice?: { readonly choice: Promise<ModelChoice | undefined>; readonly modelListMs: number };
}

/** A provider's inference API. */
export class ProviderService implements Service {
  readonly provider: ProviderId;
  readonly host: string | null;
  readonly pathForm = 'inference';
  readonly credentialQuery: ReadonlySet<string>;
  readonly maxBodyBytes: number;
  readonly subprotocols: readonly string[];
  readonly #options: ProviderServiceOptions;
  readonly #dialect: PreparedDialect;
  readonly #spending: Spending;

  constructor(options: ProviderServiceOptions) {
    const { provider, budget, maxBodyBytes, host } = options;
    this.#options = options;
    this.provider = provider.id;
    this.host = host ?? null;
    this.credentialQuery = new Set(provider.credentialQuery.map((name) => name.toLowerCase()));
    this.maxBodyBytes = maxBodyBytes;
    this.subprotocols = provider.subprotocols;
    this.#dialect = prepareDialect(provider);
    this.#spending = budget.spendingOf(provider);
  }

  answer({ method, path }: AdmittedRequest, answer: ServerResponse): boolean {
    const { provider, way, modelChoice } = this.#options;
    // Under the provider's own name, every path is the provider's.
    if (this.host !== null) return false;
    if (path === '/health' && (method === 'GET' || method === 'HEAD')) {
      answerHealth(provider.id, way !== undefined, answer);
      return true;
    }
    if (modelChoice === undefined || path !== MODEL_CHOICE_PATH || method !== 'GET') return false;
    void answerModelChoice(modelChoice.choice, modelChoice.modelListMs, answer);
    return true;
  }

  decide(asked: AdmittedRequest, { rawHeaders }: IncomingMessage, isUpgrade: boolean): Passage {
    const { provider, way, budget } = this.#options;
    if (!way) throw notConfigured(provider);
    const { route, checkEndpoint, toolGuard } = way;
    const { generates, isKnown, path } = checkEndpoint(isUpgrade ? { ...asked, method: 'WEBSOCKET' } : asked);
    const admitted = path === asked.path ? asked : { ...asked, path };
    return {
      admitted,
      route,
      judge: isKnown ? toolGuard.admit(admitted, rawHeaders) : undefined,
      usage: new UsageReading(this.#dialect, path, generates, budget),
      spending: this.#spending,
      rule: null,
    };
  }

  errorAnswer(error: ApiError): ErrorAnswer {
    return jsonAnswer(this.#options.provider.errorBody(error));
  }
}

/** Composes the way to a configured provider. */
export function providerWay(
  provider: Provider,
  configured: Pick<SidecarProvider, 'target' | 'credential' | 'injection'>,
  agent: TunnelAgent,
  { allowEndpoints = [], allowProviderTools = [] }: SidecarConfig,
  log: Log,
): ProviderWay {
  const { target, credential } = configured;
  // A gateway may be set up to echo headers. The providers themselves do not, so their clients keep compression.
  const isOwn = isOwnHost(provider, target.host);
  const plainOnly = !isOwn;
  const guard = new ReflectionGuard([credential], { plainOnly }, () => {
    log.event('warn', 'credential-reflected', { provider: provider.id });
  });
  const route = {
    ...{ target, agent, guard },
    authority: authorityOf(target),
    upstreamPath: pathsBelow(target.basePath),
    rules: headerRules(provider, configured, plainOnly),
  };
  const added = allowEndpoints.filter((endpoint) => endpoint.provider === provider.id);
  return {
    ...{ route, agent },
    toolGuard: new ToolGuard(provider, allowProviderTools),
    checkEndpoint: endpointCheck(provider, added, isOwn),
  };
}
