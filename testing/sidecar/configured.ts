/** A provider as the api-proxy gets it from a run whose user leaves everything as it is. */

import { injectionOf } from '../../src/shared/injection.ts';
import { PROVIDERS, type Provider, type ProviderId } from '../../src/shared/providers.ts';
import type { SidecarProvider, Target } from '../../src/shared/sidecar-config.ts';

/** The provider's default host. */
export const ownTarget = ({ defaultTarget }: Provider): Target => ({ host: defaultTarget, port: 443, basePath: '' });

/** @param variable under which the credential was given; the first of the provider's by default */
export function configured(id: ProviderId, credential: string, target?: Target, variable?: string): SidecarProvider {
  const provider = PROVIDERS.find((one) => one.id === id)!;
  const upstream = target ?? ownTarget(provider);
  const injection = injectionOf(provider.injection, {
    ...{ credential, variable: variable ?? provider.credentials[0]!.variable, host: upstream.host },
    ...{ authHeader: undefined, environment: {} },
  });
  return { credential, target: upstream, injection };
}
