import { UserError } from '../errors.ts';
import type { NamePattern } from '../shared/host-pattern.ts';
import { canonicalHost, looksLikeAddress } from './domain.ts';
import type { ParseContext } from './option.ts';
import type { PresetHost } from './presets/expand.ts';
import { presetNamed } from './presets/names.ts';
import { suffixProblem } from './public-suffix.ts';
import { placeOf, type Given, type Source } from './source.ts';

/** The schemes to which an entry may be limited. */
export const SCHEMES = ['https', 'http'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** The port of a scheme without another one. */
export const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { https: 443, http: 80 };

export const isUsualPort = (port: number): boolean => Object.values(DEFAULT_PORTS).includes(port);

/** An entry of `allow-domains` or `deny-domains`. */
export interface EgressEntry extends NamePattern {
  readonly schemes: readonly Scheme[];
  /** A port other than the scheme's own; only of an entry for HTTPS. */
  readonly port: number | undefined;
  /** The entry as it is written, or the preset's own line. */
  readonly text: string;
  readonly source: Source;
  /** The preset that the entry comes from. */
  readonly preset?: string;
}

/** A preset that the user names, and what it became. */
export interface UsedPreset {
  readonly name: string;
  readonly source: Source;
  readonly hosts: readonly PresetHost[];
}

/** Whether an entry is a word without anything about it that only a domain has: a preset, or a name from `add-hosts`. */
export function isBareWord({ text, host }: EgressEntry): boolean {
  return text.toLowerCase() === host && !host.includes('.');
}

/** The entry's text, with the form of its name that everybody reads the same way. */
export function asciiText({ text, host, match, schemes, port }: EgressEntry): string {
  if (/^[ -~]*$/.test(text)) return text;
  const scheme = schemes.length === 1 ? `${schemes.join('')}://` : '';
  const kind = { host: '=', subdomains: '*.', domain: '' }[match];
  return `${scheme}${kind}${host}${port === undefined ? '' : `:${String(port)}`}${text.endsWith('!') ? '!' : ''}`;
}

/**
 * Whether an entry is a name without a dot, in whatever form: `npm`, `https://npm`, `npm.`. No such name is on the Internet,
 * and it would open the whole top-level domain below it, if there is one. `corp!` insists on that.
 */
export const isWord = ({ text, host }: EgressEntry): boolean => !host.includes('.') && !text.endsWith('!');

/** The parts of an entry's text. */
interface Parts {
  readonly scheme: string | undefined;
  /** `=` for one host, `*.` for subdomains only, or nothing. */
  readonly kind: string;
  readonly rest: string;
  /** True if the user insists on a name under which anybody can register. */
  readonly isInsisted: boolean;
}

/** The remedy where a text has no name. */
const ANY_NAME = 'Write a name such as "example.com".';

/** The name in an entry, without user, port and path; empty if there is none. */
const nameIn = (rest: string): string =>
  rest
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '')
    .replace(/:.*$/s, '')
    .trim();

function partsOf(entry: string): Parts {
  const pattern = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<kind>=|\*\.)?(?<rest>.*?)(?<insists>!)?$/is;
  const { scheme, kind = '', rest = '', insists } = pattern.exec(entry)?.groups ?? {};
  return { scheme: scheme?.toLowerCase(), kind, rest, isInsisted: insists !== undefined };
}

/**
 * Reads an entry of `allow-domains`.
 *
 * @throws UserError naming the entry's place, what is wrong with it and, if possible, what to write instead
 */
export function allowEntry(given: Given, context: Pick<ParseContext, 'nameOf'>): EgressEntry {
  return readEntry(given, context, true);
}

