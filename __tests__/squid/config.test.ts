import { describe, expect, test } from 'vitest';
import { LOG_FIELDS, READINESS_NAME, squidConfig, type EgressPolicy } from '../../src/squid/config.ts';
import { ADDRESSES } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';
import { Judge, type Request } from './judge.ts';

const AGENT = '172.30.0.20';
const SIDECAR = '172.30.0.30';

function judge(allow: string, policy: Partial<EgressPolicy> = {}): Judge {
  return new Judge(
    squidConfig({
      addresses: ADDRESSES,
      egress: allowing(allow),
      targets: [],
      hosts: [],
      hostAddresses: [],
      modelPorts: [],
      transparent: true,
      namedHosts: [],
      ...policy,
    }),
  );
}

/** The agent's `CONNECT host:port` or `GET http://host:port/`, unless `more` overrides it. */
const connect = (host: string, more: Partial<Request> = {}): Request => ({
  from: AGENT,
  method: 'CONNECT',
  host,
  port: 443,
  ...more,
});
const get = (host: string, more: Partial<Request> = {}): Request => connect(host, { method: 'GET', port: 80, ...more });

const LIST = 'plain.example\n*.wild.example\nhttps://tls.example\nhttp://clear.example\ngateway.internal';

describe('the agent', () => {
  const squid = judge(LIST);

  test.each<[string, Request]>([
    ['a domain', connect('plain.example')],
    ['its subdomain', connect('a.b.plain.example')],
    ['in upper case, with a dot', connect('PLAIN.Example.')],
    ['a domain by http', get('plain.example')],
    ['by another method', get('plain.example', { method: 'POST' })],
    ['below a wildcard', connect('a.wild.example')],
    ['X24 control: a name with hyphens, digits and an underscore', connect('_a-1.plain.example')],
    ['https only, by https', connect('sub.tls.example')],
    ['http only, by http', get('sub.clear.example')],
  ])('reaches %s', (_, request) => {
    expect(squid.access(request).allowed).toBe(true);
  });

  test.each<[string, Request]>([
    ['another name', connect('other.example')],
    ['a name that ends alike', connect('evilplain.example')],
    ['a name that begins alike', connect('plain.example.evil.example')],
    ['the parent', connect('example')],
    ['a wildcard’s own domain', connect('wild.example')],
    ['https only, by http', get('tls.example')],
    ['http only, by https', connect('clear.example')],
    ['another name by http', get('other.example')],
    ['a tunnel to SSH', connect('plain.example', { port: 22 })],
    ['a tunnel to 8443', connect('plain.example', { port: 8443 })],
    ['a tunnel to 80', connect('plain.example', { port: 80 })],
    ['http on 8080', get('plain.example', { port: 8080 })],
    ['http on 443', get('plain.example', { port: 443 })],
    ['FTP', get('plain.example', { port: 21, scheme: 'FTP' })],
    ['FTP on port 80', get('plain.example', { scheme: 'FTP' })],
    ['a cache object', get('plain.example', { scheme: 'cache_object' })],
    ...[
      '10.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '1.2.3.4.',
      '::1',
      '::ffff:10.0.0.1',
    ].map((host): [string, Request] => [`the address ${host}`, connect(host)]),
    ...['a|b.plain.example', 'other.example#.plain.example', 'other.example%00.plain.example', 'a b.plain.example']
      .flatMap((host) => [connect(host), get(host)])
      .map((request): [string, Request] => [
        `X24 a name with other octets (${request.method} ${request.host})`,
        request,
      ]),
    ['X24 a name in another script', connect('\u00e4.plain.example')],
  ])('is refused %s, without a DNS query', (_, request) => {
    expect(squid.access(request)).toEqual({ allowed: false, resolved: false });
  });

  test.each(['plain.example', 'localhost', 'none.awf.invalid', ''])('an empty list allows nothing: %j', (host) => {
    const nothing = judge('', { targets: [{ host: 'api.openai.com', port: 443, permitted: true }] });
    expect(nothing.access(connect(host))).toEqual({ allowed: false, resolved: false });
    expect(nothing.access(get(host))).toEqual({ allowed: false, resolved: false });
    expect(nothing.bump({ host, serverName: host }).action).toBe('terminate');
  });

  test('nobody else is served by either listener', () => {
    for (const from of ['172.30.0.10', '172.30.0.40', '172.30.0.1', SIDECAR]) {
      expect(squid.access(connect('plain.example', { from })).allowed).toBe(false);
      expect(squid.access(get('plain.example', { from })).allowed).toBe(false);
    }
    expect(squid.access(get('plain.example', { from: '127.0.0.1', listener: 'peek' })).allowed).toBe(false);
  });
});

