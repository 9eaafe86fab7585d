import { describe, expect, test } from 'vitest';
import { usableSubnet } from '../../src/docker/default-bridge.ts';

/** As Docker 20.10 and 28 describe it. */
const BRIDGE = {
  ...{ Name: 'bridge', Driver: 'bridge', EnableIPv6: false, Internal: false, Labels: {} },
  IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] },
  Options: {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': 'docker0',
    'com.docker.network.driver.mtu': '1500',
  },
};
const withOption = (name: string, value: string): object => ({
  ...BRIDGE,
  Options: { ...BRIDGE.Options, [`com.docker.network.${name}`]: value },
});

describe('the default network', () => {
  test.each([
    ['is as an engine makes it', BRIDGE],
    ['keeps its containers apart', withOption('bridge.enable_icc', 'false')],
    ['has a smaller MTU', withOption('driver.mtu', '1400')],
  ])('leads out if it %s', (_, bridge) => {
    expect(usableSubnet(bridge, undefined)).toBe('172.17.0.0/16');
  });

  test.each([
    ['does not hide its containers behind the host', withOption('bridge.enable_ip_masquerade', 'false')],
    ['is on a device of the administrator’s', withOption('bridge.name', 'br0')],
    ['has a larger MTU than Ethernet', withOption('driver.mtu', '9000')],
    ['has IPv6', { ...BRIDGE, EnableIPv6: true }],
    ['has no way out', { ...BRIDGE, Internal: true }],
    ['is of another kind', { ...BRIDGE, Driver: 'host' }],
    ['has two subnets', { ...BRIDGE, IPAM: { Config: [...BRIDGE.IPAM.Config, { Subnet: 'fd00::/64' }] } }],
    ['does not name its subnet', { ...BRIDGE, IPAM: null }],
    ['says nothing', {}],
  ])('does not if it %s', (_, bridge) => {
    expect(usableSubnet(bridge, undefined)).toBeUndefined();
  });

  test('does not if its packets are too long for the host’s way out', () => {
    expect(usableSubnet(BRIDGE, 1_400)).toBeUndefined();
    expect(usableSubnet(withOption('driver.mtu', '1400'), 1_400)).toBe('172.17.0.0/16');
  });
});