/** @param opens false for an entry that closes names: whoever closes everything below a public suffix opens nothing */
function readEntry(
  { text: entry, source }: Given,
  { nameOf }: Pick<ParseContext, 'nameOf'>,
  opens: boolean,
): EgressEntry {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${entry}" ${problem}.`, { hint });
  };
  const { scheme, kind, rest, isInsisted } = partsOf(entry);
  const hostText = nameIn(rest);
  const prefix = `${scheme === 'https' || scheme === 'http' ? `${scheme}://` : ''}${kind}`;
  const suggestion = hostText === '' ? ANY_NAME : `Write "${prefix}${hostText}".`;
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http') {
    return fail(`has the scheme ${scheme}`, `Only https:// and http:// can be allowed. ${suggestion}`);
  }
  const withoutPort = /^[^:/?#]*:\d{1,5}$/.test(rest) ? hostText : rest;
  if (looksLikeAddress(rest) || looksLikeAddress(hostText) || /^\[/.test(rest)) {
    const hint = opens
      ? `Only names can be allowed; give the address a name with ${nameOf('add-hosts')}.`
      : 'Only names can be denied. No entry opens an address, and private ones stay closed in an audit too.';
    return fail('is an IP address', hint);
  }
  if (hostText === '') return fail('is not a domain name', ANY_NAME);
  if (/^[^/?#]*@/.test(rest)) return fail('has a user name', suggestion);
  if (/[/?#]/.test(rest)) return fail('has a path', `Whole domains are allowed, not paths. ${suggestion}`);
  const port = portOf(rest, { scheme, kind }, (problem, hint = suggestion) => fail(problem, hint));
  if (withoutPort.includes('*')) return fail(...wildcardProblem(withoutPort, opens));
  const host = canonicalHost(withoutPort);
  if (host === undefined) return fail(...nameProblem(withoutPort, kind));
  // A preset may be named like a top-level domain.
  const suffix = opens && !isInsisted && presetNamed(entry) === undefined ? suffixProblem(host, kind) : undefined;
  if (suffix !== undefined) return fail(...suffix);
  return {
    schemes: scheme === undefined ? SCHEMES : [scheme],
    ...{ port, host, match: kind === '=' ? 'host' : kind === '*.' ? 'subdomains' : 'domain', text: entry, source },
  };
}

/**
 * Reads an entry of `deny-domains`: a name is closed for every scheme and port.
 *
 * @throws UserError like {@link allowEntry}
 */
export function denyEntry(given: Given, context: ParseContext): EgressEntry {
  const { scheme, kind, rest } = partsOf(given.text);
  const name = nameIn(rest);
  if (name !== '' && (scheme !== undefined || /:\d+$/.test(rest))) {
    throw new UserError(
      `${placeOf(given.source)}: "${given.text}" has a ${scheme === undefined ? 'port' : 'scheme'}.`,
      {
        hint: `A name is denied for all schemes and ports: write "${kind}${name}".`,
      },
    );
  }
  return readEntry(given, context, false);
}

/**
 * Reads an entry of `known-blocked`: a name as in `deny-domains`, or an address, for a command asks for addresses too.
 *
 * @throws UserError like {@link allowEntry}
 */
export function knownEntry(given: Given, context: ParseContext): NamePattern {
  if (looksLikeAddress(given.text)) return { host: given.text.toLowerCase(), match: 'host' };
  const { host, match } = denyEntry(given, context);
  return { host, match };
}

/** @returns undefined for the scheme's own port */
function portOf(
  rest: string,
  { scheme, kind }: Pick<Parts, 'scheme' | 'kind'>,
  fail: (problem: string, hint?: string) => never,
): number | undefined {
  const [, digits] = /^[^/]*?:(.*)$/s.exec(rest) ?? [];
  if (digits === undefined) return undefined;
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65_535) {
    return fail('has a port that is not a number from 1 to 65535');
  }
  if (scheme === undefined) {
    const usual = `Ports 80 and 443 are always allowed: write "${kind}${nameIn(rest)}".`;
    const isUsual = Object.values<number>(DEFAULT_PORTS).includes(port);
    return fail('has a port', isUsual ? usual : `${usual} For HTTPS at another port, write "https://${kind}${rest}".`);
  }
  if (scheme === 'https') return port === DEFAULT_PORTS.https ? undefined : port;
  if (port === DEFAULT_PORTS.http) return undefined;
  // Nothing proves who answers an unencrypted request at a port of one's choice, and what it carries is no longer HTTP.
  return fail('has a port for http', `Another port than 80 can be allowed for HTTPS only: "https://${kind}${rest}".`);
}

function wildcardProblem(rest: string, opens: boolean): [string, string] {
  const name = rest.replace(/^.*\*\.?/, '') || 'example.com';
  if (/^[*.]+$/.test(rest)) {
    if (!opens) return ['stands for every name', 'What no entry allows is refused anyway. Name the domains.'];
    return ['would allow the whole Internet', 'AWF never does that. Name the domains.'];
  }
  const domain = opens && suffixProblem(name, '*.') !== undefined ? `example.${name}` : name;
  return ['has a wildcard inside', `A wildcard stands for all subdomains only: "*.${domain}".`];
}

function nameProblem(rest: string, kind: string): [string, string] {
  const name = canonicalHost(rest.replace(/^\.+/, ''));
  if (rest.startsWith('.') && name !== undefined) {
    return ['is not a domain name', `Write "${kind}${name}": it covers the subdomains.`];
  }
  if (/[;|\s]/.test(rest)) return ['is not a domain name', 'Separate entries by commas or lines.'];
  return ['is not a domain name', ANY_NAME];
}
