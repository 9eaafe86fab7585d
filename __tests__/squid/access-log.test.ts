import { describe, expect, test } from 'vitest';
import { isRefused, isUnresolvable, parseAccessLine, type AccessRecord } from '../../src/squid/access-log.ts';
import { LOG_FIELDS } from '../../src/squid/config.ts';

/** A line as Squid writes it, with the fields in the order of the format. */
function line(fields: Partial<Record<keyof typeof LOG_FIELDS, string>> = {}): string {
  const all: Record<keyof typeof LOG_FIELDS, string> = {
    time: '1766300000.123',
    durationMs: '42',
    client: '172.30.0.20',
    clientPort: '40000',
    status: 'TCP_TUNNEL/200',
    bytesOut: '3900',
    bytesIn: '3800',
    method: 'CONNECT',
    host: 'example.com',
    port: '443',
    target: 'example.com:443',
    route: 'FIRSTUP_PARENT/127.0.0.1',
    routePort: '50000',
    serverName: '-',
    verdict: '-',
    refusal: '-',
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
      durationMs: 42,
      client: '172.30.0.20',
      clientPort: 40_000,
      method: 'CONNECT',
      host: 'example.com',
      port: 443,
      result: 'TCP_TUNNEL',
      status: 200,
      bytesSent: 3900,
      bytesReceived: 3800,
      route: 'FIRSTUP_PARENT/127.0.0.1',
      routePort: 50_000,
      serverName: 'evil.example',
      verdict: 'server-name',
      refusal: undefined,
    });
  });

  test.each([
    ['a field too few', line().replace(/ \S+$/, '')],
    ['a field too many', `${line()} -`],
    ['a time that no date has', line({ time: '99999999999999.000' })],
    ['a time that is none', line({ time: 'now' })],
  ])('%s makes no record', (_, text) => {
    expect(parseAccessLine(text)).toBeUndefined();
  });

  test('the result and the status are apart', () => {
    expect(recordOf(line({ status: 'NONE' }))).toMatchObject({ result: 'NONE', status: 0 });
    expect(recordOf(line({ status: 'TCP_DENIED/403' }))).toMatchObject({ result: 'TCP_DENIED', status: 403 });
  });

  test('a field without a value is undefined', () => {
    expect(parseAccessLine(line())).toMatchObject({ serverName: undefined, verdict: undefined });
  });

  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.com.', 'example.com'],
    ['%5Bfd00::1%5D', 'fd00::1'],
    ['[fd00::1]', 'fd00::1'],
  ])('the host %s is %s', (host, expected) => {
    expect(parseAccessLine(line({ host }))).toMatchObject({ host: expected, port: 443 });
  });

  test('L1 the host is the one that Squid judged, whatever the target looks like', () => {
    const target = 'http://allowed.example%23@evil.example/http://allowed.example/';
    expect(parseAccessLine(line({ method: 'GET', host: 'evil.example', port: '80', target }))).toMatchObject({
      host: 'evil.example',
      port: 80,
    });
  });

  test.each([
    ['an empty line', ''],
    ['a field too few', line().replace(/ -$/, '')],
    ['a field too many', `${line()} x`],
    ['no port', line({ port: '-' })],
    ['a port that is none', line({ port: '443x' })],
    ['no host', line({ host: '.' })],
    ['no time', line({ time: 'now' })],
    ['something else', 'Starting Squid Cache version 6.13'],
  ])('%s is not a record', (_, text) => {
    expect(parseAccessLine(text)).toBeUndefined();
  });

  test.each(['error:transaction-end-before-headers', 'error:invalid-request', 'urn:x', '/', '-'])(
    'a connection without a request is not a record either, and recognised as such: %s',
    (target) => {
      expect(parseAccessLine(line({ method: '-', host: '-', port: '-', target }))).toBe('no-request');
    },
  );

  // Squid writes octets that the agent chose with rfc1738_escape, which turns 0x80-0xFF into %80-%FF.
  test.each([
    ['b%FFd.example', 'b%ffd.example'],
    ['a%7Cb.example', 'a%7cb.example'],
    ['%FF%FE', '%ff%fe'],
    ['%', '%'],
    ['-', '-'],
    ['error', 'error'],
    ['example.com%23.allowed.example', 'example.com%23.allowed.example'],
    ['exa%40evil.example', 'exa%40evil.example'],
  ])('L1 the agent’s choice of octets hides nothing: %s', (host, expected) => {
    expect(parseAccessLine(line({ host }))).toMatchObject({ host: expected });
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
