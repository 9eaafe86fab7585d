import { describe, expect, test } from 'vitest';
import { RequestJoiner, type EgressRequest } from '../../src/report/requests.ts';
import { parseAccessLine } from '../../src/squid/access-log.ts';
import { accessLine, refusedLine } from '../../testing/engine/log-lines.ts';
import { allowing } from '../../testing/options.ts';

const AGENT = '172.30.0.20';
const LIST = 'a.example\n=one.example\nhttps://ports.example:8443';
const DENIED = { 'deny-domains': 'bad.a.example' };

/** The requests that the lines of a log stand for. */
function requests(lines: readonly string[], options: Readonly<Record<string, string>> = {}): EgressRequest[] {
  const joiner = new RequestJoiner({ agent: AGENT, rules: allowing(LIST, { ...DENIED, ...options }) });
  const all = lines.flatMap((line) => {
    const record = parseAccessLine(line.trimEnd());
    if (record === undefined || record === 'no-request') throw new Error(`no record: ${line}`);
    return joiner.push(record);
  });
  return [...all, ...joiner.rest()];
}

const AUDIT = { 'egress-policy': 'audit' };
const verdicts = (lines: readonly string[], options = {}) =>
  requests(lines, options).map(({ host, verdict, reason, rule }) => [host, verdict, reason, rule?.entry ?? null]);

const cut = (host: string, port: string, verdict: string, serverName = '-') =>
  accessLine('127.0.0.1', `${host}:443`, { clientPort: port, verdict, serverName });

test('a request has all of its record', () => {
  const line = accessLine(AGENT, 'x.a.example:443', {
    time: '1767225600.250',
    durationMs: '42',
    bytesOut: '7',
    bytesIn: '9',
  });
  expect(requests([line])).toEqual([
    {
      ...{ version: 1, time: '2026-01-01T00:00:00.250Z', durationMs: 42, source: 'agent', scheme: 'https' },
      ...{ host: 'x.a.example', port: 443, serverName: null, verdict: 'allowed', reason: null, status: 200 },
      rule: { entry: 'a.example', from: 'allow-domains, line 1', preset: null },
      ...{ bytesSent: 7, bytesReceived: 9 },
    },
  ]);
});

test.each([
  ['1767225600.250', '2026-01-01T00:00:00.250Z'],
  ['1767225600.999', '2026-01-01T00:00:00.999Z'],
  ['1767225601.000', '2026-01-01T00:00:01.000Z'],
  ['0.007', '1970-01-01T00:00:00.007Z'],
])('the time %s is %s, whatever came before', (time, text) => {
  const other = accessLine(AGENT, 'a.example:443', { time: '1795742171.358' });
  const times = requests([other, accessLine(AGENT, 'a.example:443', { time }), other]).map((one) => one.time);
  expect(times).toEqual(['2026-11-27T01:16:11.358Z', text, '2026-11-27T01:16:11.358Z']);
});

test('a long list decides as a short one does, each time', () => {
  const fillers = Array.from({ length: 100 }, (_, index) => `n${String(index)}.example`).join('\n');
  const lines = ['a.example:443', 'ports.example:8443', 'ports.example:443', 'a.example:443', 'b.a.example:443'].map(
    (target) => accessLine(AGENT, target),
  );
  const entries = verdicts([...lines, ...lines], { 'deny-domains': fillers }).map(([, , , entry]) => entry);
  const once = ['a.example', 'https://ports.example:8443', null, 'a.example', 'a.example'];
  expect(entries).toEqual([...once, ...once]);
});

describe('the rule and the reason', () => {
  const refusedFor = (host: string, refusal: string, port = '443') =>
    accessLine(AGENT, `${host}:${port}`, { status: 'TCP_DENIED/403', refusal });

  test.each([
    ['an allowed host', accessLine(AGENT, 'one.example:443'), ['one.example', 'allowed', null, '=one.example']],
    [
      'an allowed port',
      accessLine(AGENT, 'ports.example:8443'),
      ['ports.example', 'allowed', null, 'https://ports.example:8443'],
    ],
    ['a name on no list', refusedFor('b.example', 'not-listed'), ['b.example', 'refused', 'not-listed', null]],
    ['a denied name', refusedFor('bad.a.example', 'denied'), ['bad.a.example', 'refused', 'denied', 'bad.a.example']],
    // The entry allows it, but did not decide.
    [
      'a private address',
      refusedFor('a.example', 'private-address'),
      ['a.example', 'refused', 'private-address', null],
    ],
    [
      'a name without an address',
      accessLine(AGENT, 'x.a.example:443', { status: 'TCP_DENIED/503', verdict: 'unresolvable' }),
      ['x.a.example', 'unresolvable', null, 'a.example'],
    ],
  ])('of %s', (_, line, expected) => {
    expect(verdicts([line])).toEqual([expected]);
  });

  test('a name without an address is on no list if only an audit asks for it', () => {
    const without = (host: string) =>
      accessLine(AGENT, `${host}:443`, { status: 'TCP_DENIED/503', verdict: 'unresolvable' });
    expect(verdicts([without('b.example'), without('a.example')], AUDIT)).toEqual([
      ['b.example', 'unresolvable', 'not-listed', null],
      ['a.example', 'unresolvable', null, 'a.example'],
    ]);
    expect(verdicts([without('b.example')])).toEqual([['b.example', 'unresolvable', null, null]]);
  });

  test('a request of the api-proxy is told apart, and no entry decides on it', () => {
    const [request] = requests([accessLine('172.30.0.30', 'api.a.example:443')]);
    expect(request).toMatchObject({ source: 'api-proxy', verdict: 'allowed', rule: null });
    expect(requests([refusedLine('172.30.0.30', 'a.example:443')])).toMatchObject([{ verdict: 'refused' }]);
  });
});

