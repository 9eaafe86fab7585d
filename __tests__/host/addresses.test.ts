import { expect, test } from 'vitest';
import { hostAddresses } from '../../src/host/addresses.ts';

test('names the addresses of every interface, without a zone', () => {
  const rest = { netmask: '', mac: '', internal: false, cidr: null };
  const interfaces = {
    lo: [{ ...rest, address: '127.0.0.1', family: 'IPv4' as const }],
    eth0: [
      { ...rest, address: '203.0.113.7', family: 'IPv4' as const },
      { ...rest, address: 'fe80::1%eth0', family: 'IPv6' as const, scopeid: 2 },
    ],
    gone: undefined,
  };
  expect(hostAddresses(interfaces)).toEqual(['127.0.0.1', '203.0.113.7', 'fe80::1']);
});
