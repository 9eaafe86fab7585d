import { ESCAPED_SLASH } from '../../../../src/shared/rule-matcher.ts';
import { ProxyError } from '../errors.ts';

/**
 * Characters that a path may contain as they are: RFC 3986's `pchar` without `;`, at which some servers cut a segment.
 */
const LITERAL = "[A-Za-z0-9._~!$&'()*+,=:@-]";
const PLAIN_PATH = new RegExp(`^(?:/${LITERAL}+)*/?$`);
const LITERAL_CHARACTER = new RegExp(`^${LITERAL}$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
/** Characters that may split a path once a server has decoded them. They are refused even when encoded. */
const STRUCTURAL = '/\\%;?#';

const refusal = (message: string): ProxyError => new ProxyError('invalid_request_target', message);

/**
 * How strict a path is. `inference`: the paths of model APIs, which need no escapes. `host`: any other host's, where a
 * segment may contain an escaped slash and characters outside ASCII.
 */
export type PathForm = 'inference' | 'host';

/** RFC 3986, section 6.2.2: an escape that is not needed becomes its character, and every other one upper case. */
function decodeEscape(escape: string, hex: string, form: PathForm): string {
  const octet = Number.parseInt(hex, 16);
  const character = String.fromCharCode(octet);
  if (form === 'host' && (octet > 0x7f || character === '/')) return escape.toUpperCase();
  if (octet < 0x20 || octet > 0x7e || STRUCTURAL.includes(character)) {
    throw refusal('The path has an escaped character that is not allowed.');
  }
  return LITERAL_CHARACTER.test(character) ? character : escape.toUpperCase();
}

/**
 * The one spelling of a path: rules are applied to it, and it is what gets forwarded. Anything that a server could read
 * in two ways is refused, not repaired: empty and dot segments, backslashes, path parameters, double encoding,
 * non-ASCII. The only repair is to drop one of two leading slashes, because @google/genai 3.1.0 opens its WebSocket at
 * `//ws/`. With a single slash, nobody can take what follows for a host (RFC 3986, section 4.2).
 *
 * An escaped slash stays escaped. Some servers decode it, so the path must also be acceptable with a plain one in its
 * place, and rules must be applied to both: see `src/shared/rule-matcher.ts`.
 *
 * @param target the request target up to its `?`
 * @throws ProxyError 400
 */
export function canonicalPath(target: string, form: PathForm): string {
  // RFC 9112, section 3.2.1: origin-form. The absolute form could name another host.
  if (!target.startsWith('/')) throw refusal('The request target must be a path that starts with a slash.');
  const path = target.startsWith('//') ? target.slice(1) : target;
  if (PLAIN_PATH.test(path) && !DOT_SEGMENT.test(path)) return path;
  // Checked before decoding, which would turn `%2%35` into an escape.
  if (!PLAIN_PATH.test(path.replace(ESCAPE, '_'))) {
    throw refusal('The path has an empty segment or a character that is not allowed.');
  }
  const decoded = path.replace(ESCAPE, (escape, hex: string) => decodeEscape(escape, hex, form));
  const plain = decoded.replace(ESCAPED_SLASH, '/');
  if (DOT_SEGMENT.test(plain)) throw refusal('The path has a dot segment.');
  if (plain.includes('//')) throw refusal('The path has an empty segment.');
  if (!isUtf8(decoded)) throw refusal('The path has an escape that is not UTF-8.');
  return decoded;
}

/** False for what only a lenient decoder understands, such as a slash in two octets. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** A parameter's name as servers read it. Like them, it leaves a malformed escape as it is. */
function parameterName(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  return name.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The names of a query's parameters, including those that only a server finds which treats `;` like `&`.
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
 * The values of a query's parameters with one of these names, as servers read them.
 *
 * @param query what follows the `?`
 */
export function parameterValues(query: string, names: ReadonlySet<string>): string[] {
  if (query === '') return [];
  return [...new URLSearchParams(query.replaceAll(';', '&'))].flatMap(([name, value]) =>
    names.has(name.replace(/\[\]$/, '')) ? [value] : [],
  );
}

/**
 * The query without the parameters that carry a credential, otherwise byte for byte.
 *
 * @param query what follows the `?`
 * @param credentialNames names to drop, lower case; the client's spelling may differ in case and escapes
 * @returns empty, or the query with its `?`
 * @throws ProxyError 400
 */
export function forwardedQuery(query: string, credentialNames: ReadonlySet<string>): string {
  if (!/^[!-~]*$/.test(query) || query.includes('#')) {
    throw refusal('The query has a character that is not allowed.');
  }
  if (query === '') return '';
  if (credentialNames.size === 0) return `?${query}`;
  // Some servers treat `;` like `&`, so a pair is dropped if either reading finds a credential in it.
  const carriesCredential = (pair: string) =>
    parameterNames(pair).some((name) => credentialNames.has(name.toLowerCase()));
  const kept = query
    .split('&')
    .filter((pair) => !carriesCredential(pair))
    .join('&');
  return kept === '' ? '' : `?${kept}`;
}
