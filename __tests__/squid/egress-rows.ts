/** What an agent asks Squid for, and what must happen: the rows of `egress.engine.test.ts`. */

import { isIP } from 'node:net';
import type { Probe } from '../../testing/engine/agent-probe.ts';
import { serverNames } from '../../testing/client-hello.ts';
import { hello, tls, TUNNELS } from './egress-tunnels.ts';
import { EVIL, PINNED, PROVIDER, PUBLIC } from './egress-world.ts';

export interface Row {
  readonly probe: Probe;
  readonly statuses: readonly number[];
  readonly tunnel?: 'open' | 'cut';
  readonly error?: string;
  /** The address that must have been reached. */
  readonly upstream?: string;
  /** Addresses that must not have been reached. */
  readonly untouched?: readonly string[];
}

const connect = (authority: string, host = authority): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const get = (target: string, host = 'allowed.example', end = 'close'): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${end}\r\n\r\n`;

/** A request that Squid answers itself. */
const refused = (id: string, send: string, status = 403): Row => ({ probe: { id, send }, statuses: [status] });

/** A tunnel that reaches its destination. */
const opens = (id: string, name: string, upstream = PUBLIC): Row => ({
  probe: { id, send: connect(`${name}:443`), tunnel: tls(name.replace(/\.$/, '')) },
  statuses: [200],
  tunnel: 'open',
  upstream,
});

/** A tunnel to a provider's host. The api-proxy answers there, and only it has this status for the probe's `Host`. */
const answered = (id: string, authority: string, serverName: string): Row => ({
  probe: { id, send: connect(authority), tunnel: { kind: 'tls', serverName, status: 421 } },
  statuses: [200],
  tunnel: 'open',
});

/** A tunnel that is cut for its server name. */
const cutAt = (id: string, name: string, serverName: string): Row => ({
  probe: { id, send: connect(`${name}:443`), tunnel: hello(serverNames(serverName)) },
  statuses: [200],
  tunnel: 'cut',
});

/** A plain request that reaches its destination. */
const passes = (id: string, send: string): Row => ({ probe: { id, send }, statuses: [200], upstream: PUBLIC });

const REACH: readonly Row[] = [
  opens('allowed: a listed name', 'allowed.example'),
  opens('allowed: a subdomain', 'deep.sub.allowed.example'),
  opens('allowed: a subdomain of a wildcard', 'any.wild.example'),
  opens('allowed: an added host at a private address', PINNED.name, PINNED.address),
  opens('allowed: the one scheme, https', 'tls-only.example'),
  passes('allowed: the one scheme, http', get('http://plain-only.example/', 'plain-only.example')),
  passes('allowed: a listed name by http', get('http://allowed.example/')),
  refused('refused: a name that is not listed', connect('refused.example:443')),
  refused('refused: a name that is not listed by http', get('http://refused.example/')),
  refused('refused: a wildcard apex', connect('wild.example:443')),
  refused('refused: the other scheme, http', get('http://tls-only.example/')),
  refused('refused: the other scheme, https', connect('plain-only.example:443')),
  // The peek port's refusal is visible only to a TLS client.
  ...['ready.awf.invalid', 'allowed.example'].map((serverName): Row => ({
    probe: {
      id: `refused: the name of the readiness check, as ${serverName}`,
      send: connect('ready.awf.invalid:443'),
      tunnel: tls(serverName),
    },
    statuses: [200],
    tunnel: 'cut',
    untouched: ['127.0.0.1'],
  })),
];

const LITERALS: readonly string[] = [
  ...[PUBLIC, `${PUBLIC}.`, '3325256711', '0xC6336407', '0306.063.0144.07', '198.51.25607', '198.3368967'],
  ...[
    '0xc6.0x33.0x64.0x7',
    '0XC6.0X33.25607',
    '127.0.0.1',
    '127.1',
    '0',
    '0.0.0.0',
    '0x',
    '169.254.169.254',
    '168.63.129.16',
  ],
  ...[`[::ffff:${PUBLIC}]`, '[::ffff:c633:6407]', '[::1]', '[::]', '[fd00:ec2::254]', '[64:ff9b::c633:6407]'],
];

const X8 = LITERALS.flatMap((literal) => [
  refused(`X8 CONNECT ${literal}`, connect(`${literal}:443`)),
  refused(`X8 GET ${literal}`, get(`http://${literal}/`)),
]);

const X9: readonly Row[] = [
  ...[22, 80, 3128, 3129, 8080, 8443].map((port) => refused(`X9 CONNECT :${port}`, connect(`allowed.example:${port}`))),
  ...[22, 443, 3128, 8080].map((port) => refused(`X9 GET :${port}`, get(`http://allowed.example:${port}/`))),
  passes('X9 control: GET :80', get('http://allowed.example:80/')),
];