describe('a tunnel that was cut', () => {
  test('is one request, found by the port between the two records', () => {
    const lines = [
      cut('a.example', '50002', 'server-name', 'evil.example'),
      accessLine(AGENT, 'a.example:443', { routePort: '50001' }),
      accessLine(AGENT, 'a.example:443', { routePort: '50002' }),
    ];
    expect(requests(lines).map(({ verdict, reason, serverName }) => [verdict, reason, serverName])).toEqual([
      ['allowed', null, null],
      ['refused', 'server-name', 'evil.example'],
    ]);
  });

  test('is told even if the record of its tunnel is missing, or belongs to another host', () => {
    expect(verdicts([cut('a.example', '1', 'not-tls')])).toEqual([['a.example', 'refused', 'not-tls', 'a.example']]);
    const lines = [cut('a.example', '1', 'not-tls'), accessLine(AGENT, 'one.example:443', { routePort: '1' })];
    expect(verdicts(lines).map(([host, verdict]) => [host, verdict])).toEqual([
      ['one.example', 'allowed'],
      ['a.example', 'refused'],
    ]);
  });

  test('waits in bounded memory for its tunnel', () => {
    const joiner = new RequestJoiner({ agent: AGENT, rules: allowing(LIST) });
    let told = 0;
    for (let port = 0; port < 30_000; port++) {
      const record = parseAccessLine(cut('a.example', String(port), 'not-tls').trimEnd());
      if (typeof record === 'object') told += joiner.push(record).length;
    }
    expect(told).toBe(20_000);
    expect(joiner.rest()).toHaveLength(10_000);
  });
});

describe('a host that does not answer', () => {
  // What Squid 6.13 writes for a refused connection, for one that nobody answers, and for a client that gives up.
  test.each([
    ['a tunnel', 'a.example:443', { status: 'TCP_TUNNEL/200', bytesIn: '39' }, 'no-answer'],
    ['a request', 'http://a.example/', { status: 'TCP_MISS/503', route: 'HIER_DIRECT/10.1.1.1' }, 'no-connection'],
    ['a request that is given up', 'http://a.example/', { status: 'TCP_MISS_ABORTED/000' }, 'no-answer'],
  ])('%s is no request that reached something', (_, target, fields, reason) => {
    const method = target.startsWith('http:') ? 'GET' : 'CONNECT';
    const route = method === 'GET' ? { route: 'HIER_NONE/-', routePort: '0' } : {};
    const line = accessLine(AGENT, target, { method, ...route, ...fields });
    expect(verdicts([line])).toEqual([['a.example', 'unreachable', reason, 'a.example']]);
  });

  test.each([
    ['a tunnel that brought something', 'a.example:443', { bytesIn: '40' }],
    ['an answer of the host', 'http://a.example/', { status: 'TCP_MISS/503', route: 'HIER_DIRECT/10.1.1.1' }],
    ['an answer that nobody waited for', 'http://a.example/', { status: 'TCP_MISS_ABORTED/200' }],
  ])('%s', (_, target, fields) => {
    const method = target.startsWith('http:') ? 'GET' : 'CONNECT';
    expect(verdicts([accessLine(AGENT, target, { method, ...fields })])).toEqual([
      ['a.example', 'allowed', null, 'a.example'],
    ]);
  });

  test('a tunnel that was cut was cut', () => {
    const opened = accessLine(AGENT, 'a.example:443', { routePort: '7', bytesIn: '39' });
    expect(verdicts([cut('a.example', '7', 'not-tls'), opened])).toEqual([
      ['a.example', 'refused', 'not-tls', 'a.example'],
    ]);
  });

  test('of AWF’s own requests too', () => {
    const line = accessLine('172.30.0.30', 'api.a.example:443', {
      ...{ status: 'TCP_TUNNEL/503', route: 'HIER_DIRECT/10.1.1.1', routePort: '0' },
    });
    expect(requests([line])).toMatchObject([{ source: 'api-proxy', verdict: 'unreachable', reason: 'no-connection' }]);
  });
});