test('an address is refused even if a list of names would cover it', () => {
  const source = { kind: 'input', name: 'allow-domains' } as const;
  const entry = { schemes: ['https'], port: undefined, match: 'domain', text: '', source } as const;
  const allow = ['1', '0x1', '::1'].map((host) => ({ ...entry, host }));
  const squid = judge('', { egress: { mode: 'block', allow, deny: [] } });
  for (const host of ['192.0.2.1', '1', '0x1', '::1']) {
    expect([host, squid.access(connect(host))]).toEqual([host, { allowed: false, resolved: false }]);
  }
});

describe('the api-proxy, for programs that ignore NO_PROXY', () => {
  const squid = judge(LIST, { modelPorts: [10_000, 10_001], namedHosts: [] });

  test.each([
    connect(SIDECAR, { port: 10_000 }),
    get(SIDECAR, { port: 10_001 }),
    get(SIDECAR, { port: 10_000, method: 'POST' }),
  ])('$method to its port $port passes, and goes there directly', (request) => {
    expect(squid.access(request).allowed).toBe(true);
    expect(squid.route(request)).toBe('direct');
  });

  test.each<[string, Request]>([
    ['another port', connect(SIDECAR, { port: 10_002 })],
    ['port 443', connect(SIDECAR)],
    ['port 80', get(SIDECAR)],
    ['Squid itself', connect('172.30.0.10', { port: 10_000 })],
    ['the gateway', connect('172.30.0.1', { port: 10_000 })],
    ['another spelling of it', connect('0xac1e001e', { port: 10_000 })],
    ['a name that leads there', connect('plain.example', { port: 10_000, address: SIDECAR })],
    ['from the api-proxy', connect(SIDECAR, { from: SIDECAR, port: 10_000 })],
    ['from elsewhere', connect(SIDECAR, { from: '172.30.0.40', port: 10_000 })],
  ])('not so %s', (_, request) => {
    expect(squid.access(request).allowed).toBe(false);
  });

  test('without the api-proxy, nothing of it', () => {
    expect(judge(LIST).access(connect(SIDECAR, { port: 10_000 })).allowed).toBe(false);
  });
});

describe('the address of an allowed name', () => {
  const PRIVATE = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.8.8.8', '168.63.129.16', '169.254.169.254'],
    ...['172.16.0.1', '172.30.0.30', '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1'],
    ...['240.0.0.1', '255.255.255.255', '::', '::1', '64:ff9b::a00:1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
    ...['ff02::1', '2002:a00:1::1'],
    // X25
    ...['::a00:1', '::ffff:0:a00:1', '64:ff9b:1::a00:1', '100:0:0:1::1', '3fff::1', '5f00::1', 'fec0::1', 'feff::1'],
  ];

  test.each(PRIVATE)('%s is refused', (address) => {
    const squid = judge(LIST);
    for (const request of [connect('plain.example', { address }), get('plain.example', { address })]) {
      expect(squid.access(request)).toEqual({ allowed: false, resolved: true });
    }
  });

  test.each(['93.184.215.14', '11.0.0.1', '100.128.0.1', '172.32.0.1', '192.167.1.1', '2606:2800::1'])(
    '%s is allowed',
    (address) => {
      expect(judge(LIST).access(connect('plain.example', { address })).allowed).toBe(true);
    },
  );

  test('X25 the host’s own public address is refused, and its neighbour is not', () => {
    const squid = judge(LIST, { hostAddresses: ['203.0.113.7', '2600:1f18::7'] });
    const allows = (address: string): boolean => squid.access(connect('plain.example', { address })).allowed;
    expect(['203.0.113.7', '2600:1f18::7'].map(allows)).toEqual([false, false]);
    expect(['203.0.113.8', '2600:1f18::8'].map(allows)).toEqual([true, true]);
  });

  test('an allowed name without an address is refused by the front port and logged as such', () => {
    const squid = judge(LIST);
    expect(squid.access(connect('plain.example', { address: '' }))).toEqual({ allowed: false, resolved: true });
    expect(squid.access(connect('other.example', { address: '' }))).toEqual({ allowed: false, resolved: false });
    expect(squid.all('deny_info')).toContainEqual(['503:ERR_AWF_NO_ADDRESS', expect.stringContaining('unresolvable')]);
  });

  test('an added host may be private, but only under its name', () => {
    const squid = judge(LIST, { hosts: [{ name: 'gateway.internal', address: '10.1.2.3' }] });
    const address = '10.1.2.3';
    expect(squid.access(connect('gateway.internal', { address })).allowed).toBe(true);
    expect(squid.access(connect('sub.gateway.internal', { address })).allowed).toBe(false);
    expect(squid.access(connect('plain.example', { address })).allowed).toBe(false);
  });

  test('an added host still needs its entry', () => {
    const squid = judge('', { hosts: [{ name: 'gateway.internal', address: '10.1.2.3' }] });
    expect(squid.access(connect('gateway.internal'))).toEqual({ allowed: false, resolved: false });
  });
});

