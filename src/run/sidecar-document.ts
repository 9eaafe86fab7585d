import type { ModelQuestion } from '../agent/provider-variables.ts';
import type { RunAuthority } from '../authority/authority.ts';
import type { Config } from '../config/config.ts';
import type { EgressEntry } from '../config/egress-entry.ts';
import { hostNames, type NamedHosts } from '../config/named-hosts.ts';
import { credentialOf, type Secrets } from '../config/secrets.ts';
import type { NamePattern } from '../shared/host-pattern.ts';
import type { Injection } from '../shared/injection.ts';
import type { CredentialUse, NamedHost } from '../shared/named-host.ts';
import { forwardUrl, HOST_PORTS, squidUrl, TRANSPARENT_PORTS, type Addresses } from '../shared/network.ts';
import { isOwnHost, PROVIDERS, type Provider, type ProviderId } from '../shared/providers.ts';
import {
  DEFAULT_MAX_BODY_BYTES,
  type SidecarConfig,
  type SidecarHost,
  type SidecarHostCredential,
  type SidecarRuledHost,
} from '../shared/sidecar-config.ts';
import type { SidecarTransparent } from '../shared/transparent.ts';
import type { EgressTarget } from '../squid/config.ts';

/** What the document contains besides the configuration. */
export interface SidecarFacts {
  readonly addresses: Addresses;
  readonly questions: ReadonlyMap<ProviderId, ModelQuestion>;
  /** Undefined without named hosts. */
  readonly authority: RunAuthority | undefined;
}

/** The document on the api-proxy's standard input: it holds the credentials. */
export function sidecarConfig(
  config: Config,
  secrets: Secrets,
  { addresses, questions, authority }: SidecarFacts,
): SidecarConfig {
  return {
    proxyUrl: squidUrl(addresses),
    ...(config.transparent && { transparent: sidecarTransparent(config, addresses) }),
    providers: Object.fromEntries(
      config.providers.map(({ provider, given, target, injection }) => [
        provider.id,
        {
          ...{ credential: credentialOf(given[0], secrets), target, injection },
          checksKey: config.checkKeys && isOrdinary(provider, target.host, injection),
          ...(questions.has(provider.id) && { model: questions.get(provider.id) }),
        },
      ]),
    ),
    ...(authority && {
      hosts: sidecarHosts(config.namedHosts, secrets),
      tls: { key: authority.key, chains: authority.chains },
    }),
    ...(config.upstreamCa === undefined ? {} : { upstreamCa: config.upstreamCa }),
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
    allowEndpoints: config.allowEndpoints,
    allowProviderTools: config.allowProviderTools,
    budget: config.budget,
    prices: config.prices,
    logLevel: config.logLevel,
  };
}

/** The names that the sidecar leads to itself. Squid decides on each request to one of them. */
function sidecarTransparent({ egress, namedHosts }: Config, addresses: Addresses): SidecarTransparent {
  const pattern = ({ host, match }: NamePattern): NamePattern => ({ host, match });
  const allowed = egress.allow.map(pattern);
  const named = hostNames(namedHosts).map((host): NamePattern => ({ host, match: 'host' }));
  return {
    address: addresses['api-proxy'],
    proxyUrl: forwardUrl(addresses),
    ...(egress.mode === 'block' && { allow: [...allowed, ...named] }),
    deny: egress.deny.map(pattern),
    tlsPorts: carriedPorts(egress.allow),
  };
}

/**
 * Ports of entries such as `https://example.com:8443`. A program is not carried to a port at which the sidecar has something
 * else, nor below those that its user may listen on.
 */
function carriedPorts(entries: readonly EgressEntry[]): number[] {
  const lowest = Math.min(...Object.values(TRANSPARENT_PORTS));
  const own = [...PROVIDERS.map(({ port }) => port), ...Object.values(HOST_PORTS), ...Object.values(TRANSPARENT_PORTS)];
  const ports = entries.flatMap(({ port }) => port ?? []);
  return [...new Set(ports)].filter((port) => port >= lowest && !own.includes(port));
}

/** What Squid lets the api-proxy reach. */
export function egressTargets({ providers, namedHosts }: Config): EgressTarget[] {
  const targets = providers.map(({ target, isPermitted }) => ({ ...target, permitted: isPermitted }));
  const isTarget = (name: string): boolean => targets.some(({ host, port }) => host === name && port === 443);
  const isUpstream = (name: string): boolean =>
    namedHosts.providers.every((host) => host.name !== name || host.target.host === name);
  const named = hostNames(namedHosts).filter((name) => !isTarget(name) && isUpstream(name));
  return [...targets, ...named.map((host) => ({ host, port: 443, basePath: '', permitted: true }))];
}

function sidecarHosts({ providers, others }: NamedHosts, secrets: Secrets): SidecarHost[] {
  return [...providers, ...others.map((host) => ruledHost(host, secrets))];
}

function ruledHost({ name, rules, option, echoesNothing }: NamedHost, secrets: Secrets): SidecarRuledHost {
  const credentials: SidecarHostCredential[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (use: CredentialUse): number => {
    const key = JSON.stringify(use);
    const index = indexes.get(key) ?? credentials.push(hostCredential(use, secrets)) - 1;
    indexes.set(key, index);
    return index;
  };
  return {
    name,
    rules: rules.map(({ credential, ...rule }) => ({
      ...rule,
      ...(credential && { credential: indexOf(credential) }),
    })),
    credentials,
    ...(option !== undefined && { option }),
    ...(echoesNothing && { echoesNothing }),
  };
}

function hostCredential(use: CredentialUse, secrets: Secrets): SidecarHostCredential {
  const { name, header, prefix, user, pathBelow } = use;
  const secret = credentialOf(name, secrets);
  if (pathBelow !== undefined) return { header: '', value: '', secrets: [secret], path: pathBelow + secret };
  if (user === undefined) return { header, value: prefix + secret, secrets: [secret] };
  // RFC 7617, section 2.
  const encoded = Buffer.from(`${user}:${secret}`).toString('base64');
  return { header, value: prefix + encoded, secrets: [secret, encoded] };
}

/** A gateway's list of models, or one for another kind of credential, may be refused for reasons of its own. */
function isOrdinary(provider: Provider, host: string, { header, prefix }: Injection): boolean {
  return isOwnHost(provider, host) && header === provider.injection.header && prefix === provider.injection.prefix;
}
