/**
 * Decides as Squid does for the directives that the generated configuration uses, so that a test can check what happens
 * to a request instead of how a line reads. It throws on anything it does not know. The engine tests check that Squid
 * itself agrees.
 *
 * http://www.squid-cache.org/Doc/config/acl/ and .../http_access/: the first rule whose ACLs all match decides. The
 * ACLs of a rule are checked from left to right until one does not match.
 */

import { BlockList, isIPv4 } from 'node:net';

export interface Request {
  readonly from: string;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly scheme?: string;
  /** The name's address if Squid looks it up. Empty if it has none. */
  readonly address?: string;
  /** The port of Squid's that received it. */
  readonly listener?: string;
}

/** A TLS hello inside a tunnel to `host`. */
export interface Hello {
  readonly host: string;
  readonly serverName: string | undefined;
  /** 443 by default. */
  readonly port?: number;
}

interface Acl {
  readonly type: string;
  readonly values: string[];
}

export class Judge {
  readonly #directives: { name: string; words: string[] }[];
  readonly #acls = new Map<string, Acl>([
    ['all', { type: 'all', values: [] }],
    ['manager', { type: 'manager', values: [] }],
    ['CONNECT', { type: 'method', values: ['CONNECT'] }],
  ]);

  constructor(configuration: string) {
    this.#directives = configuration
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([name]) => name !== '')
      .map(([name = '', ...words]) => ({ name, words }));
    for (const [name = '', ...rest] of this.all('acl')) this.#define(name, rest);
  }

  /** The words of every directive with this name. */
  all(directive: string): string[][] {
    return this.#directives.filter(({ name }) => name === directive).map(({ words }) => words);
  }

  /** The values of every list of names, by ACL. */
  nameLists(): Map<string, readonly string[]> {
    const lists = [...this.#acls].filter(([, { type }]) => type === 'dstdomain' || type === 'ssl::server_name');
    return new Map(lists.map(([name, { values }]) => [name, values]));
  }

  /** Whether a request is allowed, and whether its name was looked up in the process. */
  access(request: Request): { readonly allowed: boolean; readonly resolved: boolean } {
    let resolved = false;
    const match = (name: string): boolean =>
      this.#matches(name, (acl) => {
        if (acl.type === 'dst') resolved = true;
        return matchesRequest(acl, request);
      });
    const rule = this.all('http_access').find(([, ...acls]) => acls.every(match));
    return { allowed: rule?.[0] === 'allow', resolved };
  }

  /** The route of an allowed request: through the peer, which is the listener that reads server names, or directly. */
  route(request: Request, { anyPeer = false } = {}): 'peer' | 'direct' | 'either' {
    const allows = (directive: string, skip = 0): boolean => {
      const rules = this.all(directive).map((words) => words.slice(skip));
      const matches = (name: string): boolean => this.#matches(name, (acl) => matchesRequest(acl, request));
      return rules.find(([, ...acls]) => acls.every(matches))?.[0] === 'allow';
    };
    // The first word of cache_peer_access names the peer.
    if (allows('never_direct') && (anyPeer || allows('cache_peer_access', 1))) return 'peer';
    return allows('always_direct') ? 'direct' : 'either';
  }

  /** The name of the peer that takes an allowed request; undefined if Squid itself connects. */
  peer(request: Request): string | undefined {
    if (this.route(request, { anyPeer: true }) !== 'peer') return undefined;
    const matches = (name: string): boolean => this.#matches(name, (acl) => matchesRequest(acl, request));
    const peers = this.all('cache_peer').flatMap((words) => words.filter((word) => word.startsWith('name=')));
    return peers
      .map((word) => word.replace('name=', ''))
      .find((name) => {
        const rules = this.all('cache_peer_access').filter(([peer]) => peer === name);
        return rules.find(([, , ...acls]) => acls.every(matches))?.[1] === 'allow';
      });
  }

  /** What happens to a tunnel once its hello has been read, and the verdict for the log. */
  bump({ host, serverName, port = 443 }: Hello): { readonly action: string; readonly verdict: string | undefined } {
    const notes = new Map<string, string>();
    for (const step of ['SslBump1', 'SslBump2']) {
      const match = (name: string): boolean =>
        this.#matches(name, ({ type, values }) => {
          const [value = ''] = values;
          switch (type) {
            case 'at_step':
              return value === step;
            case 'ssl::server_name':
              // Squid falls back to the name from the CONNECT request.
              return values.some((pattern) => isNamed(serverName ?? host, pattern));
            case 'ssl::server_name_regex':
              return values.some((pattern) => new RegExp(pattern, 'i').test(serverName ?? host));
            case 'annotate_transaction': {
              const [key = '', text = ''] = value.split('=');
              notes.set(key, text.replaceAll('"', '').replace('%ssl::>sni', serverName ?? '-'));
              return true;
            }
            case 'myportname':
              return value === 'peek';
            case 'port':
              return values.includes(String(port));
            case 'note':
              return notes.get(value) === values[1];
            default:
              throw new Error(`no ACL for ssl_bump: ${type}`);
          }
        });
      const action = this.all('ssl_bump').find(([, ...acls]) => acls.every(match))?.[0] ?? 'none';
      if (action !== 'peek') return { action, verdict: notes.get('awf_verdict') };
    }
    return { action: 'none', verdict: undefined };
  }

  #define(name: string, [type = '', ...rest]: string[]): void {
    const flags = rest.filter((word) => /^-/.test(word) && word !== '-');
    // Comparing a name must not look it up, neither forwards nor backwards.
    if (/^dstdom/.test(type) && !flags.includes('-n')) throw new Error(`${name} would look up PTR records`);
    if (type.startsWith('ssl::server_name') && !flags.includes('--client-requested')) {
      throw new Error(`${name} would believe the server`);
    }
    const known = this.#acls.get(name);
    if (known && known.type !== type) throw new Error(`${name} is defined with two types`);
    const values = rest.filter((word) => !flags.includes(word));
    if (known) known.values.push(...values);
    else this.#acls.set(name, { type, values });
  }

  #matches(reference: string, leaf: (acl: Acl) => boolean): boolean {
    const name = reference.replace(/^!/, '');
    const acl = this.#acls.get(name);
    if (!acl) throw new Error(`no ACL is named ${name}`);
    const inner = (other: string): boolean => this.#matches(other, leaf);
    const matched =
      acl.type === 'all' ||
      (acl.type === 'all-of' ? acl.values.every(inner) : acl.type === 'any-of' ? acl.values.some(inner) : leaf(acl));
    return matched !== reference.startsWith('!');
  }
}

