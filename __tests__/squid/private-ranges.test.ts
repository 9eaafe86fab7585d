import { expect, test } from 'vitest';
import { privateRanges } from '../../src/squid/private-ranges.ts';

test('X25 the host’s own addresses are added, unless a range covers them', () => {
  const own = ['127.0.0.1', '192.168.1.7', '203.0.113.7', '203.0.113.7', '::1', 'fe80::1', '2600:1f18::7'];
  const added = privateRanges({ hostAddresses: own }).filter(
    (range) => !privateRanges({ hostAddresses: [] }).includes(range),
  );
  expect(added).toEqual(['203.0.113.7/32', '2600:1f18::7/128']);
});
