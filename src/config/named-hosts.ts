import { injectionOf, type Injection } from '../shared/injection.ts';
import type { NamedHost } from '../shared/named-host.ts';
import { isOwnHost, type ProviderId } from '../shared/providers.ts';
import type { Target } from '../shared/sidecar-config.ts';
import type { HostCredential } from './host-credentials.ts';
import type { HostRuleEntry } from './host-rules.ts';
import type { ConfiguredProvider, ProviderChoices } from './providers.ts';
import { credentialOf, type Secrets } from './secrets.ts';

/** A provider's own host, under whose name its programs ask. */
export interface NamedProviderHost {
  readonly name: string;
  readonly provider: ProviderId;
  /** Where the requests go: the host itself, or the user's own target. */
  readonly target: Target;
  readonly injection: Injection;
}

/** Hosts that the api-proxy answers for under their own names. No name is there twice. */
export interface NamedHosts {
  readonly providers: readonly NamedProviderHost[];
  readonly others: readonly NamedHost[];
}

export const NO_NAMED_HOSTS: NamedHosts = { providers: [], others: [] };

/** All names, of both kinds. */
export const hostNames = ({ providers, others }: NamedHosts): string[] =>
  [...providers, ...others].map(({ name }) => name);

/** The hosts of the configured providers. A user's own target gets what programs ask the provider's host for. */
export function providerHosts(
  configured: readonly ConfiguredProvider[],
  secrets: Secrets,
  { authHeaderOf, environment }: Pick<ProviderChoices, 'authHeaderOf' | 'environment'>,
): NamedProviderHost[] {
  return configured.flatMap(({ provider, given, target, injection }) => {
    const isOwn = isOwnHost(provider, target.host);
    const names = new Set([provider.defaultTarget, ...(isOwn ? [target.host] : []), ...provider.otherHosts]);
    return [...names].map((name) => {
      if (!isOwn || name === target.host) {
        return { name, provider: provider.id, target, injection };
      }
      const about = {
        ...{ credential: credentialOf(given[0], secrets), variable: given[0], host: name },
        ...{ authHeader: authHeaderOf(provider), environment },
      };
      return {
        ...{ name, provider: provider.id },
        target: { host: name, port: 443, basePath: '' },
        injection: injectionOf(provider.injection, about),
      };
    });
  });
}

/** The hosts that the programs of the configured providers ask beside the APIs, with what they ask. */
export function companionHosts(configured: readonly ConfiguredProvider[]): NamedHost[] {
  return configured.flatMap(({ provider, given }) =>
    provider.companions
      .filter(({ credential }) => given.includes(credential))
      .map(({ host, method, path, credential }) => ({
        name: host,
        rules: [
          {
            method,
            path,
            credential: { name: credential, header: 'authorization', prefix: 'Bearer ' },
            source: provider.name,
          },
        ],
        echoesNothing: true,
      })),
  );
}

/**
 * The hosts of the user's. A rule uses the credential of its host, if there is one.
 *
 * @param builtIn hosts of AWF's own, such as GitHub's: the user's rules come before theirs
 */
export function ruledHosts(
  credentials: readonly HostCredential[],
  entries: readonly HostRuleEntry[],
  builtIn: readonly NamedHost[],
): NamedHost[] {
  const names = new Set([...builtIn, ...credentials, ...entries].map(({ name }) => name));
  return [...names].map((name) => {
    const given = credentials.find((one) => one.name === name);
    const known = builtIn.filter((one) => one.name === name);
    const use = given?.use ?? known.flatMap(({ credential }) => credential ?? []).at(-1);
    const own = entries
      .filter((entry) => entry.name === name)
      .map(({ rule }) => ({ ...rule, ...(use && { credential: use }) }));
    const rules = [...own, ...known.flatMap((host) => host.rules)];
    const open = given && rules.length === 0 ? given.rules : [];
    const isKnown = given === undefined && known.length > 0 && known.every(({ echoesNothing }) => echoesNothing);
    const option = known.flatMap((host) => host.option ?? [])[0];
    return {
      name,
      rules: [...rules, ...open],
      ...(option !== undefined && { option }),
      ...(isKnown && { echoesNothing: true as const }),
    };
  });
}

/** The placeholders that clients of the user's hosts insist on. */
export function hostVariables(credentials: readonly HostCredential[]): Record<string, string> {
  return Object.fromEntries(credentials.flatMap(({ variables }) => Object.entries(variables)));
}