function matchesRequest({ type, values }: Acl, request: Request): boolean {
  const { from, method, port, scheme = 'HTTP', address = '192.0.2.1', listener = 'front' } = request;
  // Squid compares names in lower case and without a trailing dot.
  const host = request.host.toLowerCase().replace(/\.$/, '');
  switch (type) {
    case 'manager':
      return false;
    case 'annotate_transaction':
      return true;
    case 'method':
      return values.includes(method);
    case 'myportname':
      return values.includes(listener);
    case 'src':
      return values.includes(from);
    case 'port':
      return values.includes(String(port));
    case 'proto':
      return values.includes(scheme);
    case 'dstdomain':
      return values.some((pattern) => isNamed(host, pattern));
    case 'dstdom_regex':
      return values.some((pattern) => new RegExp(pattern, 'i').test(host));
    case 'dst':
      return values.some((range) => isIn(range, address));
    default:
      throw new Error(`no ACL for http_access: ${type}`);
  }
}

/** `.example.com` is the domain and its subdomains, `example.com` only the domain. */
function isNamed(host: string, pattern: string): boolean {
  return pattern.startsWith('.') ? `.${host}`.endsWith(pattern) : host === pattern;
}

function isIn(range: string, address: string): boolean {
  if (address === '') return false;
  if (range === 'all') return true;
  const [base = '', prefix] = range.split('/');
  const family = isIPv4(base) ? 'ipv4' : 'ipv6';
  if (isIPv4(address) !== (family === 'ipv4')) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), family);
  return list.check(address, family);
}
