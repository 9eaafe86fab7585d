import { describe, expect, test } from 'vitest';
import { isRefused, isUnresolvable, parseAccessLine, type AccessRecord } from '../../src/squid/access-log.ts';
import { LOG_FIELDS } from '../../src/squid/config.ts';

/** A line as Squid writes it, with the fields in the order of the format. */
function line(fields: Partial<Record<keyof typeof LOG_FIELDS, string>> = {}): string {
  const all: Record<keyof typeof LOG_FIELDS, string> = {
    time: '1766300000.123',
    durationMs: '42',
    client: '172.30.0.20',
    status: 'TCP_TUNNEL/200',
    bytesOut: '3900',
    bytesIn: '3800',
    method: 'CONNECT',
    target: 'example.com:443',
    route: 'FIRSTUP_PARENT/127.0.0.1',
    serverName: '-',
    verdict: '-',
    ...fields,
  };
  return Object.keys(LOG_FIELDS)
    .map((name) => all[name as keyof typeof LOG_FIELDS])
    .join(' ');
}

/** @throws Error if the line is not a record */
function recordOf(text: string): AccessRecord {
  const record = parseAccessLine(text);
  if (record === undefined || record === 'no-request') throw new Error(`not a record: ${text}`);
  return record;
}

describe('parseAccessLine', () => {
  test('reads every field', () => {
    expect(parseAccessLine(line({ serverName: 'evil.example', verdict: 'server-name' }))).toEqual({
      time: 1766300000.123,
      client: '172.30.0.20',
      method: 'CONNECT',
      host: 'example.com',
      port: 443,
      result: 'TCP_TUNNEL',
      status: 200,
      bytesSent: 3900,
      bytesReceived: 3800,
      serverName: 'evil.example',
      verdict: 'server-name',
    });
  });

  test('a field without a value is undefined', () => {
    expect(parseAccessLine(line())).toMatchObject({ serverName: undefined, verdict: undefined });
  });

  test.each([
    ['CONNECT', 'example.com:443', 'example.com', 443],
    ['CONNECT', 'example.com:22', 'example.com', 22],
    ['CONNECT', 'EXAMPLE.com.:443', 'example.com', 443],
    ['CONNECT', '%5Bfd00::1%5D:443', 'fd00::1', 443],
    ['CONNECT', 'allowed.example@evil.example:443', 'evil.example', 443],
    ['GET', 'http://example.com/', 'example.com', 80],
    ['GET', 'http://example.com:8080/a%20b?c=d', 'example.com', 8080],
    ['GET', 'https://example.com/', 'example.com', 443],
    ['GET', 'http://allowed.example@evil.example/', 'evil.example', 80],
    ['GET', 'http://evil.example/http://allowed.example/', 'evil.example', 80],
    ['GET', 'http://%5Bfd00::1%5D/', 'fd00::1', 80],
  ])('%s %s requests %s, port %i', (method, target, host, port) => {
    expect(parseAccessLine(line({ method, target }))).toMatchObject({ method, host, port });
  });

  test.each([
    ['an empty line', ''],
    ['a field too few', line().replace(/ -$/, '')],
    ['a field too many', `${line()} x`],
    ['no host', line({ target: ':443' })],
    ['no time', line({ time: 'now' })],
    ['something else', 'Starting Squid Cache version 6.13'],
  ])('%s is not a record', (_, text) => {
    expect(parseAccessLine(text)).toBeUndefined();
  });

  test.each([
    ['-', 'error:transaction-end-before-headers'],
    ['NONE', 'error:invalid-request'],
  ])('a connection without a request is not a record either, and recognised as such: %s %s', (method, target) => {
    expect(parseAccessLine(line({ method, target }))).toBe('no-request');
  });

  // Squid writes octets that the agent chose with rfc1738_escape, which turns 0x80-0xFF into %80-%FF.
  test.each([
    ['GET', 'http://example.com/%FF', 'example.com'],
    ['GET', 'http://example.com/%C3%28?%E0%80', 'example.com'],
    ['GET', 'http://b%FFd.example/', 'b%ffd.example'],
    ['CONNECT', 'a%7Cb.example:443', 'a%7cb.example'],
    ['CONNECT', '%FF%FE:443', '%ff%fe'],
    ['CONNECT', '%', '%'],
    ['CONNECT', 'error:443', 'error'],
    ['GET', 'http://example.com%23.allowed.example/', 'example.com%23.allowed.example'],
    ['GET', 'http://exa%40evil.example/', 'exa%40evil.example'],
  ])('the agent’s choice of octets hides nothing: %s %s', (method, target, host) => {
    expect(parseAccessLine(line({ method, target }))).toMatchObject({ method, host });
  });
});

describe('isRefused', () => {
  const refused = (fields: Partial<Record<keyof typeof LOG_FIELDS, string>>) => isRefused(recordOf(line(fields)));

  test.each([
    ['TCP_DENIED/403', '-', true],
    ['TCP_DENIED_REPLY/403', '-', true],
    ['TCP_TUNNEL/200', 'server-name', true],
    ['NONE_NONE/200', 'not-tls', true],
    ['TCP_DENIED/503', 'unresolvable', false],
    ['TCP_TUNNEL/200', '-', false],
    ['TCP_MISS/403', '-', false],
    ['TCP_TUNNEL/503', '-', false],
    ['NONE_NONE/503', '-', false],
  ])('%s with the verdict %s: %j', (status, verdict, expected) => {
    expect(refused({ status, verdict })).toBe(expected);
  });
});

test.each([
  ['unresolvable', true],
  ['server-name', false],
  ['-', false],
])('isUnresolvable: the verdict %s: %j', (verdict, expected) => {
  expect(isUnresolvable(recordOf(line({ verdict })))).toBe(expected);
});