describe('a provider’s host', () => {
  const targets = [
    { host: 'api.openai.com', port: 443, permitted: true },
    { host: 'router.internal', port: 8443, permitted: true },
  ];
  // The user lists them too, which must not open them to the agent.
  const squid = judge('openai.com\nrouter.internal\nplain.example', { targets });

  test.each([
    ['api.openai.com', 443],
    ['router.internal', 8443],
  ])('is open to the api-proxy: %s:%i', (host, port) => {
    expect(squid.access(connect(host, { from: SIDECAR, port })).allowed).toBe(true);
    expect(squid.access(connect(host, { port }))).toEqual({ allowed: false, resolved: false });
    expect(squid.access(connect(host))).toEqual({ allowed: false, resolved: false });
    expect(squid.access(get(host)).allowed).toBe(false);
  });

  test.each<[string, Partial<Request>]>([
    ['another port', { port: 8443 }],
    ['another target’s port', { host: 'router.internal', port: 443 }],
    ['a subdomain', { host: 'x.api.openai.com' }],
    ['a name of the allow-list', { host: 'plain.example' }],
    ['another name', { host: 'other.example' }],
    ['plain http', { method: 'GET', port: 80 }],
    ['an address', { host: '93.184.215.14' }],
    ['the readiness name', { host: READINESS_NAME }],
  ])('the api-proxy reaches nothing else: %s', (_, more) => {
    const request = connect(more.host ?? 'api.openai.com', { from: SIDECAR, ...more });
    expect(squid.access(request)).toEqual({ allowed: false, resolved: false });
  });

  test('is open to nobody if it is not permitted', () => {
    const closed = judge('', { targets: [{ host: 'router.internal', port: 8443, permitted: false }] });
    for (const from of [AGENT, SIDECAR]) {
      expect(closed.access(connect('router.internal', { from, port: 8443 }))).toEqual({
        allowed: false,
        resolved: false,
      });
    }
  });

  test('other names below a listed domain stay open to the agent', () => {
    expect(squid.access(connect('cdn.openai.com')).allowed).toBe(true);
  });

  test('must not have a private address either, unless it was added', () => {
    const request = connect('router.internal', { from: SIDECAR, port: 8443, address: '10.1.2.3' });
    expect(squid.access(request).allowed).toBe(false);
    const added = judge('', { targets, hosts: [{ name: 'router.internal', address: '10.1.2.3' }] });
    expect(added.access(request).allowed).toBe(true);
  });
});

