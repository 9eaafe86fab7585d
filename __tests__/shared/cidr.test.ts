import { describe, expect, test } from 'vitest';
import { cidr, cidrText, contains, overlaps, parseCidr, sizeOf, without } from '../../src/shared/cidr.ts';

describe('parseCidr', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255', '255.255.255.255/32'],
    ['fd00::/8', 'fd00:0:0:0:0:0:0:0/8'],
    ['::', '0:0:0:0:0:0:0:0/128'],
    ['2001:db8::1:0:7', '2001:db8:0:0:0:1:0:7/128'],
    ['::ffff:10.1.2.3', '0:0:0:0:0:ffff:a01:203/128'],
  ])('reads %s', (text, canonical) => {
    expect(cidrText(cidr(text))).toBe(canonical);
  });

  test.each([
    ...['', 'example.com', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.1/8', '10.0.0.0/-1', '10.0.0/8'],
    ...['fd00::1/64', 'fd00::/129', 'fe80::1%eth0', '10.0.0.0/ 8'],
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
    expect(() => cidr(text)).toThrow('not a range');
  });
});

test('contains and overlaps', () => {
  const [wide, narrow, other, six] = ['10.0.0.0/8', '10.9.0.0/16', '11.0.0.0/8', 'fd00::/8'].map(cidr);
  expect([contains(wide!, narrow!), contains(narrow!, wide!), contains(wide!, wide!)]).toEqual([true, false, true]);
  expect([overlaps(narrow!, wide!), overlaps(wide!, other!), overlaps(wide!, six!)]).toEqual([true, false, false]);
});

describe('without', () => {
  const left = (ranges: string[], removed: string[]): string[] =>
    without(ranges.map(cidr), removed.map(cidr)).map(cidrText);

  test.each<[string, string[], string[], string[]]>([
    ['half', ['10.0.0.0/8'], ['10.128.0.0/9'], ['10.0.0.0/9']],
    ['nothing', ['10.0.0.0/8'], ['192.168.0.0/16'], ['10.0.0.0/8']],
    ['everything', ['10.9.0.0/16', '10.0.0.0/30'], ['10.0.0.0/8'], []],
    ['the same', ['10.0.0.0/8'], ['10.0.0.0/8'], []],
    ['one address', ['10.0.0.0/30'], ['10.0.0.2'], ['10.0.0.0/31', '10.0.0.3/32']],
    ['two holes', ['10.0.0.0/30'], ['10.0.0.0', '10.0.0.3'], ['10.0.0.1/32', '10.0.0.2/32']],
    ['of the other family', ['fd00::/8'], ['0.0.0.0/0'], ['fd00:0:0:0:0:0:0:0/8']],
  ])('cuts out %s', (_, ranges, removed, expected) => {
    expect(left(ranges, removed)).toEqual(expected);
  });

  test('keeps the number of addresses', () => {
    const rest = without([cidr('10.0.0.0/8')], [cidr('10.20.30.0/24')]);
    expect(rest.reduce((sum, range) => sum + sizeOf(range), 0n)).toBe(2n ** 24n - 256n);
  });
});
