import { covers, type NamePattern } from '../shared/host-pattern.ts';
import { DEFAULT_PORTS, SCHEMES, type EgressEntry, type Scheme } from './egress-entry.ts';

/** Whether what is not allowed is refused, or let through and reported. */
export const EGRESS_MODES = ['block', 'audit'] as const;
export type EgressMode = (typeof EGRESS_MODES)[number];

/** What the command may reach, as the user wrote it. `deny` wins over `allow`. */
export interface EgressRules {
  readonly mode: EgressMode;
  readonly allow: readonly EgressEntry[];
  readonly deny: readonly EgressEntry[];
}

/** Names without any that another one of the same set covers. */
export interface DomainSet {
  readonly hosts: readonly string[];
  /** The domain itself and its subdomains. */
  readonly domains: readonly string[];
  /** Subdomains only: `*.example.com` is stored as `example.com`. */
  readonly subdomainsOf: readonly string[];
}

/** A scheme at a port, and the names that may be reached there. */
export interface Way {
  readonly scheme: Scheme;
  readonly port: number;
  readonly names: DomainSet;
}

/** What a request asks for. `host` is in the form of `canonicalHost`. */
export interface Destination {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
}

/** The answer for a destination. */
export interface Decision {
  readonly isAllowed: boolean;
  /** The entry that decides; undefined if none mentions the name. */
  readonly entry: EgressEntry | undefined;
}

/** The ways that the entries allow: those of both schemes' own ports, and one for each further port. */
export function waysOf(entries: readonly EgressEntry[]): Way[] {
  const ports = entries.flatMap(({ port }) => port ?? []);
  const others = [...new Set(ports)].sort((a, b) => a - b).map((port) => ({ scheme: 'https' as const, port }));
  const own = SCHEMES.map((scheme) => ({ scheme, port: DEFAULT_PORTS[scheme] }));
  return [...own, ...others].map((way) => ({
    ...way,
    names: domainSet(entries.filter((entry) => leadsTo(entry, way.scheme, way.port))),
  }));
}

/** Decides on a destination. Of several entries, the most specific one decides, then the first. */
export function decide({ allow, deny }: EgressRules, { scheme, host, port }: Destination): Decision {
  const denied = denialOf({ deny }, host);
  if (denied !== undefined) return { isAllowed: false, entry: denied };
  const entry = mostSpecific(allow.filter((one) => leadsTo(one, scheme, port) && covers(one, host)));
  return { isAllowed: entry !== undefined, entry };
}

/** The entry that denies a host, whatever allows it. */
export function denialOf({ deny }: Pick<EgressRules, 'deny'>, host: string): EgressEntry | undefined {
  return mostSpecific(deny.filter((entry) => covers(entry, host)));
}

/** Whether `scheme` may reach `host` at its own port. */
export function isAllowed(rules: EgressRules, scheme: Scheme, host: string): boolean {
  return decide(rules, { scheme, host, port: DEFAULT_PORTS[scheme] }).isAllowed;
}

function leadsTo({ schemes, port }: EgressEntry, scheme: Scheme, wanted: number): boolean {
  return schemes.includes(scheme) && (port ?? DEFAULT_PORTS[scheme]) === wanted;
}

const SPECIFICITY: Readonly<Record<NamePattern['match'], number>> = { host: 2, domain: 1, subdomains: 1 };

function mostSpecific(entries: readonly EgressEntry[]): EgressEntry | undefined {
  const rank = ({ host, match }: EgressEntry): number => host.length * 4 + SPECIFICITY[match];
  return entries.reduce<EgressEntry | undefined>(
    (best, entry) => (best === undefined || rank(entry) > rank(best) ? entry : best),
    undefined,
  );
}

/** Drops names that others cover, so that Squid's lists contain no name twice. */
export function domainSet(patterns: readonly NamePattern[]): DomainSet {
  const ofKind = (kind: NamePattern['match']): string[] => [
    ...new Set(patterns.filter(({ match }) => match === kind).map(({ host }) => host)),
  ];
  const [hosts, domains, subdomains] = [ofKind('host'), ofKind('domain'), ofKind('subdomains')];
  const wide: NamePattern[] = [
    ...domains.map((host) => ({ host, match: 'domain' as const })),
    ...subdomains.map((host) => ({ host, match: 'subdomains' as const })),
  ];
  const isCovered = (host: string, match: NamePattern['match']): boolean =>
    wide.some((other) => {
      if (other.host === host) return other.match === 'domain' && match !== 'domain';
      return covers(other, host);
    });
  const kept = (names: readonly string[], match: NamePattern['match']): string[] =>
    names.filter((host) => !isCovered(host, match)).sort();
  return { hosts: kept(hosts, 'host'), domains: kept(domains, 'domain'), subdomainsOf: kept(subdomains, 'subdomains') };
}
