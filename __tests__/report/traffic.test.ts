import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { totals } from '../../src/report/usage.ts';
import { domains, readTraffic } from '../../src/report/traffic.ts';
import type { AccessRecord } from '../../src/squid/access-log.ts';
import { ADDRESSES, temporaryDirectory } from '../../testing/builders.ts';

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
/** The second record of a tunnel that was cut, by the port that reads server names. */
const cut = (host: string, serverName: string | undefined, verdict: string) =>
  record(host, { client: '127.0.0.1', serverName, verdict });

const count = (domain: string, requests: number) => ({ domain, requests });

describe('domains', () => {
  test('counts by name, most requested first, equals by name', () => {
    const records = ['b.example', 'c.example', 'a.example', 'c.example'].map((host) => record(host));
    expect(domains(records, AGENT)).toEqual({
      allowed: [count('c.example', 2), count('a.example', 1), count('b.example', 1)],
      blocked: [],
      unresolvable: [],
    });
  });

  test('a name can be allowed and refused', () => {
    expect(domains([record('a.example'), denied('a.example'), denied('b.example')], AGENT)).toEqual({
      allowed: [count('a.example', 1)],
      blocked: [count('a.example', 1), count('b.example', 1)],
      unresolvable: [],
    });
  });

  test('a tunnel that failed on the network was not refused', () => {
    expect(domains([record('a.example', { result: 'TCP_TUNNEL', status: 503 })], AGENT).blocked).toEqual([]);
  });

  test('an allowed name without an address is neither allowed nor refused', () => {
    const failed = record('gone.example', { result: 'TCP_DENIED', status: 503, verdict: 'unresolvable' });
    expect(domains([failed, record('a.example')], AGENT)).toEqual({
      allowed: [count('a.example', 1)],
      blocked: [],
      unresolvable: [count('gone.example', 1)],
    });
  });

  test('what others asked for does not count', () => {
    const records = [
      record('api.openai.com', { client: '172.30.0.30' }),
      record('evil.example', { client: '172.30.0.30', result: 'TCP_DENIED' }),
    ];
    expect(domains(records, AGENT)).toEqual({ allowed: [], blocked: [], unresolvable: [] });
  });

  describe('a tunnel that was cut', () => {
    test('is one refused request, under the name that it tried to reach', () => {
      expect(domains([record('a.example'), cut('a.example', 'evil.example', 'server-name')], AGENT)).toEqual({
        allowed: [],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
      });
    });

    test.each(['no-server-name', 'not-tls'])('without a name counts under the tunnel’s: %s', (verdict) => {
      expect(domains([record('a.example'), cut('a.example', undefined, verdict)], AGENT)).toEqual({
        allowed: [],
        blocked: [count('a.example', 1)],
        unresolvable: [],
      });
    });

    test('takes nothing from the tunnels that were not', () => {
      const records = [record('a.example'), record('a.example'), cut('a.example', 'evil.example', 'server-name')];
      expect(domains(records, AGENT)).toEqual({
        allowed: [count('a.example', 1)],
        blocked: [count('evil.example', 1)],
        unresolvable: [],
      });
    });

    test('whose first record is not there leaves no negative count', () => {
      expect(domains([cut('a.example', 'evil.example', 'server-name')], AGENT).allowed).toEqual([]);
    });
  });
});

describe('readTraffic', () => {
  function read(files: Readonly<Record<string, string>>, since?: number) {
    const directory = temporaryDirectory();
    const logs = { squid: join(directory, 'squid'), apiProxy: join(directory, 'api-proxy') };
    mkdirSync(logs.squid);
    mkdirSync(logs.apiProxy);
    for (const [path, content] of Object.entries(files)) writeFileSync(join(directory, path), content);
    return readTraffic(logs, ADDRESSES, since);
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

  test('logs that are not there count as empty', () => {
    const logs = { squid: '/does/not/exist', apiProxy: '/nor/this' };
    expect(readTraffic(logs, ADDRESSES)).toEqual({ allowed: [], blocked: [], unresolvable: [], usage: totals([]) });
  });

  test('reads Squid’s log', () => {
    const squid = [
      `1.000 3 ${AGENT} TCP_TUNNEL/200 10 10 CONNECT a.example:443 FIRSTUP_PARENT/127.0.0.1 - -`,
      `1.001 3 ${AGENT} TCP_TUNNEL/200 10 10 CONNECT a.example:443 FIRSTUP_PARENT/127.0.0.1 - -`,
      '1.002 3 127.0.0.1 NONE_NONE/200 0 0 CONNECT a.example:443 HIER_NONE/- evil.example server-name',
      `1.003 0 ${AGENT} TCP_DENIED/403 10 10 GET http://b.example/x HIER_NONE/- - -`,
      'half a li',
      '',
    ];
    expect(read({ 'squid/access.log': squid.join('\n') })).toMatchObject({
      allowed: [count('a.example', 1)],
      blocked: [count('b.example', 1), count('evil.example', 1)],
    });
  });

  test('leaves out what an earlier run wrote to the same directory', () => {
    const start = Date.parse('2026-01-01T00:00:00.000Z');
    const access = (seconds: string, host: string) =>
      `${seconds} 3 ${AGENT} TCP_TUNNEL/200 10 10 CONNECT ${host}:443 FIRSTUP_PARENT/127.0.0.1 - -\n`;
    const files = {
      'squid/access.log': access('1767225599.999', 'old.example') + access('1767225600.000', 'new.example'),
      'api-proxy/api-proxy.log': `${call('openai', 200, { time: '2025-12-31T23:59:59.999Z' })}\n${call('gemini', 200)}\n`,
    };
    expect(read(files, start)).toMatchObject({
      allowed: [count('new.example', 1)],
      usage: { models: [{ provider: 'gemini', requests: 1 }] },
    });
    expect(read(files).allowed).toHaveLength(2);
  });

  test.each([
    ['no JSON', 'Error: something'],
    ['half a line', call('openai', 200).slice(0, -3)],
    ['null', 'null'],
    ['a number', '1'],
    ['another event', JSON.stringify({ event: 'start', provider: 'openai', status: 200 })],
  ])('leaves out %s', (_, line) => {
    expect(read({ 'api-proxy/api-proxy.log': `${line}\n${call('gemini', 200)}\n` }).usage.models).toMatchObject([
      { provider: 'gemini', requests: 1, failed: 0 },
    ]);
  });
});
