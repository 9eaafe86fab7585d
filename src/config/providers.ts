import { injectionOf, type AuthHeader, type Injection } from '../shared/injection.ts';
import { isOwnHost, PROVIDERS, type Provider } from '../shared/providers.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { isAllowed, type EgressRules } from './egress-rules.ts';
import { credentialOf, type Secrets } from './secrets.ts';

/** A provider whose credential was given. The credential itself is in {@link Secrets}. */
export interface ConfiguredProvider {
  readonly provider: Provider;
  /** The variables of its given credentials, in order of precedence: the first credential is injected. */
  readonly given: readonly [string, ...string[]];
  readonly target: Target;
  /** How the first credential goes into a request. */
  readonly injection: Injection;
  /** Whether Squid lets the api-proxy reach `target`. */
  readonly isPermitted: boolean;
}

/** What the user decides for a provider. */
export interface ProviderChoices {
  readonly targetOf: (provider: Provider) => Target;
  readonly authHeaderOf: (provider: Provider) => AuthHeader | undefined;
  /** The caller's. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The providers with a credential in `secrets`.
 *
 * @throws ValueError naming a variable that cannot be used
 */
export function configuredProviders(
  secrets: Secrets,
  egress: EgressRules,
  { targetOf, authHeaderOf, environment }: ProviderChoices,
): ConfiguredProvider[] {
  return PROVIDERS.flatMap((provider) => {
    const [first, ...others] = provider.credentials.map(({ variable }) => variable).filter((name) => secrets.has(name));
    if (first === undefined) return [];
    const target = targetOf(provider);
    const injection = injectionOf(provider.injection, {
      ...{ credential: credentialOf(first, secrets), variable: first, host: target.host },
      ...{ authHeader: authHeaderOf(provider), environment },
    });
    return [
      {
        ...{ provider, given: [first, ...others], target, injection },
        isPermitted: isPermitted(provider, target.host, egress),
      },
    ];
  });
}

/** A provider's own host needs no entry in `allow-domains`. Any other upstream does. */
function isPermitted(provider: Provider, host: string, egress: EgressRules): boolean {
  return isOwnHost(provider, host) || isAllowed(egress, 'https', host);
}