describe('the server name in a tunnel', () => {
  const squid = judge(`${LIST}\nopenai.com`, { targets: [{ host: 'api.openai.com', port: 443, permitted: true }] });

  test.each([
    ['the tunnel’s own', 'plain.example', 'plain.example'],
    ['another allowed one', 'plain.example', 'a.wild.example'],
  ])('%s is spliced', (_, host, serverName) => {
    expect(squid.bump({ host, serverName })).toEqual({ action: 'splice', verdict: undefined });
  });

  test.each([
    ['one that is not listed', 'evil.example', 'server-name'],
    ['one that is listed for http only', 'clear.example', 'server-name'],
    ['a wildcard’s own domain', 'wild.example', 'server-name'],
    ['a provider’s', 'api.openai.com', 'closed-server-name'],
    ['X13 a wildcard', '*.wild.example', 'server-name'],
    ['none', undefined, 'no-server-name'],
  ])('%s is cut, with a verdict', (_, serverName, verdict) => {
    expect(squid.bump({ host: 'plain.example', serverName })).toEqual({ action: 'terminate', verdict });
  });

  test('is read for every tunnel of the agent, and for nothing else', () => {
    expect(squid.route(connect('plain.example'))).toBe('peer');
    expect(squid.route(get('plain.example'))).toBe('direct');
    expect(squid.route(connect('api.openai.com', { from: SIDECAR }))).toBe('direct');
    expect(squid.route(connect('plain.example', { from: '127.0.0.1', listener: 'peek' }))).toBe('direct');
  });

  test('is read only by a listener on loopback', () => {
    const listeners = squid.all('http_port');
    const peek = listeners.filter((words) => words.includes('ssl-bump'));
    expect(listeners.map(([address]) => address)).toEqual([
      '172.30.0.10:3128',
      '172.30.0.10:3130',
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    ]);
    expect(peek).toHaveLength(1);
    const [, , peerPort] = squid.all('cache_peer')[0]!;
    expect(peek[0]![0]).toBe(`127.0.0.1:${peerPort!}`);
  });
});

describe('what the api-proxy carries for programs that ask no proxy', () => {
  const targets = [{ host: 'api.openai.com', port: 443, permitted: true }];
  const squid = judge(LIST, { targets, modelPorts: [10_000], namedHosts: ['named.example'] });
  const carried = { from: SIDECAR, listener: 'forward' };

  test.each<[string, Request, boolean]>([
    ['a listed name', connect('plain.example', carried), true],
    ['a listed name by http', get('plain.example', carried), true],
    ['another name', connect('other.example', carried), false],
    ['another port', connect('plain.example', { ...carried, port: 8443 }), false],
    ['a private address', connect('plain.example', { ...carried, address: '10.0.0.1' }), false],
    ['a provider, which only the api-proxy itself may reach', connect('api.openai.com', carried), false],
    ['an address', connect('192.0.2.1', carried), false],
  ])('is judged as the agent’s own: %s', (_, request, allowed) => {
    expect(squid.access(request).allowed).toBe(allowed);
    expect(squid.access({ ...request, from: AGENT, listener: 'front' }).allowed).toBe(allowed);
  });

  test('has its server name read', () => {
    const unnamed = judge(LIST);
    expect(unnamed.route(connect('plain.example', carried))).toBe('peer');
    expect(unnamed.route(get('plain.example', carried))).toBe('direct');
  });

  test('control: at the front port, the api-proxy reaches its targets and nothing else', () => {
    expect(squid.access(connect('api.openai.com', { from: SIDECAR })).allowed).toBe(true);
    expect(squid.access(connect('plain.example', { from: SIDECAR })).allowed).toBe(false);
  });

  test.each([AGENT, '127.0.0.1', '172.30.0.77'])('comes from nobody else: %s', (from) => {
    expect(squid.access(connect('plain.example', { from, listener: 'forward' })).allowed).toBe(false);
    expect(squid.access(get('plain.example', { from, listener: 'forward' })).allowed).toBe(false);
  });

  test('has no port if nothing is carried', () => {
    expect(
      judge(LIST, { transparent: false })
        .all('http_port')
        .map(([address]) => address),
    ).not.toContain('172.30.0.10:3130');
  });
});

test('the readiness name passes the front port without DNS and is cut behind it', () => {
  const squid = judge('');
  expect(squid.access(connect(READINESS_NAME))).toEqual({ allowed: true, resolved: false });
  expect(squid.access(get(READINESS_NAME)).allowed).toBe(false);
  expect(squid.bump({ host: READINESS_NAME, serverName: READINESS_NAME }).action).toBe('terminate');
});

