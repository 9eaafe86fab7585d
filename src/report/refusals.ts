import type { Config } from '../config/config.ts';
import { covers } from '../shared/host-pattern.ts';
import { isOwnHost, PROVIDERS, type Provider } from '../shared/providers.ts';
import { isAllowable } from './allow-proposal.ts';
import type { RefusedRequest } from './hosts.ts';
import { programsAsking, sideTrafficOf } from './side-traffic.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';

/** A refusal that nobody needs to look into. */
export interface Harmless {
  /** The name, or the line of a request at a named host. */
  readonly what: string;
  /** The programs that ask on their own. */
  readonly programs: readonly string[];
}

/** What was refused, or would have been, by what there is to do about it. Each name is in one of the lists. */
export interface Refusals {
  /** Names that a line in `allow-domains` would allow. */
  readonly allowable: readonly JudgedDomain[];
  /** What no line in `allow-domains` would allow: addresses, denied names, tunnels without TLS. */
  readonly closed: readonly JudgedDomain[];
  /** Models' own hosts, for which a key is missing. */
  readonly keyless: readonly (JudgedDomain & { readonly provider: Provider })[];
  /** Requests at named hosts that no rule allows. */
  readonly atHosts: readonly RefusedRequest[];
  /** What agent programs ask for on their own. */
  readonly harmless: readonly Harmless[];
  /** What `known-blocked` names. */
  readonly expected: readonly string[];
}

/**
 * Sorts what was refused.
 *
 * @param refused names that Squid refused, or would have in an audit
 * @param atHosts requests that the api-proxy refused
 */
export function refusalsOf(
  { providers, knownBlocked }: Pick<Config, 'providers' | 'knownBlocked'>,
  refused: DomainTraffic['blocked'],
  atHosts: readonly RefusedRequest[],
): Refusals {
  const given = providers.map(({ provider }) => provider);
  const isExpected = (host: string): boolean => knownBlocked.some((pattern) => covers(pattern, host));
  const names = Map.groupBy(refused, ({ domain, ...one }) => {
    if (isExpected(domain)) return 'expected';
    if (sideTrafficOf(domain, given).length > 0) return 'harmless';
    if (keylessProvider(domain, given) !== undefined) return 'keyless';
    return isAllowable({ domain, ...one }) ? 'allowable' : 'closed';
  });
  const requests = Map.groupBy(atHosts, (one) => {
    if (isExpected(one.host)) return 'expected';
    return programsAsking(one, given).length > 0 ? 'harmless' : 'atHosts';
  });
  return {
    allowable: names.get('allowable') ?? [],
    closed: names.get('closed') ?? [],
    keyless: (names.get('keyless') ?? []).flatMap((one) => {
      const provider = keylessProvider(one.domain, given);
      return provider === undefined ? [] : [{ ...one, provider }];
    }),
    atHosts: requests.get('atHosts') ?? [],
    harmless: [
      ...(names.get('harmless') ?? []).map(({ domain }) => ({ what: domain, programs: sideTrafficOf(domain, given) })),
      ...(requests.get('harmless') ?? []).map((one) => ({ what: one.line, programs: programsAsking(one, given) })),
    ],
    expected: [
      ...new Set((names.get('expected') ?? []).map(({ domain }) => domain)),
      ...(requests.get('expected') ?? []).map(({ line }) => line),
    ],
  };
}

/** Nobody has to allow a model's own host: the api-proxy reaches it, if it has a key. */
function keylessProvider(domain: string, given: readonly Provider[]): Provider | undefined {
  const isOf = (provider: Provider): boolean => isOwnHost(provider, domain) || provider.otherHosts.includes(domain);
  return PROVIDERS.find((provider) => isOf(provider) && !given.includes(provider));
}

/** What somebody has to look into, one line each. */
export function unexpectedOf({ allowable, closed, keyless, atHosts }: Refusals): string[] {
  const names = [...allowable, ...closed, ...keyless].map(({ domain }) => domain);
  return [...new Set(names), ...atHosts.map(({ line }) => line)];
}