const X10: readonly Row[] = [
  opens('X10 upper case', 'ALLOWED.Example'),
  opens('X10 a trailing dot', 'allowed.example.'),
  passes('X10 upper case by http', get('http://ALLOWED.EXAMPLE/')),
  refused('X10 refused, upper case', connect('REFUSED.EXAMPLE:443')),
  refused('X10 refused, a trailing dot', connect('refused.example.:443')),
  refused('X10 a wildcard apex with a trailing dot', connect('Wild.Example.:443')),
  answered('X10 a provider with a trailing dot', 'API.OpenAI.com.:443', PROVIDER.name),
];

const X11: readonly Row[] = [
  refused('X11 evilallowed.example', connect('evilallowed.example:443')),
  refused('X11 allowed.example.evil.example', connect('allowed.example.evil.example:443')),
  refused('X11 the allowed name as a user', connect('allowed.example@evil.example:443')),
  refused('X11 the allowed name as a user by http', get('http://allowed.example@evil.example/')),
  refused('X11 the allowed name and a port as a user', get('http://allowed.example:80@evil.example/')),
  refused('X11 the allowed name as Host', connect('evil.example:443', 'allowed.example:443')),
  refused('X11 the allowed name as Host by http', get('http://evil.example/', 'allowed.example')),
  refused('X11 a NUL before the allowed name', connect('evil.example\0.allowed.example:443'), 400),
  ...['%00', '%23', '%2f', '%40'].map((sign): Row => ({
    ...refused(`X11 ${sign} before the allowed name`, connect(`evil.example${sign}.allowed.example:443`)),
    untouched: [EVIL],
  })),
];

/** The addresses for the names of X12. Each name gets its own address. */
const PRIVATE: readonly (readonly string[])[] = [
  ['127.0.0.1'],
  ['127.8.8.8'],
  ['10.9.9.1'],
  ['172.16.9.1'],
  ['192.168.9.1'],
  ['169.254.169.254'],
  ['168.63.129.16'],
  ['100.64.9.1'],
  ['198.18.9.1'],
  ['0.0.0.0'],
  ['::1'],
  ['fd00:ec2::254'],
  ['::ffff:10.9.9.1'],
  ['64:ff9b::a09:901'],
  ['2002:a09:901::1'],
  ['64:ff9b:1::a09:901'],
  ['fec0::9'],
  ['::a09:901'],
  ['5f00::9'],
  [PUBLIC, '10.9.9.2'],
  ['cname:allowed.example', '10.9.9.3'],
  ['cname:inner.private.example'],
];
/** The first answer is allowed, the next one is not. The address that was checked must be the one that is used. */
const REBINDING = ['rebinding.private.example', 'rebinding-too.private.example'] as const;
const REBOUND = '10.9.9.4';
const INNER = '10.9.9.5';
/** Addresses that the listener need not add: they exist already, or are other spellings of some that do. */
const OWN = new Set([PUBLIC, '127.0.0.1', '127.8.8.8', '0.0.0.0', '::1', '::ffff:10.9.9.1']);

const X12: readonly Row[] = [
  ...PRIVATE.flatMap((answer, index) => {
    const name = `p${index}.private.example`;
    return [
      refused(`X12 CONNECT to ${answer.join(' and ')}`, connect(`${name}:443`)),
      refused(`X12 GET from ${answer.join(' and ')}`, get(`http://${name}/`)),
    ];
  }),
  { ...opens('X12 an answer that changes', REBINDING[0]), untouched: [REBOUND] },
  { ...passes('X12 an answer that changes, by http', get(`http://${REBINDING[1]}/`)), untouched: [REBOUND] },
];

const tunnelName = (index: number): string => `t${index}.allowed.example`;
const tunnelAddress = (index: number): string => `198.51.100.${100 + index}`;

const TUNNEL_ROWS = TUNNELS.map(({ id, tunnel, ends, passes }, index): Row => ({
  probe: { id, send: connect(`${tunnelName(index)}:443`), tunnel },
  statuses: [200],
  tunnel: ends,
  ...(ends === 'open' || passes ? { upstream: tunnelAddress(index) } : { untouched: [tunnelAddress(index)] }),
}));

/** Names below an allowed one with octets that no host name has, and the report's name for each. */
export const ODD_NAMES: Readonly<Record<string, string>> = {
  'x24|a.allowed.example': 'x24%7ca.allowed.example',
  'x24#.allowed.example': 'x24%23.allowed.example',
  'x24".allowed.example': 'x24%22.allowed.example',
  'x24*.allowed.example': 'x24*.allowed.example',
  'x24\u00ff.allowed.example': 'x24%ff.allowed.example',
};

