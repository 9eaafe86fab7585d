import { describe, expect, test } from 'vitest';
import { readRoutes, smallerMtu } from '../../src/host/route-table.ts';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const row = (device: string, destination: string, mask: string, gateway = '00000000', metric = 0): string =>
  `${device}\t${destination}\t${gateway}\t0003\t0\t0\t${metric}\t${mask}\t0\t0\t0   \n`;
const DEFAULT = row('eth0', '00000000', '00000000', '010200C0');
const LAN = row('eth1', '000200C0', '00FFFFFF');

test('reads the kernel’s rows', () => {
  expect(readRoutes(HEAD + DEFAULT + LAN)).toEqual([
    { device: 'eth0', destination: '0.0.0.0/0', prefix: 0, hasGateway: true, metric: 0 },
    { device: 'eth1', destination: '192.0.2.0/24', prefix: 24, hasGateway: false, metric: 0 },
  ]);
});

describe('the MTU', () => {
  const mtu = (table: string, mtus: Record<string, string>): number | undefined =>
    smallerMtu(readRoutes(HEAD + table), (device) => mtus[device] ?? '');

  test.each<[string, string, Record<string, string>, number | undefined]>([
    ['is that of the default route', DEFAULT + LAN, { eth0: '1400\n', eth1: '1300\n' }, 1400],
    ['is left alone if it is Ethernet’s', DEFAULT, { eth0: '1500\n' }, undefined],
    ['is left alone if it is larger', DEFAULT, { eth0: '9001\n' }, undefined],
    ['is left alone if nobody knows it', DEFAULT, {}, undefined],
    ['is left alone if it makes no sense', DEFAULT, { eth0: '64\n' }, undefined],
    [
      'is that of the preferred default route',
      DEFAULT + row('wlan0', '00000000', '00000000', '010200C0', 600),
      { eth0: '1450', wlan0: '1300' },
      1450,
    ],
    [
      'is that of a VPN’s halves',
      row('tun0', '00000000', '00000080') + row('tun0', '00000080', '00000080'),
      { tun0: '1380' },
      1380,
    ],
    [
      'is that of the gateways if there is no default route',
      row('eth0', '0000000A', '000000FF', '014DFF0A') + LAN,
      { eth0: '1400', eth1: '1200' },
      1400,
    ],
    ['is left alone without a route', '', {}, undefined],
  ])('%s', (_, table, mtus, expected) => {
    expect(mtu(table, mtus)).toBe(expected);
  });
});
