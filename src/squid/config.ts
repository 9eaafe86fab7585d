import { domainSet, waysOf, type DomainSet, type EgressRules } from '../config/egress-rules.ts';
import type { HostEntry } from '../shared/network.ts';
import { ACCESS_LOG, CACHE_LOG, PEEK_CERTIFICATE, SQUID_LOG_DIR } from '../shared/contract.ts';
import { FORWARD_PORT, SQUID_PORT, type Addresses } from '../shared/network.ts';
import { domainAcls, listAcl, listedAcls, listedServerNameAcls } from './acls.ts';
import { hardening, limits } from './limits.ts';
import { privateRanges } from './private-ranges.ts';
import { REFUSAL, refusalPages, refuse } from './refusals.ts';
import { routing } from './routing.ts';
import { destinationRules, targetRules, upstreamAcls, type Upstream } from './upstream.ts';

/** What Squid bases its decisions on. */
export interface EgressPolicy {
  readonly addresses: Addresses;
  readonly egress: EgressRules;
  /** The upstreams of the configured providers. The agent never reaches them directly, whatever `egress` says. */
  readonly targets: readonly EgressTarget[];
  /** Hosts that the api-proxy answers for under their own names. */
  readonly namedHosts: readonly string[];
  /** Names with the address that each may have although it is private. */
  readonly hosts: readonly HostEntry[];
  /** The host's own addresses. No name may lead there, except one in `hosts`. */
  readonly hostAddresses: readonly string[];
  /** Private networks that allowed names may lead to, in CIDR notation. */
  readonly permittedNetworks?: readonly string[];
  /** The run's own subnets, in CIDR notation. No name may lead there. */
  readonly ownSubnets?: readonly string[];
  /** The proxy of the host's network. */
  readonly upstream?: Upstream | undefined;
  /** The api-proxy's ports, which the agent may also ask for through Squid. */
  readonly modelPorts: readonly number[];
  /** Whether the api-proxy carries programs that ask no proxy. */
  readonly transparent: boolean;
}

export interface EgressTarget {
  readonly host: string;
  readonly port: number;
  /** Whether the api-proxy may reach it. If not, nobody may. */
  readonly permitted: boolean;
}

/** Port of the loopback listener that reads the TLS server name inside a tunnel. */
const PEEK_PORT = SQUID_PORT + 1;

/**
 * A name that only the start-up check asks for. The front port lets it through and the peek port refuses it. Until both
 * ports are up and connected, Squid answers 500, so any other answer means that it is ready. RFC 6761 reserves
 * `.invalid`.
 */
export const READINESS_NAME = 'ready.awf.invalid';

/**
 * A name that only the start-up check asks for. Squid hands the tunnel to the api-proxy, which refuses it. While Squid
 * takes the api-proxy for dead, it answers 500.
 */
export const NAMED_READINESS_NAME = 'hosts.awf.invalid';

/** Squid resolves a name before it applies any rule. With an entry in `/etc/hosts`, that takes no DNS query. */
export const READINESS_HOSTS: readonly HostEntry[] = [READINESS_NAME, NAMED_READINESS_NAME].map((name) => ({
  name,
  address: '127.0.0.1',
}));

/** The annotation of a tunnel that the peek port cut. Its value is the reason. */
const VERDICT = 'awf_verdict';

/** The verdict on an allowed name that has no address: nobody refused the request, but it reached nothing. */
export const UNRESOLVABLE = 'unresolvable';

/**
 * The fields of a record, which `access-log.ts` reads. A record is a line, its fields are separated by single spaces,
 * and a field without a value is `-`. `#` URL-encodes a value that the agent chooses, so that it cannot forge a field
 * or a line.
 *
 * `host` and `port` are what Squid itself judged. The report reads these and never takes the target apart, because a
 * second parser would sooner or later disagree with Squid's. That also lets the target be cut off: at most 64 KB of a
 * request would otherwise become three times as many octets on the disk.
 */
export const LOG_FIELDS = {
  time: '%ts.%03tu',
  durationMs: '%tr',
  client: '%>a',
  clientPort: '%>p',
  status: '%Ss/%03>Hs',
  bytesOut: '%>st',
  bytesIn: '%<st',
  method: '%#.32rm',
  host: '%#>rd',
  port: '%>rP',
  target: '%#.512ru',
  route: '%Sh/%<a',
  routePort: '%<lp',
  serverName: '%#ssl::>sni',
  verdict: `%{${VERDICT}}note`,
  refusal: `%{${REFUSAL}}note`,
} as const;

/**
 * Returns `squid.conf` for a policy. The function is pure; in the tests, Squid itself judges the result (`squid -k
 * parse`).
 *
 * Squid listens on two ports. The front port decides by the client's address and the requested name, before it resolves
 * anything (`dstdomain -n` looks up no PTR records): a refused name gets an honest 403 and causes no DNS query. Tunnels
 * of the agent that it lets through continue to the peek port of the same process, which reads the TLS server name and
 * then splices or cuts the tunnel; nothing is decrypted. Tunnels of the api-proxy skip the peek port, because AWF
 * itself composes its requests.
 *
 * What the api-proxy carries for programs that ask no proxy arrives at a port of its own, which nobody else may use. It is
 * the agent's: judged by the same rules, and in the log under the same address.
 *
 * Tunnels of the agent to named hosts go to the api-proxy, which answers for these hosts. It judges the server name and
 * the requests inside. No other tunnel ever goes there.
 */