const X24: readonly Row[] = [
  ...Object.keys(ODD_NAMES).map((name) => refused(`X24 CONNECT ${name}`, connect(`${name}:443`))),
  refused('X24 GET below an allowed name', get('http://x24|b.allowed.example/')),
  opens('X24 control: a name with hyphens, digits and an underscore', '_x24-1.allowed.example'),
  passes('X24 control: other octets in the path', get('http://allowed.example/x24"|%ff')),
];

const X15: readonly Row[] = [
  answered('X15 a provider', `${PROVIDER.name}:443`, PROVIDER.name),
  cutAt('X15 another server name to a provider', PROVIDER.name, 'allowed.example'),
  cutAt("X15 a provider's server name to an allowed name", 'allowed.example', PROVIDER.name),
  refused('X15 a provider by http', get(`http://${PROVIDER.name}/`)),
  opens('X15 control: its neighbour', 'platform.openai.com'),
];

const X16: readonly Row[] = [
  refused('X16 ftp', get('ftp://allowed.example/')),
  refused('X16 https without a tunnel', get('https://allowed.example/')),
  refused('X16 https on port 80 without a tunnel', get('https://allowed.example:80/')),
  refused('X16 cache_object', get('cache_object://127.0.0.1/info')),
  refused('X16 the manager by name', get('http://awf-squid:3128/squid-internal-mgr/menu')),
  refused('X16 the manager by an allowed name', get('http://allowed.example:3128/squid-internal-mgr/menu')),
  refused('X16 the manager by path', get('/squid-internal-mgr/menu', 'awf-squid')),
  refused('X16 urn', get('urn:allowed.example'), 400),
  refused('X16 whois', get('whois://allowed.example/')),
  refused('X16 the name of the readiness check by http', get('http://ready.awf.invalid/')),
  {
    probe: { id: 'X16 the peek port', send: connect('allowed.example:443'), port: 3129 },
    statuses: [],
    error: 'ECONNREFUSED',
  },
];

const X20: readonly Row[] = [
  {
    probe: {
      id: 'X20 an allowed request, then a refused one',
      send: get('http://allowed.example/x20-1', 'allowed.example', 'keep-alive') + get('http://refused.example/x20-2'),
      all: true,
    },
    statuses: [200, 403],
  },
  {
    probe: {
      id: 'X20 a body that looks like a request',
      send: `POST http://allowed.example/x20-3 HTTP/1.1\r\nHost: allowed.example\r\nContent-Length: 5\r\n\r\nhello${get('http://refused.example/x20-4')}`,
      all: true,
    },
    statuses: [200, 403],
  },
  passes('X20 a Host beside the target', get('http://allowed.example/x20-5', 'refused.example')),
  refused('X20 a Host without a target', get('/x20-6', 'refused.example'), 400),
  refused('X20 an allowed Host with a refused target', get('http://refused.example/x20-7', 'allowed.example')),
];

const R8: readonly Row[] = [
  refused('R8 metadata by http', get('http://169.254.169.254/latest/meta-data/')),
  refused('R8 metadata by name', get('http://metadata.google.internal/computeMetadata/v1/')),
];

export const ROWS: readonly Row[] = [
  ...REACH,
  ...X8,
  ...X9,
  ...X10,
  ...X11,
  ...X12,
  ...TUNNEL_ROWS,
  ...X15,
  ...X16,
  ...X20,
  ...X24,
  ...R8,
];

/** The answers of the test's own resolver. */
export const NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  ...Object.fromEntries(
    [
      'allowed.example',
      '.allowed.example',
      '.wild.example',
      'tls-only.example',
      'plain-only.example',
      '.openai.com',
    ].map((name) => [name, [[PUBLIC]]]),
  ),
  'deep.sub.allowed.example': [[PUBLIC]],
  ...Object.fromEntries(TUNNELS.map((_, index) => [tunnelName(index), [[tunnelAddress(index)]]])),
  ...Object.fromEntries(PRIVATE.map((answer, index) => [`p${index}.private.example`, [answer]])),
  'inner.private.example': [[INNER]],
  ...Object.fromEntries(REBINDING.map((name) => [name, [[PUBLIC], [REBOUND]]])),
  // Names that must never be looked up have addresses, so that a query would show.
  'refused.example': [[PUBLIC]],
  'evil.example': [[EVIL]],
};

export const PUBLIC_ADDRESSES: readonly string[] = [PUBLIC, EVIL, ...TUNNELS.map((_, index) => tunnelAddress(index))];
export const PRIVATE_ADDRESSES: readonly string[] = [...new Set([...PRIVATE.flat(), REBOUND, INNER])].filter(
  (address) => isIP(address) !== 0 && !OWN.has(address),
);
