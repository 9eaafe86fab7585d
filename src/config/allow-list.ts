import { parse } from 'tldts';
import { UserError } from '../errors.ts';
import { canonicalHost, isWithin, looksLikeAddress } from './domain.ts';
import type { ParseContext } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** The schemes to which an entry may be limited. */
export const SCHEMES = ['https', 'http'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** The names that one scheme may reach. No name is covered by another one in the same list. */
export interface DomainSet {
  /** The domain itself and its subdomains. */
  readonly domains: readonly string[];
  /** Subdomains only: `*.example.com` is stored as `example.com`. */
  readonly subdomainsOf: readonly string[];
}

export type AllowList = Readonly<Record<Scheme, DomainSet>>;

/** An entry of `allow-domains`. */
export interface AllowEntry {
  readonly schemes: readonly Scheme[];
  readonly host: string;
  readonly subdomainsOnly: boolean;
}

/** The names that the entries allow, for each scheme. */
export function allowList(entries: readonly AllowEntry[]): AllowList {
  return { https: collapse(entries, 'https'), http: collapse(entries, 'http') };
}

/** Whether `scheme` may reach `host`. */
export function isAllowed(list: AllowList, scheme: Scheme, host: string): boolean {
  const { domains, subdomainsOf } = list[scheme];
  return (
    domains.some((domain) => isWithin(host, domain)) ||
    subdomainsOf.some((domain) => host !== domain && isWithin(host, domain))
  );
}

/**
 * Reads an entry of `allow-domains`.
 *
 * @throws UserError naming the entry's place, what is wrong with it and, if possible, what to write instead
 */
export function allowEntry({ text: entry, source }: Given, { nameOf }: ParseContext): AllowEntry {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${entry}" ${problem}.`, { hint });
  };
  const match = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<wildcard>\*\.)?(?<rest>.*)$/i.exec(entry)?.groups ?? {};
  const scheme = match['scheme']?.toLowerCase();
  const rest = match['rest'] ?? '';
  const hostText = rest.replace(/[/?#:].*$/s, '');
  const prefix = `${scheme === 'https' || scheme === 'http' ? `${scheme}://` : ''}${match['wildcard'] ?? ''}`;
  const suggestion = `Write "${prefix}${hostText}".`;
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http') {
    return fail(`has the scheme ${scheme}`, `Only https:// and http:// can be allowed. ${suggestion}`);
  }
  if (looksLikeAddress(rest) || looksLikeAddress(hostText) || /^\[/.test(rest)) {
    return fail('is an IP address', `Only names can be allowed; give the address a name with ${nameOf('add-hosts')}.`);
  }
  if (/^[^/]*@/.test(rest)) return fail('has a user name', `Write "${rest.replace(/^.*@/, '')}".`);
  if (/^[^/]*:/.test(rest)) return fail('has a port', `Ports 80 and 443 are always allowed. ${suggestion}`);
  if (/[/?#]/.test(rest)) return fail('has a path', `Whole domains are allowed, not paths. ${suggestion}`);
  if (rest.includes('*')) {
    return fail(
      'has a wildcard inside',
      `A wildcard stands for all subdomains only: "*.${rest.replace(/^.*\*\.?/, '')}".`,
    );
  }
  const host = canonicalHost(rest);
  if (host === undefined) return fail('is not a domain name', 'Write a name such as "example.com".');
  const { publicSuffix, isIcann } = parse(host, { allowPrivateDomains: false });
  if (publicSuffix === host && isIcann === true) {
    return fail('is a public suffix, under which anybody can register', `Name the domain itself: "example.${host}".`);
  }
  if (!host.includes('.') && match['wildcard'] !== undefined) {
    return fail('is a whole top-level domain', `Name the domain itself: "example.${host}".`);
  }
  return { schemes: scheme ? [scheme] : SCHEMES, host, subdomainsOnly: match['wildcard'] !== undefined };
}

/** Drops names that another entry of the same scheme covers, so that Squid's lists contain no name twice. */
function collapse(entries: readonly AllowEntry[], scheme: Scheme): DomainSet {
  const ofScheme = entries.filter((entry) => entry.schemes.includes(scheme));
  const hosts = (subdomainsOnly: boolean): string[] => [
    ...new Set(ofScheme.filter((entry) => entry.subdomainsOnly === subdomainsOnly).map((entry) => entry.host)),
  ];
  const strictlyWithin = (host: string, domain: string): boolean => host !== domain && isWithin(host, domain);
  const full = hosts(false);
  const wild = hosts(true);
  const domains = full.filter((host) => ![...full, ...wild].some((other) => strictlyWithin(host, other)));
  const subdomainsOf = wild.filter(
    (host) => !full.some((other) => isWithin(host, other)) && !wild.some((other) => strictlyWithin(host, other)),
  );
  return { domains: domains.sort(), subdomainsOf: subdomainsOf.sort() };
}
