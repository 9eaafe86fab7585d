import { LOG_FIELDS, UNRESOLVABLE } from './config.ts';

/** One decision of Squid. */
export interface AccessRecord {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly durationMs: number;
  readonly client: string;
  readonly clientPort: number;
  readonly method: string;
  /** The requested host, in lower case and without a trailing dot. */
  readonly host: string;
  readonly port: number;
  /** Squid's own result code, such as `TCP_TUNNEL` or `TCP_DENIED`. */
  readonly result: string;
  /** The status that the client received. For a tunnel, that is the answer to CONNECT, not the API's status. */
  readonly status: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** How Squid found the way, such as `HIER_DIRECT`, and the address that it leads to. */
  readonly route: string;
  /** Squid's own port of the connection to the server or to the peek port; 0 without one. */
  readonly routePort: number;
  /** The TLS server name (SNI) that the peek port read. */
  readonly serverName: string | undefined;
  /** Why the peek port cut the tunnel. */
  readonly verdict: string | undefined;
  /** Why the front port refused the request. */
  readonly refusal: string | undefined;
}

const FIELD_NAMES = Object.keys(LOG_FIELDS) as (keyof typeof LOG_FIELDS)[];

/**
 * Reads one line of the access log.
 *
 * @returns `no-request` for a connection on which no request arrived, and undefined for a line that is not Squid's: the
 *   caller counts those, so that a request cannot hide behind octets that nothing here can read
 */
export function parseAccessLine(line: string): AccessRecord | 'no-request' | undefined {
  const values = line.split(' ');
  if (values.length !== FIELD_NAMES.length) return undefined;
  const field = (name: keyof typeof LOG_FIELDS): string => values[FIELD_NAMES.indexOf(name)] ?? '-';
  const optional = (name: keyof typeof LOG_FIELDS): string | undefined => {
    const value = field(name);
    return value === '-' ? undefined : value;
  };
  const [host, port] = [canonicalName(field('host')), field('port')];
  // Squid found no request in what arrived: the connection ended too early, or the text was not HTTP.
  if (host === '-' && port === '-') return 'no-request';
  if (host === '' || !/^\d{1,5}$/.test(port) || !/^\d+\.\d+$/.test(field('time'))) return undefined;
  const [result = '-', status = '0'] = field('status').split('/');
  return {
    time: Number(field('time')),
    durationMs: Number(field('durationMs')),
    client: field('client'),
    clientPort: portIn(field('clientPort')),
    method: field('method'),
    host,
    port: Number(port),
    result,
    status: Number(status),
    bytesSent: Number(field('bytesOut')),
    bytesReceived: Number(field('bytesIn')),
    route: field('route'),
    routePort: portIn(field('routePort')),
    serverName: optional('serverName')?.toLowerCase().replace(/\.$/, ''),
    verdict: optional('verdict'),
    refusal: optional('refusal'),
  };
}

const portIn = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : 0);

/** True if the policy stopped the request, not the network. */
export function isRefused(record: AccessRecord): boolean {
  return !isUnresolvable(record) && (record.verdict !== undefined || record.result.startsWith('TCP_DENIED'));
}

/** True if the name was allowed but has no address. */
export function isUnresolvable(record: AccessRecord): boolean {
  return record.verdict === UNRESOLVABLE;
}

/** A tunnel's way to Squid's own peek port. */
const TO_PEEK_PORT = 'FIRSTUP_PARENT/127.0.0.1';

/**
 * Why an allowed request reached nothing: `upstream-proxy-407` is the answer of the network's own proxy, and
 * `no-connection` means that Squid connected to nobody. An answer to a plain request may be the host's own, apart from
 * 407, which only proxies send (RFC 9110, section 15.5.8).
 *
 * @returns undefined if it reached something, or was refused
 */
export function whyUnreached({ verdict, result, method, route, status }: AccessRecord): string | undefined {
  if (verdict !== undefined || result.startsWith('TCP_DENIED')) return undefined;
  if (route.startsWith('FIRSTUP_PARENT/') && route !== TO_PEEK_PORT) {
    const isRefusal = method === 'CONNECT' ? status >= 400 : status === 407;
    return isRefusal ? `upstream-proxy-${String(status)}` : undefined;
  }
  return route.startsWith('HIER_NONE/') && status >= 500 ? 'no-connection' : undefined;
}

/** True for the peek port's record of a tunnel. The front port has one of its own. */
export function isOfPeekPort({ client }: AccessRecord): boolean {
  return client === '127.0.0.1';
}

/**
 * Squid escapes what it logs. Only the brackets of an IPv6 address are unescaped here: the agent chooses every other
 * octet, and an escape that cannot be decoded must not hide the request.
 */
function canonicalName(host: string): string {
  return host
    .replace(/^(%5B|\[)(.*)(%5D|\])$/i, '$2')
    .replace(/\.$/, '')
    .toLowerCase();
}
