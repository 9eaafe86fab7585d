import type { DomainSet, Way } from '../config/egress-rules.ts';

/** An ACL with one line per value. Without values it matches nothing, because no listener has the name `nothing`. */
export function listAcl(name: string, type: string, values: readonly string[]): string[] {
  if (values.length === 0) return [`acl ${name} myportname nothing`];
  return values.map((value) => `acl ${name} ${type} ${value}`);
}

/** Defines `name`, true for the names of a set. */
export function domainAcls(name: string, { hosts, domains, subdomainsOf }: DomainSet, type: string): string[] {
  const below = subdomainsOf.map((domain) => `.${domain}`);
  return [
    ...listAcl(`${name}_host`, type, hosts),
    ...listAcl(
      `${name}_domain`,
      type,
      domains.map((domain) => `.${domain}`),
    ),
    ...listAcl(`${name}_parent`, type, subdomainsOf),
    ...listAcl(`${name}_subdomain`, type, below),
    `acl ${name}_below all-of ${name}_subdomain !${name}_parent`,
    `acl ${name} any-of ${name}_host ${name}_domain ${name}_below`,
  ];
}

const idOf = ({ scheme, port }: Way): string => `${scheme}_${String(port)}`;

/** Defines `listed`, true for a request that an entry of the allow-list covers, and `tunnel_port`. */
export function listedAcls(ways: readonly Way[]): string[] {
  const tunnels = ways.filter(({ scheme }) => scheme === 'https');
  return [
    ...ways.flatMap((way) => [
      `acl at_${idOf(way)} port ${String(way.port)}`,
      ...domainAcls(`names_${idOf(way)}`, way.names, 'dstdomain -n'),
      `acl to_${idOf(way)} all-of ${way.scheme === 'https' ? 'CONNECT' : '!CONNECT'} at_${idOf(way)} names_${idOf(way)}`,
    ]),
    `acl listed any-of ${ways.map((way) => `to_${idOf(way)}`).join(' ')}`,
    ...listAcl(
      'tunnel_port',
      'port',
      tunnels.map(({ port }) => String(port)),
    ),
  ];
}

/** Defines `server_name_listed`, true for a TLS server name that an entry covers at the tunnel's port. */
export function listedServerNameAcls(ways: readonly Way[]): string[] {
  const tunnels = ways.filter(({ scheme }) => scheme === 'https');
  return [
    ...tunnels.flatMap((way) => [
      ...domainAcls(`server_names_${idOf(way)}`, way.names, 'ssl::server_name --client-requested'),
      `acl server_name_at_${idOf(way)} all-of at_${idOf(way)} server_names_${idOf(way)}`,
    ]),
    `acl server_name_listed any-of ${tunnels.map((way) => `server_name_at_${idOf(way)}`).join(' ')}`,
  ];
}
