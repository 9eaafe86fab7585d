import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RequestJoiner } from '../../src/report/requests.ts';
import { DomainCounter, NO_DOMAINS, readDomains, type DomainTraffic } from '../../src/report/traffic.ts';
import { readUsage } from '../../src/report/usage.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import type { AccessRecord } from '../../src/squid/access-log.ts';
import { judged, temporaryDirectory } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';
import { accessLine } from '../../testing/engine/log-lines.ts';

const AGENT = '172.30.0.20';
/** Nothing is listed, so no entry decides. */
const OBSERVED = { agent: AGENT, rules: allowing('') };

/** A tunnel of the agent that went through. */
function record(host: string, overrides: Partial<AccessRecord> = {}): AccessRecord {
  return {
    time: 1,
    durationMs: 3,
    client: AGENT,
    clientPort: 40_000,
    method: 'CONNECT',
    host,
    port: 443,
    result: 'TCP_TUNNEL',
    status: 200,
    bytesSent: 0,
    bytesReceived: 0,
    route: 'FIRSTUP_PARENT/127.0.0.1',
    routePort: 50_000,
    serverName: undefined,
    verdict: undefined,
    refusal: undefined,
    ...overrides,
  };
}

const denied = (host: string, overrides: Partial<AccessRecord> = {}) =>
  record(host, { result: 'TCP_DENIED', status: 403, ...overrides });
/** The first record of a tunnel that was cut, from the port that reads server names. */
const cut = (host: string, serverName: string | undefined, verdict: string) =>
  record(host, { client: '127.0.0.1', clientPort: 50_000, serverName, verdict });

const count = (domain: string, requests: number) =>
  judged(domain, requests, {
    reason: expect.toSatisfy(() => true) as string,
    port: expect.any(Number) as number,
    firstAt: expect.any(Number) as number,
  });

function domains(records: readonly AccessRecord[]): DomainTraffic {
  const joiner = new RequestJoiner(OBSERVED);
  const counter = new DomainCounter(OBSERVED);
  for (const request of [...records.flatMap((each) => joiner.push(each)), ...joiner.rest()]) counter.add(request);
  return counter.result();
}

