import { describe, expect, test } from 'vitest';
import { NO_NETWORK, type NetworkConfig } from '../../src/config/network.ts';
import type { Engine } from '../../src/docker/engine.ts';
import type { NetworkSpec } from '../../src/docker/spec.ts';
import { claimRunNetwork } from '../../src/run/network.ts';
import type { HostEntry } from '../../src/shared/network.ts';
import { aConfig } from '../../testing/builders.ts';

const PROXY = {
  host: 'proxy.corp.example',
  port: 3128,
  isSecure: false,
  user: 'user',
  direct: [],
  origin: 'HTTPS_PROXY',
};

/** What a run claims on a host that knows the names in `hosts`. */
async function claimed(
  network: Partial<NetworkConfig>,
  hosts: Record<string, string> = {},
  addHosts: readonly HostEntry[] = [],
) {
  const asked: NetworkSpec[] = [];
  const said: string[] = [];
  const engine = {
    defaultBridge: () => Promise.resolve(undefined),
    createNetwork: (spec: NetworkSpec) => {
      asked.push(spec);
      return Promise.resolve(true);
    },
  } as Partial<Engine> as Engine;
  const say = (text: string): void => void said.push(text);
  const result = await claimRunNetwork(
    engine,
    { runId: '0123abcd' },
    aConfig({ frontEnd: 'cli', network: { ...NO_NETWORK, ...network }, addHosts }),
    { debug: say, info: say, warning: say, error: say },
    (name) => Promise.resolve(hosts[name]),
  );
  return { ...result, asked, said: said.join('\n') };
}

describe('the proxy', () => {
  test('gets the address that the host has for it, and a notice without the credential', async () => {
    const { upstreamHost, said } = await claimed({ upstreamProxy: PROXY }, { 'proxy.corp.example': '10.1.2.3' });
    expect(upstreamHost).toEqual({ name: 'proxy.corp.example', address: '10.1.2.3' });
    expect(said).toMatch(/^HTTPS_PROXY: requests leave through the proxy proxy\.corp\.example:3128/);
    expect(said).not.toContain('user');
  });

  test('needs none if it has one', async () => {
    const { upstreamHost } = await claimed({ upstreamProxy: { ...PROXY, host: '10.1.2.3' } });
    expect(upstreamHost).toBeUndefined();
  });

  test('without an address is refused, unless Squid has a server to ask', async () => {
    await expect(claimed({ upstreamProxy: PROXY })).rejects.toMatchObject({
      message: 'HTTPS_PROXY: proxy.corp.example has no IPv4 address on this host.',
      hint: expect.stringContaining('--dns-servers') as string,
    });
    const { upstreamHost } = await claimed({ upstreamProxy: PROXY, dnsServers: ['10.1.2.53'] });
    expect(upstreamHost).toBeUndefined();
  });

  test('is where add-hosts says, also if the host knows another address', async () => {
    const elsewhere = { 'proxy.corp.example': '10.9.9.9' };
    const { upstreamHost, asked } = await claimed({ upstreamProxy: PROXY, subnet: '10.9.8.0/24' }, elsewhere, [
      { name: 'proxy.corp.example', address: '10.9.8.7' },
    ]);
    expect(upstreamHost).toBeUndefined(); // Squid has the entries of add-hosts anyway
    expect(asked.map(({ subnet }) => subnet)).not.toContain('10.9.8.0/27');
    const loopback = [{ name: 'proxy.corp.example', address: '127.0.1.1' }];
    await expect(claimed({ upstreamProxy: PROXY }, {}, loopback)).rejects.toMatchObject({
      message: expect.stringContaining('proxy.corp.example is 127.0.1.1') as string,
    });
  });

  test('on loopback is refused', async () => {
    await expect(claimed({ upstreamProxy: PROXY }, { 'proxy.corp.example': '127.0.1.1' })).rejects.toMatchObject({
      message: expect.stringContaining('proxy.corp.example is 127.0.1.1') as string,
      hint: expect.stringContaining('docker0') as string,
    });
  });
});

test('the networks are in the user’s range, and avoid the proxy and the DNS servers there', async () => {
  const { internal, outer, asked } = await claimed(
    { upstreamProxy: PROXY, dnsServers: ['10.9.8.40'], subnet: '10.9.8.0/24' },
    { 'proxy.corp.example': '10.9.8.7' },
  );
  expect(asked.map(({ subnet }) => subnet).toSorted()).toEqual([internal, outer].toSorted());
  for (const subnet of [internal, outer]) {
    expect(subnet).toMatch(/^10\.9\.8\.\d+\/27$/);
    expect(['10.9.8.0/27', '10.9.8.32/27']).not.toContain(subnet);
  }
});

test('without a proxy, nothing is looked up or announced', async () => {
  const { upstreamHost, said } = await claimed({});
  expect([upstreamHost, said]).toEqual([undefined, '']);
});
