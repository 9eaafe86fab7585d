import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { NO_NETWORK } from '../../src/config/network.ts';
import { proxyTrustMounts, readProxyTrust, writeProxyTrust } from '../../src/run/proxy-trust.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const trusting = (isSecure: boolean, upstreamCa?: string) => {
  const proxy = { host: 'proxy.example', port: 443, isSecure, user: undefined, direct: [], origin: 'HTTPS_PROXY' };
  return { network: { ...NO_NETWORK, upstreamProxy: proxy }, upstreamCa };
};

test('the authorities of this machine may vouch for the proxy, and the user’s', () => {
  expect(readProxyTrust(trusting(true, 'THEIRS'), () => 'SYSTEM\n')).toBe('SYSTEM\nTHEIRS\n');
});

test('where the machine has no list, the public ones', () => {
  expect(readProxyTrust(trusting(true), () => undefined)).toContain(rootCertificates[0]);
});

test('a proxy without TLS, and none at all, need nobody', () => {
  expect(readProxyTrust(trusting(false), () => 'SYSTEM')).toBeUndefined();
  expect(readProxyTrust({ network: NO_NETWORK, upstreamCa: 'THEIRS' }, () => 'SYSTEM')).toBeUndefined();
});

test('Squid’s user can read the list, and no path of the host is in the container', () => {
  const directory = temporaryDirectory();
  const before = process.umask(0o077);
  writeProxyTrust(directory, 'PEM\n');
  process.umask(before);
  const [mount] = proxyTrustMounts(directory, 'PEM\n');
  expect(mount).toEqual({
    ...{ kind: 'bind', source: join(directory, 'parent-ca.pem'), target: '/etc/squid/parent-ca.pem', writable: false },
  });
  expect(readFileSync(join(directory, 'parent-ca.pem'), 'utf8')).toBe('PEM\n');
  expect(statSync(join(directory, 'parent-ca.pem')).mode & 0o777).toBe(0o644);
});

test('nothing is written or mounted for any other proxy', () => {
  const directory = temporaryDirectory();
  writeProxyTrust(directory, undefined);
  expect(proxyTrustMounts(directory, undefined)).toEqual([]);
  expect(() => statSync(join(directory, 'parent-ca.pem'))).toThrow(/ENOENT/);
});