describe('domains', () => {
  test('counts by name, most requested first, ties by name', () => {
    const records = ['b.example', 'c.example', 'a.example', 'c.example'].map((host) => record(host));
    expect(domains(records)).toEqual({
      ...NO_DOMAINS,
      allowed: [count('c.example', 2), count('a.example', 1), count('b.example', 1)],
      blocked: [],
      unresolvable: [],
      unreachable: [],
    });
  });

  test('a name at an unusual port is a wish of its own, because an entry opens one port', () => {
    const ports = [443, 80, 8443, 9443, 8443].map((port) => denied('a.example', { port }));
    expect(domains(ports).blocked.map(({ domain, port, requests }) => [domain, port, requests])).toEqual([
      ...[
        ['a.example', 443, 2],
        ['a.example', 8443, 2],
        ['a.example', 9443, 1],
      ],
    ]);
  });

  test('a name can be allowed and refused', () => {
    expect(domains([record('a.example'), denied('a.example'), denied('b.example')])).toEqual({
      ...NO_DOMAINS,
      allowed: [count('a.example', 1)],
      blocked: [count('a.example', 1), count('b.example', 1)],
      unresolvable: [],
      unreachable: [],
    });
  });

  test('a tunnel that failed on the network was not refused', () => {
    expect(domains([record('a.example', { result: 'TCP_TUNNEL', status: 503 })]).blocked).toEqual([]);
  });

  test('an allowed name without an address is neither allowed nor refused', () => {
    const failed = record('gone.example', { result: 'TCP_DENIED', status: 503, verdict: 'unresolvable' });
    expect(domains([failed, record('a.example')])).toEqual({
      ...NO_DOMAINS,
      allowed: [count('a.example', 1)],
      blocked: [],
      unresolvable: [count('gone.example', 1)],
      unreachable: [],
    });
  });

  describe('without an answer', () => {
    const silent = (host: string, overrides: Partial<AccessRecord> = {}) =>
      record(host, { bytesReceived: 39, durationMs: 15_000, ...overrides });

    test('a name is not reached, unless it answers otherwise', () => {
      const { allowed, unreachable } = domains([silent('a.example'), silent('b.example'), record('b.example')]);
      expect([allowed, unreachable]).toEqual([[count('b.example', 1)], [count('a.example', 1)]]);
    });

    test.each<[string, AccessRecord[], boolean]>([
      ['nobody answers', [silent('a.example')], true],
      ['DNS does not answer', [denied('a.example', { verdict: 'unresolvable', durationMs: 10_000 })], true],
      ['somebody answers', [silent('a.example'), record('b.example')], false],
      ['the model answers', [silent('a.example'), record('m.example', { client: '172.30.0.30' })], false],
      ['a connection is refused', [silent('a.example', { durationMs: 80 })], false],
      ['a name does not exist', [denied('a.example', { verdict: 'unresolvable', durationMs: 80 })], false],
      ['the list refuses', [denied('a.example', { durationMs: 15_000 })], false],
      [
        'the network’s own proxy refuses',
        [record('a.example', { route: 'FIRSTUP_PARENT/10.1.1.1', status: 403, durationMs: 9_000 })],
        false,
      ],
    ])('whether the run is cut off: %s', (_, records, isCutOff) => {
      expect(domains(records).isCutOff).toBe(isCutOff);
    });
  });

  test('requests of others do not count', () => {
    const records = [
      record('api.openai.com', { client: '172.30.0.30' }),
      record('evil.example', { client: '172.30.0.30', result: 'TCP_DENIED' }),
    ];
    expect(domains(records)).toEqual(NO_DOMAINS);
  });

  describe('a tunnel that was cut', () => {
    test('is one refused request, under the name that it tried to reach', () => {
      expect(domains([cut('a.example', 'evil.example', 'server-name'), record('a.example')])).toEqual({
        ...NO_DOMAINS,
        allowed: [],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
        unreachable: [],
      });
    });

    test.each(['no-server-name', 'not-tls'])('without a server name counts under the tunnel’s: %s', (verdict) => {
      expect(domains([cut('a.example', undefined, verdict), record('a.example')])).toEqual({
        ...NO_DOMAINS,
        allowed: [],
        blocked: [count('a.example', 1)],
        unresolvable: [],
        unreachable: [],
      });
    });

    test('does not affect tunnels that were not cut', () => {
      const cutOne = cut('a.example', 'evil.example', 'server-name');
      const records = [record('a.example', { routePort: 1 }), cutOne, record('a.example')];
      expect(domains(records)).toEqual({
        ...NO_DOMAINS,
        allowed: [count('a.example', 1)],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
        unreachable: [],
      });
    });

    test('whose first record is missing leads to no negative count', () => {
      expect(domains([cut('a.example', 'evil.example', 'server-name')]).allowed).toEqual([]);
    });
  });
});

describe('any number of names', () => {
  test('takes bounded memory, and no request is missing from the counts', () => {
    const records = Array.from({ length: 30_000 }, (_, index) => denied(`${index}.example`));
    const { blocked, others } = domains([...records, record('a.example')]);
    expect(blocked).toHaveLength(10_000);
    expect(others).toEqual({ allowed: 0, blocked: 20_000, audited: 0, unresolvable: 0, unreachable: 0 });
  });

  test('includes names without an address, because a name below an allowed one can carry data to its resolver', () => {
    const records = Array.from({ length: 30_000 }, (_, index) =>
      record(`${index}.example`, { result: 'TCP_DENIED', status: 503, verdict: 'unresolvable' }),
    );
    const { unresolvable, others } = domains(records);
    expect(unresolvable).toHaveLength(10_000);
    expect(others).toEqual({ allowed: 0, blocked: 0, audited: 0, unresolvable: 20_000, unreachable: 0 });
  });
});

