import { BlockList, isIPv4 } from 'node:net';
import { describe, expect, test } from 'vitest';
import { privateRanges } from '../../src/squid/private-ranges.ts';

test('X25 the host’s own addresses are added, unless a range covers them', () => {
  const own = ['127.0.0.1', '192.168.1.7', '203.0.113.7', '203.0.113.7', '::1', 'fe80::1', '2600:1f18::7'];
  const added = privateRanges({ hostAddresses: own }).filter(
    (range) => !privateRanges({ hostAddresses: [] }).includes(range),
  );
  expect(added).toEqual(['203.0.113.7/32', '2600:1f18::7/128']);
});

describe('networks that are permitted', () => {
  const permittedNetworks = ['10.20.0.0/16', '100.64.0.0/10', 'fd00:0:0:0:0:0:0:0/8'];
  const ranges = privateRanges({
    ...{
      permittedNetworks,
      hostAddresses: ['10.20.0.7', '203.0.113.7'],
      ownSubnets: ['10.20.9.0/24', '10.214.0.0/24'],
    },
  });
  const closed = new BlockList();
  for (const range of ranges) {
    const [base = '', prefix] = range.split('/');
    closed.addSubnet(base, Number(prefix), isIPv4(base) ? 'ipv4' : 'ipv6');
  }
  const isClosed = (address: string): boolean => closed.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

  test.each(['10.20.0.6', '10.20.0.8', '10.20.8.255', '10.20.10.0', '10.20.255.255', '100.64.0.1', 'fd00::1'])(
    '%s is open',
    (address) => {
      expect(isClosed(address)).toBe(false);
    },
  );

  test.each([
    ['beside them', '10.19.255.255'],
    ['behind them', '10.21.0.0'],
    ['another private network', '192.168.0.1'],
    ['loopback', '127.0.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata in a permitted network', '100.100.100.200'],
    ['metadata in a permitted network of IPv6', 'fd00:ec2::254'],
    ['the host itself', '10.20.0.7'],
    ['the host’s public address', '203.0.113.7'],
    ['the run’s own network', '10.20.9.10'],
    ['the run’s other network', '10.214.0.1'],
  ])('%s stays closed (%s)', (_, address) => {
    expect(isClosed(address)).toBe(true);
  });

  test('no range is within another, because Squid warns about that', () => {
    const bases = ranges.map((range) => range.split('/') as [string, string]);
    const inside = bases.filter(([base, prefix], index) =>
      bases.some(([other, length], at) => {
        if (at === index || isIPv4(base) !== isIPv4(other) || Number(length) > Number(prefix)) return false;
        const list = new BlockList();
        list.addSubnet(other, Number(length), isIPv4(other) ? 'ipv4' : 'ipv6');
        return list.check(base, isIPv4(base) ? 'ipv4' : 'ipv6');
      }),
    );
    expect(inside).toEqual([]);
  });
});
