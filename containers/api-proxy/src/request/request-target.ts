import { ProxyError } from '../errors.ts';

/** What may stand for itself in a path: RFC 3986 `pchar` without `;`, which some servers cut a segment at. */
const LITERAL = "[A-Za-z0-9._~!$&'()*+,=:@-]";
const PLAIN_PATH = new RegExp(`^(?:/${LITERAL}+)*/?$`);
const LITERAL_CHARACTER = new RegExp(`^${LITERAL}$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
/** Characters that another server might take apart once it has decoded them, so they are refused encoded as well. */
const STRUCTURAL = '/\\%;?#';

const refusal = (message: string): ProxyError => new ProxyError('invalid_request_target', message);

/** RFC 3986, section 6.2.2: an escape that need not be one becomes its character, all others are upper case. */
function decodeEscape(escape: string, hex: string): string {
  const octet = Number.parseInt(hex, 16);
  const character = String.fromCharCode(octet);
  if (octet < 0x20 || octet > 0x7e || STRUCTURAL.includes(character)) {
    throw refusal('The path has an escaped character that is not permitted.');
  }
  return LITERAL_CHARACTER.test(character) ? character : escape.toUpperCase();
}

/**
 * The one spelling of a path, which is decided about and forwarded: what a server could read in two ways is refused,
 * not repaired (empty and dot segments, backslashes, path parameters, double encoding, anything but ASCII). Only a slash
 * too many at the beginning is dropped, for @google/genai 3.1.0 opens its WebSocket at `//ws/`: with one slash nobody can
 * take what follows for a host (RFC 3986, section 4.2).
 *
 * @param target the request target up to its `?`
 * @throws ProxyError 400
 */
export function canonicalPath(target: string): string {
  // RFC 9112, section 3.2.1: origin-form. The absolute form would name another host.
  if (!target.startsWith('/')) throw refusal('The request target must be a path that starts with a slash.');
  const path = target.startsWith('//') ? target.slice(1) : target;
  if (PLAIN_PATH.test(path) && !DOT_SEGMENT.test(path)) return path;
  // Before decoding: `%2%35` would become an escape only then.
  if (!PLAIN_PATH.test(path.replace(ESCAPE, '_'))) {
    throw refusal('The path has an empty segment or a character that is not permitted.');
  }
  const decoded = path.replace(ESCAPE, decodeEscape);
  if (DOT_SEGMENT.test(decoded)) throw refusal('The path has a dot segment.');
  return decoded;
}

/** A parameter's name as servers read it. An escape that is none stays what it is, as it does with them. */
function parameterName(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  return name.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The names of a query's parameters, also as servers read them that take `;` for `&`.
 *
 * @param query what follows the `?`
 */
export function parameterNames(query: string): string[] {
  return query
    .split(/[&;]/)
    .filter((pair) => pair !== '')
    .map(parameterName);
}

/**
 * The query without the parameters that carry a credential, else byte for byte.
 *
 * @param query what follows the `?`
 * @param credentialNames names to drop, lower case, in whatever case or escaping the client writes them
 * @returns empty, or the query with its `?`
 * @throws ProxyError 400
 */
export function forwardedQuery(query: string, credentialNames: ReadonlySet<string>): string {
  if (!/^[!-~]*$/.test(query) || query.includes('#')) {
    throw refusal('The query has a character that is not permitted.');
  }
  if (query === '') return '';
  if (credentialNames.size === 0) return `?${query}`;
  // Some servers take `;` for `&`: a pair is dropped when either reading finds a credential in it.
  const carriesCredential = (pair: string) =>
    parameterNames(pair).some((name) => credentialNames.has(name.toLowerCase()));
  const kept = query
    .split('&')
    .filter((pair) => !carriesCredential(pair))
    .join('&');
  return kept === '' ? '' : `?${kept}`;
}
