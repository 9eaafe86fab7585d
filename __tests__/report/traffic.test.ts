import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DomainCounter, NO_DOMAINS, readDomains, type DomainTraffic } from '../../src/report/traffic.ts';
import { readUsage } from '../../src/report/usage.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import type { AccessRecord } from '../../src/squid/access-log.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { accessLine } from '../../testing/engine/log-lines.ts';

const AGENT = '172.30.0.20';

/** A tunnel of the agent that went through. */
function record(host: string, overrides: Partial<AccessRecord> = {}): AccessRecord {
  return {
    time: 1,
    client: AGENT,
    method: 'CONNECT',
    host,
    port: 443,
    result: 'TCP_TUNNEL',
    status: 200,
    bytesSent: 0,
    bytesReceived: 0,
    serverName: undefined,
    verdict: undefined,
    ...overrides,
  };
}

const denied = (host: string) => record(host, { result: 'TCP_DENIED', status: 403 });
/** The second record of a tunnel that was cut, from the port that reads server names. */
const cut = (host: string, serverName: string | undefined, verdict: string) =>
  record(host, { client: '127.0.0.1', serverName, verdict });

const count = (domain: string, requests: number) => ({ domain, requests });

function domains(records: readonly AccessRecord[]): DomainTraffic {
  const counter = new DomainCounter(AGENT);
  for (const each of records) counter.add(each);
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
    });
  });

  test('a name can be allowed and refused', () => {
    expect(domains([record('a.example'), denied('a.example'), denied('b.example')])).toEqual({
      ...NO_DOMAINS,
      allowed: [count('a.example', 1)],
      blocked: [count('a.example', 1), count('b.example', 1)],
      unresolvable: [],
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
      expect(domains([record('a.example'), cut('a.example', 'evil.example', 'server-name')])).toEqual({
        ...NO_DOMAINS,
        allowed: [],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
      });
    });

    test.each(['no-server-name', 'not-tls'])('without a server name counts under the tunnel’s: %s', (verdict) => {
      expect(domains([record('a.example'), cut('a.example', undefined, verdict)])).toEqual({
        ...NO_DOMAINS,
        allowed: [],
        blocked: [count('a.example', 1)],
        unresolvable: [],
      });
    });

    test('does not affect tunnels that were not cut', () => {
      const records = [record('a.example'), record('a.example'), cut('a.example', 'evil.example', 'server-name')];
      expect(domains(records)).toEqual({
        ...NO_DOMAINS,
        allowed: [count('a.example', 1)],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
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
    expect(others).toEqual({ allowed: 0, blocked: 20_000, unresolvable: 0 });
  });

  test('includes names without an address, because a name below an allowed one can carry data to its resolver', () => {
    const records = Array.from({ length: 30_000 }, (_, index) =>
      record(`${index}.example`, { result: 'TCP_DENIED', status: 503, verdict: 'unresolvable' }),
    );
    const { unresolvable, others } = domains(records);
    expect(unresolvable).toHaveLength(10_000);
    expect(others).toEqual({ allowed: 0, blocked: 0, unresolvable: 20_000 });
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
    await expect(readDomains({ squid: '/does/not/exist' }, AGENT)).rejects.toThrow('ENOENT');
  });

  test('reads Squid’s log, and counts the lines that it cannot read', async () => {
    const squid = [
      access('1.000', 'a.example:443'),
      access('1.001', 'a.example:443'),
      accessLine('127.0.0.1', 'a.example:443', { time: '1.002', serverName: 'evil.example', verdict: 'server-name' }),
      access('1.003', 'http://b.example/x', { method: 'GET', status: 'TCP_DENIED/403' }),
      access('1.004', 'error:transaction-end-before-headers', { method: '-', host: '-', port: '-' }),
      'half a li\n',
      '\n',
    ];
    expect(await readDomains(logsWith({ 'squid/access.log': squid.join('') }), AGENT)).toEqual({
      ...NO_DOMAINS,
      allowed: [count('a.example', 1)],
      blocked: [count('b.example', 1), count('evil.example', 1)],
      unreadableLines: 1,
    });
  });

  test('L1 a path that is not UTF-8 hides no request', async () => {
    const log = access('1.000', 'http://a.example/%FF') + access('1.001', 'http://a.example/%C3%28');
    const { allowed } = await readDomains(logsWith({ 'squid/access.log': log }), AGENT);
    expect(allowed).toEqual([count('a.example', 2)]);
  });

  test('leaves out what an earlier run wrote to the same directory', async () => {
    const logs = logsWith({
      'squid/access.log': access('1767225599.999', 'old.example:443') + access('1767225600.000', 'new.example:443'),
    });
    const start = Date.parse('2026-01-01T00:00:00.000Z');
    expect((await readDomains(logs, AGENT, start)).allowed).toEqual([count('new.example', 1)]);
    expect((await readDomains(logs, AGENT)).allowed).toHaveLength(2);
  });
});

describe('readUsage', () => {
  const noPrices = () => Promise.reject(new Error('No model was used.'));
  const read = (log: string, since = 0) => readUsage(logsWith({ 'api-proxy/api-proxy.log': log }), since, noPrices);

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