describe('behind the network’s own proxy', () => {
  const PARENT = 'FIRSTUP_PARENT/10.9.8.7';
  const answered = (port: string, status: string, route = PARENT) =>
    accessLine('127.0.0.1', 'a.example:443', {
      ...{ clientPort: port, status: `TCP_TUNNEL/${status}`, route, serverName: 'a.example' },
    });
  const opened = (port: string) => accessLine(AGENT, 'a.example:443', { routePort: port });
  const unreached = (reason: string) => [['a.example', 'unreachable', reason, 'a.example']];

  test.each([
    ['407', PARENT, 'upstream-proxy-407'],
    ['403', PARENT, 'upstream-proxy-403'],
    ['502', PARENT, 'upstream-proxy-502'],
    ['500', 'HIER_NONE/-', 'no-connection'],
  ])('a tunnel that ends with %s at %s reached nothing', (status, route, reason) => {
    const lines = [answered('7', status, route), opened('7')];
    expect(verdicts(lines)).toEqual(unreached(reason));
    expect(requests(lines)).toMatchObject([{ source: 'agent', status: Number(status), serverName: null }]);
  });

  test('one that it opens is one request, in whichever order its records come', () => {
    const hello = answered('7', '200', 'HIER_NONE/-').replace('TCP_TUNNEL', 'NONE_NONE');
    for (const lines of [
      [hello, answered('7', '200'), opened('7')],
      [hello, opened('7'), answered('7', '200')],
    ]) {
      expect(verdicts(lines)).toEqual([['a.example', 'allowed', null, 'a.example']]);
    }
  });

  test.each([
    ['407', 'unreachable', 'upstream-proxy-407'],
    // The host itself may have said this.
    ['403', 'allowed', null],
    ['503', 'allowed', null],
  ])('a plain request that is answered with %s is %s', (status, verdict, reason) => {
    const line = accessLine(AGENT, 'http://a.example/', { method: 'GET', status: `TCP_MISS/${status}`, route: PARENT });
    expect(verdicts([line])).toEqual([['a.example', verdict, reason, 'a.example']]);
  });

  test('a tunnel of AWF’s own is told too', () => {
    const line = accessLine('172.30.0.30', 'api.a.example:443', { status: 'TCP_TUNNEL/407', route: PARENT });
    expect(requests([line])).toMatchObject([
      { source: 'api-proxy', verdict: 'unreachable', reason: 'upstream-proxy-407', rule: null },
    ]);
  });

  test('in an audit, what the list does not have is told as that', () => {
    const lines = [
      answered('7', '403').replaceAll('a.example', 'b.example'),
      opened('7').replaceAll('a.example', 'b.example'),
    ];
    expect(verdicts(lines, AUDIT)).toEqual([['b.example', 'audited', 'not-listed', null]]);
  });
});

describe('in an audit', () => {
  test.each([
    ['a listed name', 'a.example:443', ['a.example', 'allowed', null, 'a.example']],
    ['another name', 'b.example:443', ['b.example', 'audited', 'not-listed', null]],
    [
      'a name over a scheme that its entry does not have',
      'ports.example:443',
      ['ports.example', 'audited', 'not-listed', null],
    ],
    ['a port', 'b.example:22', ['b.example', 'audited', 'port', null]],
    ['a port that another name has', 'b.example:8443', ['b.example', 'audited', 'port', null]],
    ['an address', '192.0.2.7:443', ['192.0.2.7', 'audited', 'address', null]],
  ])('what passed is judged by the list: %s', (_, target, expected) => {
    expect(verdicts([accessLine(AGENT, target)], AUDIT)).toEqual([expected]);
  });

  test('no entry can allow HTTP at another port than 80', () => {
    const lines = ['http://b.example:8080/', 'http://b.example/'].map((url) =>
      accessLine(AGENT, url, { method: 'GET' }),
    );
    expect(verdicts(lines, AUDIT).map(([, , reason]) => reason)).toEqual(['http-port', 'not-listed']);
  });

  test('a server name that would have been cut is the reason, unless the name itself is', () => {
    const lines = (host: string) => [
      cut(host, '7', 'server-name', 'x.example'),
      accessLine(AGENT, `${host}:443`, { routePort: '7' }),
    ];
    expect(verdicts(lines('a.example'), AUDIT)).toEqual([['a.example', 'audited', 'server-name', 'a.example']]);
    expect(verdicts(lines('b.example'), AUDIT)).toEqual([['b.example', 'audited', 'not-listed', null]]);
  });

  test('what stays closed was refused', () => {
    const lines = [
      cut('b.example', '7', 'closed-server-name', 'x.example'),
      accessLine(AGENT, 'b.example:443', { routePort: '7' }),
    ];
    expect(verdicts(lines, AUDIT)).toEqual([['b.example', 'refused', 'closed-server-name', null]]);
    const denied = accessLine(AGENT, 'bad.a.example:443', { status: 'TCP_DENIED/403', refusal: 'denied' });
    expect(verdicts([denied], AUDIT)).toEqual([['bad.a.example', 'refused', 'denied', 'bad.a.example']]);
  });
});
