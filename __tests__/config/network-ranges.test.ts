import { describe, expect, test } from 'vitest';
import { dnsServer, privateNetwork, subnetPool } from '../../src/config/network-ranges.ts';
import type { Given } from '../../src/config/source.ts';
import { thrown } from '../../testing/builders.ts';

const given = (text: string): Given => ({ text, source: { kind: 'input', name: 'the-option' } });

describe('allow-private-networks', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.20.0.0/16', '10.20.0.0/16'],
    ['192.168.1.7', '192.168.1.7/32'],
    ['100.64.0.0/10', '100.64.0.0/10'],
    ['fd12:3456::/32', 'fd12:3456:0:0:0:0:0:0/32'],
  ])('takes %s', (text, expected) => {
    expect(privateNetwork(given(text))).toBe(expected);
  });

  test.each([
    ['0.0.0.0/0', 'every network'],
    ['::/0', 'every network'],
    ['0.0.0.0/8', 'the host itself'],
    ['127.0.0.1', 'loopback'],
    ['127.0.0.0/8', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['169.254.0.0/16', 'link-local'],
    ['fe80::/64', 'link-local'],
    ['168.63.129.16', 'metadata'],
    ['224.0.0.0/8', 'multicast'],
    ['ff02::/16', 'multicast'],
    ['8.8.8.0/24', 'not a private network'],
    ['8.0.0.0/6', 'not a private network'],
    ['::ffff:10.0.0.0/104', 'not a private network'],
    ['64:ff9b::/96', 'not a private network'],
    ['internal.example', 'not a network'],
  ])('refuses %s', (text, reason) => {
    const { message } = thrown(() => privateNetwork(given(text)));
    expect(message).toMatch(/^the-option: "/);
    expect(message).toContain(reason);
  });

  test('suggests the network of an address in it', () => {
    expect(thrown(() => privateNetwork(given('10.20.30.40/16'))).hint).toBe('Write "10.20.0.0/16".');
  });
});

describe('dns-servers', () => {
  test('takes an address', () => {
    expect(dnsServer(given('10.1.2.3'))).toBe('10.1.2.3');
  });

  test.each([
    ['dns.example', 'is not an IPv4 address'],
    ['fd00::53', 'is not an IPv4 address'],
    ['10.0.0.0/8', 'is not an IPv4 address'],
    ['127.0.0.53', 'is loopback'],
  ])('refuses %s', (text, reason) => {
    expect(thrown(() => dnsServer(given(text))).message).toContain(`the-option: "${text}" ${reason}`);
  });
});

describe('subnet', () => {
  test.each(['10.9.8.0/24', '10.0.0.0/8', '172.16.0.0/12', '100.64.0.0/16'])('takes %s', (text) => {
    expect(subnetPool(given(text))).toBe(text);
  });

  test.each([
    ['10.9.8.0/25', 'is too small'],
    ['10.9.8.7', 'is too small'],
    ['fd00::/64', 'is not an IPv4 network'],
    ['10.9.8.7/24', 'is not an IPv4 network'],
    ['203.0.113.0/24', 'is not a private network'],
    ['0.0.0.0/0', 'is not a private network'],
  ])('refuses %s', (text, reason) => {
    expect(thrown(() => subnetPool(given(text))).message).toContain(`the-option: "${text}" ${reason}`);
  });
});