export function squidConfig(policy: EgressPolicy): string {
  const sections = [
    listeners(policy),
    callers(policy),
    names(policy),
    refusalPages(),
    accessRules(policy),
    routing(policy, PEEK_PORT),
    serverNameRules(policy),
    logging(policy),
    limits(),
    hardening(),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function listeners({ transparent, addresses: { squid } }: EgressPolicy): string[] {
  return [
    // Nobody asks Squid from the network that leads out, where other containers may be.
    `http_port ${squid}:${SQUID_PORT} name=front`,
    ...(transparent ? [`http_port ${squid}:${FORWARD_PORT} name=forward`] : []),
    `http_port 127.0.0.1:${PEEK_PORT} name=peek ssl-bump generate-host-certificates=off tls-cert=${PEEK_CERTIFICATE}`,
    'acl front myportname front',
    'acl forward myportname forward',
    'acl peek myportname peek',
  ];
}

function callers({ addresses, modelPorts, namedHosts }: EgressPolicy): string[] {
  const answered = namedHosts.length === 0 ? [] : [...namedHosts, NAMED_READINESS_NAME];
  return [
    `acl agent_address src ${addresses.agent}`,
    `acl api_proxy_address src ${addresses['api-proxy']}`,
    // Who asks follows from address and port together: the agent cannot come to the api-proxy's port, and what the
    // api-proxy carries has none of the api-proxy's rights.
    'acl asked all-of front agent_address',
    'acl carried all-of forward api_proxy_address',
    'acl agent any-of asked carried',
    'acl api_proxy all-of front api_proxy_address',
    // For programs that ask a proxy for every address. The api-proxy has these requests in its own log, as it has those
    // for named hosts.
    `acl sidecar_address dstdomain -n ${addresses['api-proxy']}`,
    ...listAcl('sidecar_port', 'port', modelPorts.map(String)),
    'acl to_models all-of agent sidecar_address sidecar_port',
    'acl https_port port 443',
    ...listAcl('named_host', 'dstdomain -n', answered),
    'acl to_named all-of agent CONNECT https_port named_host',
  ];
}

function names(policy: EgressPolicy): string[] {
  const { egress, targets, hosts, upstream } = policy;
  return [
    'acl http_port port 80',
    'acl http_scheme proto HTTP',
    `acl ready dstdomain -n ${READINESS_NAME} ${NAMED_READINESS_NAME}`,
    // Octets that no host name has. Resolvers and other parsers treat them in ways that nobody can foresee: one may end
    // the name at "#", another may look up "a|b" below an allowed name and find a wildcard.
    'acl odd_name dstdom_regex -n -i [^a-z0-9._-]',
    // An IPv6 address.
    'acl bracketed_literal dstdom_regex -n -i ^[[][0-9a-f:.]+[]]$',
    // Every spelling of an IPv4 address that resolvers accept.
    'acl address_literal dstdom_regex -n -i ^(0x[0-9a-f]*|[0-9]+)([.](0x[0-9a-f]*|[0-9]+))*[.]?$',
    ...listedAcls(waysOf(egress.allow)),
    ...domainAcls('denied', domainSet(egress.deny), 'dstdomain -n'),
    ...listAcl('closed_host', 'dstdomain -n', closedHosts(policy)),
    ...targets.flatMap(({ host, port }, index) => [
      `acl target_host_${index} dstdomain -n ${host}`,
      `acl target_port_${index} port ${port}`,
    ]),
    ...privateRanges(policy).map((range) => `acl private_address dst ${range}`),
    // `all` covers every address, IPv6 included. A name without an address does not match.
    'acl resolvable dst all',
    `acl cut_unresolvable annotate_transaction ${VERDICT}=${UNRESOLVABLE}`,
    'deny_info 503:ERR_AWF_NO_ADDRESS cut_unresolvable',
    // hosts_file pins these names to their addresses, so this exception cannot lead anywhere else.
    ...listAcl('added_host', 'dstdomain -n', [...new Set(hosts.map(({ name }) => name))]),
    'acl private_destination all-of private_address !added_host',
    ...upstreamAcls(upstream),
  ];
}

function accessRules({ targets, egress, upstream }: EgressPolicy): string[] {
  const blocks = egress.mode === 'block';
  return [
    'http_access deny manager',
    refuse('bracketed_literal', 'ipv6-address'),
    refuse('odd_name', 'odd-name'),
    'http_access allow to_models',
    // An address of /etc/hosts counts as its name there, and so as an added host.
    blocks ? refuse('address_literal', 'address') : refuse('address_literal private_address', 'private-literal'),
    refuse('denied', 'denied'),
    ...targets.flatMap(({ permitted }, index) =>
      permitted ? targetRules(`target_host_${index} target_port_${index}`, upstream) : [],
    ),
    // The api-proxy tells by the page whether this Squid refused its target, or one that is a parent.
    'acl no_target src all',
    'deny_info ERR_AWF_NOT_LISTED no_target',
    'http_access deny api_proxy no_target',
    'http_access deny !peek !agent',
    'http_access allow to_named',
    'http_access allow front CONNECT https_port ready',
    // Before ports: no entry opens another one of these hosts.
    refuse('closed_host', 'named-host'),
    ...(blocks ? [refuse('CONNECT !https_port !listed', 'port'), refuse('!CONNECT !http_port', 'http-port')] : []),
    'http_access deny !CONNECT !http_scheme',
    ...(blocks ? [refuse('!listed', 'not-listed')] : []),
    ...destinationRules(upstream),
    'http_access allow agent',
    'http_access allow peek CONNECT',
    'http_access deny all',
  ];
}

function serverNameRules(policy: EgressPolicy): string[] {
  const { egress } = policy;
  // An audit lets what would be cut pass, with the same annotation.
  const cut = egress.mode === 'block' ? 'terminate' : 'splice';
  return [
    'acl client_hello_next at_step SslBump1',
    'acl client_hello_read at_step SslBump2',
    ...listedServerNameAcls(waysOf(egress.allow)),
    ...domainAcls('denied_server_name', withDots(domainSet(egress.deny)), 'ssl::server_name --client-requested'),
    // In a tunnel to an allowed name, a named host's server name would be a way past the api-proxy.
    ...listAcl('closed_server_name', 'ssl::server_name --client-requested', closedHosts(policy).flatMap(alsoWithDot)),
    // Squid matches a server name of "*.example.com" against every name below example.com.
    'acl odd_server_name ssl::server_name_regex --client-requested -i [^a-z0-9._-]',
    // ssl::server_name falls back to the host of CONNECT. A ClientHello without a server name must not pass as that
    // host.
    'acl note_server_name annotate_transaction awf_server_name="%ssl::>sni"',
    'acl no_server_name note awf_server_name -',
    `acl cut_no_server_name annotate_transaction ${VERDICT}=no-server-name`,
    `acl cut_server_name annotate_transaction ${VERDICT}=server-name`,
    `acl cut_closed annotate_transaction ${VERDICT}=closed-server-name`,
    `acl cut_not_tls annotate_transaction ${VERDICT}=not-tls`,
    'ssl_bump peek client_hello_next',
    'ssl_bump terminate client_hello_read closed_server_name cut_closed',
    'ssl_bump terminate client_hello_read denied_server_name cut_closed',
    `ssl_bump ${cut} client_hello_read note_server_name no_server_name cut_no_server_name`,
    `ssl_bump ${cut} client_hello_read odd_server_name cut_server_name`,
    `ssl_bump ${cut} client_hello_read !server_name_listed cut_server_name`,
    'ssl_bump splice client_hello_read',
    `ssl_bump ${cut} all`,
    `on_unsupported_protocol ${cut === 'splice' ? 'tunnel' : 'respond'} cut_not_tls`,
  ];
}

function logging({ addresses, upstream }: EgressPolicy): string[] {
  const carried = { ...LOG_FIELDS, client: addresses.agent };
  return [
    `logformat awf ${Object.values(LOG_FIELDS).join(' ')}`,
    `logformat carried ${Object.values(carried).join(' ')}`,
    // Records of the peek port repeat those of the front port, unless they add a verdict. Only they have the answer of a
    // parent, and no ACL tells that there is one.
    `acl has_verdict note ${VERDICT}`,
    `access_log stdio:${SQUID_LOG_DIR}/${ACCESS_LOG} logformat=awf front !ready !to_models !to_named`,
    `access_log stdio:${SQUID_LOG_DIR}/${ACCESS_LOG} logformat=carried forward !to_models !to_named`,
    `access_log stdio:${SQUID_LOG_DIR}/${ACCESS_LOG} logformat=awf peek ${upstream === undefined ? 'has_verdict' : '!ready'}`,
    `cache_log stdio:${SQUID_LOG_DIR}/${CACHE_LOG}`,
  ];
}

/** Squid drops the dot at the end of a requested host, but not that of a server name. */
const alsoWithDot = (name: string): string[] => [name, `${name}.`];

const withDots = ({ hosts, domains, subdomainsOf }: DomainSet): DomainSet => ({
  hosts: hosts.flatMap(alsoWithDot),
  domains: domains.flatMap(alsoWithDot),
  subdomainsOf: subdomainsOf.flatMap(alsoWithDot),
});

/** Hosts that the agent never reaches itself, whatever is allowed. */
function closedHosts({ targets, namedHosts }: EgressPolicy): string[] {
  return [...new Set([...targets.map(({ host }) => host), ...namedHosts])];
}
