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

type FieldName = keyof typeof LOG_FIELDS;

const FIELD_NAMES = Object.keys(LOG_FIELDS) as FieldName[];
const place = (name: FieldName): number => FIELD_NAMES.indexOf(name);
/** A log can have millions of lines, so the place of each field is looked up once. */
const AT = {
  ...{ time: place('time'), durationMs: place('durationMs'), client: place('client'), clientPort: place('clientPort') },
  ...{ status: place('status'), bytesOut: place('bytesOut'), bytesIn: place('bytesIn'), method: place('method') },
  ...{ host: place('host'), port: place('port'), route: place('route'), routePort: place('routePort') },
  ...{ serverName: place('serverName'), verdict: place('verdict'), refusal: place('refusal') },
} as const;

/** Seconds. A `Date` has none beyond it. (ECMA-262, 21.4.1.1) */
const MAX_TIME = 8.64e12;

/**
 * Reads one line of the access log.
 *
 * @returns `no-request` for a connection on which no request arrived, and undefined for a line that is not Squid's: the
 *   caller counts those, so that a request cannot hide behind octets that nothing here can read
 */
export function parseAccessLine(line: string): AccessRecord | 'no-request' | undefined {
  const values = fieldsIn(line);
  if (values === undefined) return undefined;
  const field = (at: number): string => values[at] ?? '-';
  const host = canonicalName(field(AT.host));
  const port = field(AT.port);
  const seconds = field(AT.time);
  const status = field(AT.status);
  // Squid found no request in what arrived: the connection ended too early, or the text was not HTTP.
  if (host === '-' && port === '-') return 'no-request';
  if (host === '' || !/^\d{1,5}$/.test(port) || !/^\d+\.\d+$/.test(seconds)) return undefined;
  const time = Number(seconds);
  if (time > MAX_TIME) return undefined;
  const slash = status.indexOf('/');
  return {
    time,
    durationMs: Number(field(AT.durationMs)),
    client: field(AT.client),
    clientPort: portIn(field(AT.clientPort)),
    method: field(AT.method),
    host,
    port: Number(port),
    result: slash < 0 ? status : status.slice(0, slash),
    status: slash < 0 ? 0 : Number(status.slice(slash + 1)),
    bytesSent: Number(field(AT.bytesOut)),
    bytesReceived: Number(field(AT.bytesIn)),
    route: field(AT.route),
    routePort: portIn(field(AT.routePort)),
    serverName: optional(field(AT.serverName))?.toLowerCase().replace(/\.$/, ''),
    verdict: optional(field(AT.verdict)),
    refusal: optional(field(AT.refusal)),
  };
}

/** Takes half as long as `split`. @returns undefined if there are more or fewer than Squid writes */
function fieldsIn(line: string): string[] | undefined {
  const values: string[] = [];
  let start = 0;
  for (let left = FIELD_NAMES.length - 1; left > 0; left--) {
    const end = line.indexOf(' ', start);
    if (end < 0) return undefined;
    values.push(line.slice(start, end));
    start = end + 1;
  }
  if (line.includes(' ', start)) return undefined;
  values.push(line.slice(start));
  return values;
}

const optional = (value: string): string | undefined => (value === '-' ? undefined : value);

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

/** A tunnel to the peek port that carried no more than this, Squid's own answer to CONNECT, brought nothing from the host. */
const TUNNEL_OPENED = Buffer.byteLength('HTTP/1.1 200 Connection established\r\n\r\n');

/**
 * Why an allowed request reached nothing: `upstream-proxy-407` is the answer of the network's own proxy, `no-connection`
 * means that Squid connected to nobody, and `no-answer` that nothing had come from the host when the client gave up or
 * Squid did. An answer to a plain request may be the host's own, apart from 407, which only proxies send (RFC 9110,
 * section 15.5.8).
 *
 * @returns undefined if it reached something, or was refused
 */
export function whyUnreached(record: AccessRecord): string | undefined {
  const { verdict, result, method, route, routePort, status, bytesReceived } = record;
  if (verdict !== undefined || result.startsWith('TCP_DENIED')) return undefined;
  if (route.startsWith('FIRSTUP_PARENT/') && route !== TO_PEEK_PORT) {
    const isRefusal = method === 'CONNECT' ? status >= 400 : status === 407;
    return isRefusal ? `upstream-proxy-${String(status)}` : undefined;
  }
  if (route === TO_PEEK_PORT) return status === 200 && bytesReceived === TUNNEL_OPENED ? 'no-answer' : undefined;
  // Squid has no port of its own where no connection came about.
  if (routePort !== 0 && !route.startsWith('HIER_NONE/')) return undefined;
  if (status >= 500) return 'no-connection';
  return status === 0 && result.startsWith('TCP_MISS') ? 'no-answer' : undefined;
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
  const bare = /^(?:%5B|\[)/i.test(host) ? host.replace(/^(%5B|\[)(.*)(%5D|\])$/i, '$2') : host;
  return (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase();
}
