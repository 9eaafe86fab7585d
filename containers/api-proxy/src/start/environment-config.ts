import { SERVER_URL_VARIABLE } from '../../../../src/shared/copilot-host.ts';
import { injectionOf, parseAuthHeader } from '../../../../src/shared/injection.ts';
import { ownHost, PROVIDERS, type Provider, type ProviderId } from '../../../../src/shared/providers.ts';
import { PROXY_VARIABLE } from '../../../../src/shared/proxy-variables.ts';
import {
  DEFAULT_MAX_BODY_BYTES,
  normaliseCredential,
  type SidecarConfig,
  type SidecarProvider,
} from '../../../../src/shared/sidecar-config.ts';
import { parseTarget } from '../../../../src/shared/target.ts';
import { requireProxyUrl } from './proxy-url.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

function providerFromEnvironment(provider: Provider, env: Environment): SidecarProvider | undefined {
  for (const { variable } of provider.credentials) {
    const credential = normaliseCredential(variable, env[variable]);
    if (credential === undefined) continue;
    const target = env[provider.targetVariable]?.trim() ?? '';
    const upstream = parseTarget(
      provider.targetVariable,
      target === '' ? ownHost(provider, env[SERVER_URL_VARIABLE]) : target,
    );
    const header = env[provider.authHeaderVariable]?.trim() ?? '';
    const authHeader = header === '' ? undefined : parseAuthHeader(provider.authHeaderVariable, header);
    const about = { credential, variable, host: upstream.host, authHeader, environment: env };
    return { credential, target: upstream, injection: injectionOf(provider.injection, about) };
  }
  return undefined;
}

/**
 * Reads the environment, for an image that somebody starts without a run.
 *
 * @throws Error that names the variable and never quotes its value
 */
export function configFromEnvironment(env: Environment): SidecarConfig {
  const providers: Partial<Record<ProviderId, SidecarProvider>> = {};
  for (const provider of PROVIDERS) {
    const configured = providerFromEnvironment(provider, env);
    if (configured) providers[provider.id] = configured;
  }
  return {
    providers,
    proxyUrl: requireProxyUrl(PROXY_VARIABLE.https, env[PROXY_VARIABLE.https]),
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
  };
}