test('no list contains a name that another of its names covers: Squid would not start, or would ignore one', () => {
  const targets = [
    { host: 'api.openai.com', port: 443, permitted: true },
    { host: 'api.openai.com', port: 8443, permitted: true },
  ];
  const hosts = [
    { name: 'a.internal', address: '10.0.0.1' },
    { name: 'a.internal', address: '10.0.0.2' },
  ];
  const squid = judge('example.com\na.example.com\n*.example.com\nhttps://b.example.com\n*.c.example', {
    targets,
    hosts,
  });
  for (const [name, values] of squid.nameLists()) {
    const covered = values.filter((value, index) =>
      values.some(
        (other, at) => at !== index && (value === other || (other.startsWith('.') && `.${value}`.endsWith(other))),
      ),
    );
    expect([name, covered]).toEqual([name, []]);
  }
});

test('a policy cannot add its own lines: one directive per line, no quotes, no comments', () => {
  const configuration = squidConfig({
    addresses: ADDRESSES,
    egress: allowing('bücher.example, A.example.'),
    targets: [],
    hosts: [],
    hostAddresses: [],
    modelPorts: [],
    transparent: true,
    namedHosts: [],
  });
  expect(configuration).toMatch(/^[\x20-\x7e\n]+\n$/);
  expect(configuration.split('\n').filter((line) => line.startsWith('#'))).toEqual([]);
});

test('D8 the files of all clients’ connections together are fewer than Squid may open', () => {
  const limit = (directive: string): number => Number(judge('').all(directive)[0]?.[0]);
  // A tunnel of the agent takes four, one of the api-proxy two.
  expect(limit('client_ip_max_connections') * (4 + 2)).toBeLessThan(limit('max_filedescriptors'));
});

describe('hardening', () => {
  const squid = judge('');

  test.each([
    ['via', 'off'],
    ['forwarded_for', 'delete'],
    ['pinger_enable', 'off'],
    ['icp_port', '0'],
    ['htcp_port', '0'],
    ['email_err_data', 'off'],
    ['cache', 'deny all'],
    ['cache_mem', '0'],
    ['coredump_dir', 'none'],
    ['shutdown_lifetime', '0 seconds'],
    ['max_filedescriptors', '16384'],
    ['client_ip_max_connections', '2432'],
    ['request_header_max_size', '16 KB'],
    ['client_request_buffer_max_size', '64 KB'],
    ['request_start_timeout', '15 seconds'],
    ['request_timeout', '15 seconds'],
    ['client_idle_pconn_timeout', '1 minute'],
    ['read_timeout', '15 minutes'],
  ])('%s %s', (directive, value) => {
    expect(squid.all(directive).map((words) => words.join(' '))).toEqual([value]);
  });

  test('the first rule denies the cache manager, the last denies everything', () => {
    const rules = squid.all('http_access').map((words) => words.join(' '));
    expect([rules[0], rules.at(-1)]).toEqual(['deny manager', 'deny all']);
  });

  test('X24 refuses names with octets that no host name has before it decides anything by name', () => {
    const rules = squid.all('http_access').map((words) => words.join(' '));
    expect(rules.slice(1, 3)).toEqual(['deny bracketed_literal say_ipv6_address', 'deny odd_name say_odd_name']);
  });

  test('keeps nothing on disk except its logs', () => {
    expect(squid.all('cache_dir')).toEqual([]);
    expect([...squid.all('access_log'), ...squid.all('cache_log')].map(([to]) => to)).toEqual([
      'stdio:/var/log/squid/access.log',
      'stdio:/var/log/squid/access.log',
      'stdio:/var/log/squid/access.log',
      'stdio:/var/log/squid/cache.log',
    ]);
  });
});

test('what the agent chooses freely is encoded in the log, and no field can be empty', () => {
  for (const field of ['method', 'host', 'target', 'serverName'] as const) expect(LOG_FIELDS[field]).toMatch(/^%#/);
  expect(Object.values(LOG_FIELDS).filter((format) => / /.test(format))).toEqual([]);
});
