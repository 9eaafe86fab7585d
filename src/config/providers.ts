import { isOwnHost, PROVIDERS, type Provider } from '../shared/providers.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { isAllowed, type AllowList } from './allow-list.ts';
import type { Secrets } from './secrets.ts';

/** A provider whose credential was given. The credential itself is in {@link Secrets}. */
export interface ConfiguredProvider {
  readonly provider: Provider;
  /** The variables of its given credentials, in order of precedence: the first credential is injected. */
  readonly given: readonly [string, ...string[]];
  readonly target: Target;
  /** Whether Squid lets the api-proxy reach `target`. */
  readonly isPermitted: boolean;
}

/** The providers with a credential in `secrets`. */
export function configuredProviders(
  secrets: Secrets,
  allow: AllowList,
  targetOf: (provider: Provider) => Target,
): ConfiguredProvider[] {
  return PROVIDERS.flatMap((provider) => {
    const [first, ...others] = provider.credentials.map(({ variable }) => variable).filter((name) => secrets.has(name));
    if (first === undefined) return [];
    const target = targetOf(provider);
    return [{ provider, given: [first, ...others], target, isPermitted: isPermitted(provider, target.host, allow) }];
  });
}

/** A provider's own host needs no entry in `allow-domains`. Any other upstream does. */
function isPermitted(provider: Provider, host: string, allow: AllowList): boolean {
  return isOwnHost(provider, host) || isAllowed(allow, 'https', host);
}
