import { isIP } from 'node:net';
import { UserError } from '../errors.ts';
import { cidr, contains, parseCidr } from '../shared/cidr.ts';
import { canonicalHost } from './domain.ts';
import type { ParseContext } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** The value that turns the host's own proxy off. */
export const NO_PROXY_AT_ALL = 'none';

/** The variable that replaces the option. Unlike arguments, other users cannot read it. */
export const PROXY_OPTION_VARIABLE = 'AWF_UPSTREAM_PROXY';

/** A proxy as it was written. The password does not leave the reading of options: it becomes one of the secrets. */
export interface GivenProxy {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy speaks TLS at this port. */
  readonly isSecure: boolean;
  readonly login: ProxyLogin | undefined;
  readonly origin: string;
}

export interface ProxyLogin {
  readonly user: string;
  readonly password: string;
}

const HINT = 'Write http://[user:password@]host:port, https://… for a proxy that speaks TLS, or none.';
/** What ends the part of an address that has the password. */
const ENCODE = 'In a user name or a password, write "/" as %2F, "?" as %3F, "#" as %23 and "\\" as %5C.';
const UNREACHABLE = ['0.0.0.0/8', '127.0.0.0/8'].map(cidr);

/**
 * Reads `http://[user:password@]host:port`, the same with `https`, or `none`. No message repeats the text, because it may
 * hold a password.
 *
 * @throws UserError
 */
export function upstreamProxy(
  { text, source }: Given,
  { nameOf }: Pick<ParseContext, 'nameOf'>,
): GivenProxy | typeof NO_PROXY_AT_ALL {
  if (text.toLowerCase() === NO_PROXY_AT_ALL) return NO_PROXY_AT_ALL;
  const origin = placeOf(source);
  const fail = (problem: string, hint = HINT): never => {
    throw new UserError(`${origin}: ${problem}.`, { hint });
  };
  // Programs take an address without a scheme for that of an HTTP proxy.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const isSecure = /^https:/i.test(whole);
  if (!isSecure && !/^http:/i.test(whole)) return fail('this is not the address of an HTTP proxy');
  const encode = whole.includes('@') ? `${ENCODE} ${HINT}` : HINT;
  const url = URL.canParse(whole) ? new URL(whole) : fail('this is not the address of a proxy', encode);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return fail('the address has a path', encode);
  if (url.port === '0') return fail('its port is 0');
  const host = proxyHost(url.hostname, fail);
  if (isSecure && isIP(host) !== 0) {
    return fail(
      "the certificate of a proxy that speaks TLS is checked against the proxy's name, and this is an address",
      `Write the name; ${nameOf('add-hosts')} can give it the address.`,
    );
  }
  const login = loginOf(url, fail);
  if (login !== undefined && source.kind === 'flag') {
    return fail(
      'the address has a user name, and every user of this host can read arguments',
      `Set the variable ${PROXY_OPTION_VARIABLE} to it, and leave the flag out.`,
    );
  }
  const usual = isSecure ? 443 : 80;
  return { host, port: url.port === '' ? usual : Number(url.port), isSecure, login, origin };
}

function proxyHost(text: string, fail: (problem: string, hint?: string) => never): string {
  if (text.startsWith('['))
    return fail('an IPv6 address is out of reach', 'Containers have IPv4 only: name the proxy.');
  const host = isIP(text) === 4 ? text : (canonicalHost(text) ?? fail('its host is not a name'));
  refuseLoopback(host, fail);
  return host;
}

/** @param address of the proxy, or its name */
export function refuseLoopback(address: string, fail: (problem: string, hint?: string) => never): void {
  const range = isIP(address) === 4 ? parseCidr(address) : undefined;
  const isLoopback = range !== undefined && UNREACHABLE.some((other) => contains(other, range));
  if (isLoopback || /^(.*\.)?localhost$/.test(address)) {
    fail(
      'the proxy listens on loopback, where no container reaches it',
      'Let it listen on an address of the host as well, for example that of docker0, and write that address here. ' +
        'With none, Squid connects directly.',
    );
  }
}

function loginOf({ username, password }: URL, fail: (problem: string, hint?: string) => never): ProxyLogin | undefined {
  if (username === '' && password === '') return undefined;
  const decoded = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return fail('the user name or the password has a % that encodes nothing', 'Write a literal % as %25.');
    }
  };
  const login = { user: decoded(username), password: decoded(password) };
  // Control characters would end the header, and RFC 7617 (section 2) forbids the colon.
  if (/[\0-\x1f\x7f]/.test(login.user + login.password) || login.user.includes(':')) {
    return fail('the user name or the password has a character that a proxy cannot be sent');
  }
  // Squid gives a login that begins like this another meaning.
  if (/^(\*|NEGOTIATE)/.test(login.user)) return fail('Squid cannot send this user name');
  return login;
}

/** What must not appear in a log: the password as it is written and as it is meant. The text need not be valid. */
export function proxyPasswords(text: string): string[] {
  const address = text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const [, written = ''] = /^[^:/@]*:(.*)@[^@]*$/s.exec(address) ?? [];
  try {
    return [written, decodeURIComponent(written)].filter((part) => part !== '');
  } catch {
    return [written];
  }
}