function logsWith(files: Readonly<Record<string, string>>) {
  const directory = temporaryDirectory();
  const logs = { squid: join(directory, 'squid'), apiProxy: join(directory, 'api-proxy') };
  for (const path of Object.values(logs)) mkdirSync(path);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(directory, path), content);
  return logs;
}

const call = (provider: string, status: number, more: object = {}) =>
  JSON.stringify({
    event: 'request',
    time: '2026-01-01T00:00:00.000Z',
    provider,
    requests: 1,
    model: null,
    usage: null,
    status,
    ...more,
  });

describe('readDomains', () => {
  const access = (time: string, target: string, fields: Parameters<typeof accessLine>[2] = {}) =>
    accessLine(AGENT, target, { time, ...fields });

  test('a missing log is an error, because only the caller knows whether there must be one', async () => {
    await expect(readDomains({ squid: '/does/not/exist', apiProxy: '/does/not/exist' }, OBSERVED)).rejects.toThrow(
      'ENOENT',
    );
  });

  test('reads Squid’s log, and counts the lines that it cannot read', async () => {
    const squid = [
      access('1.000', 'a.example:443', { routePort: '50001' }),
      accessLine('127.0.0.1', 'a.example:443', {
        ...{ time: '1.001', clientPort: '50002', serverName: 'evil.example', verdict: 'server-name' },
      }),
      access('1.002', 'a.example:443', { routePort: '50002' }),
      access('1.003', 'http://b.example/x', { method: 'GET', status: 'TCP_DENIED/403' }),
      access('1.004', 'error:transaction-end-before-headers', { method: '-', host: '-', port: '-' }),
      'half a li\n',
      '\n',
    ];
    expect((await readDomains(logsWith({ 'squid/access.log': squid.join('') }), OBSERVED)).domains).toEqual({
      ...NO_DOMAINS,
      allowed: [count('a.example', 1)],
      blocked: [count('b.example', 1), count('evil.example', 1)],
      unreadableLines: 1,
    });
  });

  test('L1 a path that is not UTF-8 hides no request', async () => {
    const log = access('1.000', 'http://a.example/%FF') + access('1.001', 'http://a.example/%C3%28');
    const { allowed } = (await readDomains(logsWith({ 'squid/access.log': log }), OBSERVED)).domains;
    expect(allowed).toEqual([count('a.example', 2)]);
  });

  test('leaves out what an earlier run wrote to the same directory', async () => {
    const logs = logsWith({
      'squid/access.log': access('1767225599.999', 'old.example:443') + access('1767225600.000', 'new.example:443'),
    });
    const start = Date.parse('2026-01-01T00:00:00.000Z');
    expect((await readDomains(logs, OBSERVED, start)).domains.allowed).toEqual([count('new.example', 1)]);
    expect((await readDomains(logs, OBSERVED)).domains.allowed).toHaveLength(2);
  });
});

