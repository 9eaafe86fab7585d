/**
 * The proxy of the host's network, as a parent of Squid's. Squid resolves no name that goes there: the parent does, and
 * decides whether it may lead to a private address.
 */

import { domainSet } from '../config/egress-rules.ts';
import type { ProxyLogin } from '../config/upstream-proxy.ts';
import { PARENT_CA } from '../shared/contract.ts';
import type { NamePattern } from '../shared/host-pattern.ts';
import { domainAcls } from './acls.ts';
import { refuse } from './refusals.ts';

export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** Whether the parent speaks TLS. Squid checks its certificate against its name. */
  readonly isSecure: boolean;
  readonly login: ProxyLogin | undefined;
  /** Names that Squid connects to itself. */
  readonly direct: readonly NamePattern[];
}

/** Defines `by_upstream`, true for names that the parent resolves. The start-up check's names never leave Squid. */
export function upstreamAcls(upstream: Upstream | undefined): string[] {
  if (upstream === undefined) return [];
  return [
    ...domainAcls('direct_name', domainSet(upstream.direct), 'dstdomain -n'),
    'acl by_upstream all-of !direct_name !ready !sidecar_address',
  ];
}

/**
 * Rules about where an allowed name leads. They are decided at the front port: the peek port could only answer inside the
 * tunnel, where clients would report broken TLS.
 */
export function destinationRules(upstream: Upstream | undefined): string[] {
  const here = upstream === undefined ? '' : '!by_upstream ';
  return [
    `http_access deny ${here}!resolvable cut_unresolvable`,
    refuse(`${here}private_destination`, 'private-address'),
    // Only an audit lets addresses pass. Nobody has to look them up.
    ...(upstream === undefined ? [] : [refuse('address_literal private_destination', 'private-literal')]),
  ];
}

/** Rules that let the api-proxy reach a provider. @param target ACLs that match it */
export function targetRules(target: string, upstream: Upstream | undefined): string[] {
  const allow = `http_access allow api_proxy CONNECT ${target}`;
  return [...(upstream === undefined ? [] : [`${allow} by_upstream`]), `${allow} !private_destination`];
}

/** The parent, and which requests go there. */
export function upstreamPeer({ host, port, isSecure, login }: Upstream): string[] {
  const tls = isSecure ? ` tls tls-cafile=${PARENT_CA}` : '';
  return [
    `cache_peer ${host} parent ${port} 0 no-query no-digest no-netdb-exchange default${loginOption(login)}${tls} name=to_upstream`,
    'acl to_parent all-of by_upstream !agent_tunnel !to_models !to_named',
    'cache_peer_access to_upstream allow to_parent',
    'cache_peer_access to_upstream deny all',
    'never_direct allow to_parent',
    'always_direct allow !agent_tunnel !to_parent',
  ];
}

/**
 * Squid decodes percent signs in a login. Encoding every octet leaves none that could end the word or the line.
 *
 * @see http://www.squid-cache.org/Doc/config/cache_peer/
 */
function loginOption(login: ProxyLogin | undefined): string {
  if (login === undefined) return '';
  const octets = (text: string): string => Buffer.from(text).toString('hex').replace(/../g, '%$&');
  return ` login=${octets(login.user)}:${octets(login.password)}`;
}
