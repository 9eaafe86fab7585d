import { describe, expect, test } from 'vitest';
import {
  addressesIn,
  apiProxyUrl,
  internalSubnets,
  namesFor,
  networkNames,
  outerSubnets,
  roleOf,
  ROLES,
  squidUrl,
  subnetsOf,
} from '../../src/shared/network.ts';

describe('addressesIn', () => {
  test('finds room in a small network', () => {
    expect(addressesIn('10.9.8.96/27')).toEqual({
      ...{ gateway: '10.9.8.97', squid: '10.9.8.106', agent: '10.9.8.116', 'api-proxy': '10.9.8.126' },
    });
    expect(() => addressesIn('10.9.8.96/28')).toThrow('/27');
  });

  test('keeps the last octets in every subnet', () => {
    expect(addressesIn('172.30.0.0/24')).toEqual({
      gateway: '172.30.0.1',
      squid: '172.30.0.10',
      agent: '172.30.0.20',
      'api-proxy': '172.30.0.30',
    });
    expect(addressesIn('10.213.7.0/24')).toMatchObject({ squid: '10.213.7.10', agent: '10.213.7.20' });
  });

  test.each(['172.30.0.0/16', '172.30.0.1/24', '172.30.0.0', 'fd00::/64', ''])('refuses %j', (subnet) => {
    expect(() => addressesIn(subnet)).toThrow(subnet);
  });
});

test('the addresses that programs get', () => {
  expect(squidUrl(addressesIn('172.30.0.0/24'))).toBe('http://172.30.0.10:3128');
  expect(apiProxyUrl(addressesIn('172.30.0.0/24'), 10_001)).toBe('http://172.30.0.30:10001');
});

describe('names', () => {
  test('are the well-known ones in the default subnet', () => {
    expect(namesFor('0123abcd', '172.30.0.0/24').container).toEqual({
      squid: 'awf-squid',
      'api-proxy': 'awf-api-proxy',
      agent: 'awf-agent',
    });
  });

  test.each(['awf-squid', 'awf-api-proxy', 'awf-agent', 'awf-library'])(
    'D11 differ if somebody has a container %s',
    (taken) => {
      const { container, library } = namesFor('0123abcd', '172.30.0.0/24', ['somebody', taken]);
      for (const name of [...Object.values(container), library]) expect(name).toMatch(/-0123abcd$/);
    },
  );

  test('are the well-known ones next to containers with other names', () => {
    const taken = ['awf-squid-4567abcd', 'my-awf-squid', 'squid'];
    expect(namesFor('0123abcd', '172.30.0.0/24', taken).container.squid).toBe('awf-squid');
  });

  test('differ between runs in other subnets, and for all networks', () => {
    const all = ['0123abcd', '4567abcd'].flatMap((id) => {
      const { container, library } = namesFor(id, '10.213.7.0/24');
      return [...Object.values(container), library, ...Object.values(networkNames(id))];
    });
    expect(all).toEqual([...new Set(all)]);
  });

  test.each(['172.30.0.0/24', '10.213.7.0/24'])('contain the role in %s', (subnet) => {
    const { container, library } = namesFor('0123abcd', subnet);
    for (const role of ROLES) expect(roleOf(container[role])).toBe(role);
    expect(roleOf(library)).toBeUndefined();
    expect(roleOf('somebody-else')).toBeUndefined();
  });
});

describe('subnets', () => {
  const internal = [...internalSubnets()];
  const outer = [...outerSubnets()];

  test('start with the default, and never repeat or overlap', () => {
    expect(internal[0]).toBe('172.30.0.0/24');
    const all = [...internal, ...outer];
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(500);
  });

  test('are private /24s', () => {
    const isPrivate = /^(10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.0\/24$/;
    expect([...internal, ...outer].filter((subnet) => !isPrivate.test(subnet))).toEqual([]);
  });

  test('come in a different order each time, so that runs that start together rarely collide', () => {
    expect([...internalSubnets()]).not.toEqual(internal);
  });

  test('of a small range are all of it, once', () => {
    const found = [...subnetsOf('10.9.8.0/24')];
    expect(found.toSorted()).toEqual(
      [0, 128, 160, 192, 224, 32, 64, 96].map((octet) => `10.9.8.${octet}/27`).toSorted(),
    );
  });

  test('of a wide range are a part of it, once, and in another order each time', () => {
    const found = [...subnetsOf('10.0.0.0/8')];
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBeGreaterThan(1_000);
    expect(found.filter((subnet) => !/^10\.\d+\.\d+\.\d+\/27$/.test(subnet))).toEqual([]);
    expect([...subnetsOf('10.0.0.0/8')].slice(0, 5)).not.toEqual(found.slice(0, 5));
  });
});