describe('refused lookups', () => {
  const lookup = (name: unknown, time = '2026-01-01T00:00:00.000Z') =>
    `${JSON.stringify({ time, level: 'info', event: 'lookup-refused', name })}\n`;
  const rules = { ...allowing(''), deny: allowing('denied.example').allow };
  const read = (proxy: string, squid = '', since = 0) =>
    readDomains(
      logsWith({ 'squid/access.log': squid, 'api-proxy/api-proxy.log': proxy }),
      { ...OBSERVED, rules },
      since,
    );

  test('count as refused names, with the entry that denies them', async () => {
    const { domains } = await read(lookup('data.attacker.example') + lookup('denied.example'));
    expect(domains.blocked).toMatchObject([
      { domain: 'data.attacker.example', requests: 1, reason: 'not-listed', rule: null, port: 443 },
      { domain: 'denied.example', requests: 1, reason: 'denied', rule: { entry: 'denied.example' } },
    ]);
  });

  test('add nothing to the requests for the same name', async () => {
    const squid = accessLine(AGENT, 'a.example:443', { status: 'TCP_DENIED/403' });
    const { domains } = await read(lookup('a.example'), squid);
    expect(domains.blocked).toMatchObject([{ domain: 'a.example', requests: 1 }]);
  });

  test.each([
    ['a name without a dot', lookup('wpad')],
    ['the name of an address', lookup('1.2.0.192.in-addr.arpa')],
    ['the name of a service', lookup('_http._tcp.mirror.example')],
    ['an address', lookup('192.0.2.1')],
    ['what is no name', lookup('a.example\u001b[2J') + lookup(7) + lookup(null)],
    ['those of an earlier run', lookup('old.example', '2025-01-01T00:00:00.000Z')],
  ])('leave out %s', async (_, proxy) => {
    const { domains } = await read(proxy, '', Date.parse('2026-01-01T00:00:00.000Z'));
    expect(domains.blocked).toEqual([]);
  });

  test('are records of access.jsonl', async () => {
    const logs = logsWith({ 'squid/access.log': '', 'api-proxy/api-proxy.log': lookup('a.example') });
    await readDomains(logs, { ...OBSERVED, rules });
    const text = readFileSync(join(logs.squid, 'access.jsonl'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ scheme: 'dns', host: 'a.example', port: 53, verdict: 'refused' });
  });
});

describe('readUsage', () => {
  const noPrices = () => Promise.reject(new Error('No model was used.'));
  const read = (log: string, since = 0) =>
    readUsage(logsWith({ 'api-proxy/api-proxy.log': log }), since, noPrices).then(({ usage }) => usage);

  test('a missing log is an error', async () => {
    await expect(readUsage({ apiProxy: '/does/not/exist' }, 0, noPrices)).rejects.toThrow('ENOENT');
  });

  test('leaves out what an earlier run wrote to the same directory', async () => {
    const log = `${call('openai', 200, { time: '2025-12-31T23:59:59.999Z' })}\n${call('gemini', 200)}\n`;
    const { models } = await read(log, Date.parse('2026-01-01T00:00:00.000Z'));
    expect(models).toMatchObject([{ provider: 'gemini', requests: 1 }]);
  });

  test.each([
    ['no JSON', 'Error: something'],
    ['half a line', call('openai', 200).slice(0, -3)],
    ['null', 'null'],
    ['a number', '1'],
    ['no time', call('openai', 200, { time: 'now' })],
    ['no count', call('openai', 200, { requests: '1' })],
    ['half a usage', call('openai', 200, { usage: { inputTokens: 1 } })],
  ])('leaves out %s, and counts it', async (_, line) => {
    const { models, unreadableLines } = await read(`${line}\n${call('gemini', 200)}\n`);
    expect(models).toMatchObject([{ provider: 'gemini', requests: 1, failed: 0 }]);
    expect(unreadableLines).toBe(1);
  });

  test('leaves out another event, which is no mistake', async () => {
    const event = JSON.stringify({ event: 'start', time: '2026-01-01T00:00:00.000Z', provider: 'openai', status: 200 });
    expect(await read(`${event}\n\n${call('gemini', 200)}\n`)).toMatchObject({ requests: 1, unreadableLines: 0 });
  });

  test('L2 adds up what the log had no room for', async () => {
    const sums = { ...NO_USAGE, requests: 2, inputTokens: 20, outputTokens: 4 };
    const dropped = JSON.stringify({ event: 'dropped', time: '2026-01-01T00:00:00.000Z', lines: 3, ...sums });
    expect(await read(`${call('gemini', 200)}\n${dropped}\n`)).toMatchObject({
      ...{ requests: 3, inputTokens: 20, outputTokens: 4, droppedLines: 3, unreadableLines: 0 },
    });
  });

  test('only a line feed ends a line: a name with U+2028 in it adds no second record', async () => {
    const model = `x\u2028${call('openai', 200)}\u2028\r`;
    expect((await read(`${call('gemini', 200, { model })}\n`)).models).toMatchObject([
      { provider: 'gemini', requests: 1 },
    ]);
  });
});
