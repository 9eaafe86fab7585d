import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { listen } from '../../testing/listen.ts';

const LONG = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(56)}.test`;
const HOSTS = ['api.github.com', 'xn--bcher-kva.example', 'localhost', LONG];
const authority = createAuthority(HOSTS);

function certificatesOf(host: string): { leaf: X509Certificate; between: X509Certificate; root: X509Certificate } {
  const [leaf, between] = authority.chains[host]!.split(/(?<=-----END CERTIFICATE-----\n)/);
  return {
    leaf: new X509Certificate(leaf!),
    between: new X509Certificate(between!),
    root: new X509Certificate(authority.rootPem),
  };
}

describe('the certificates', () => {
  test.each(HOSTS)('for %s are signed by the root, with one between', (host) => {
    const { leaf, between, root } = certificatesOf(host);
    expect([leaf.verify(between.publicKey), between.verify(root.publicKey), root.verify(root.publicKey)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([leaf.checkIssued(between), between.checkIssued(root), root.checkIssued(root)]).toEqual([true, true, true]);
    expect([leaf.ca, between.ca, root.ca]).toEqual([false, true, true]);
    expect(leaf.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
  });

  test.each(HOSTS)('for %s names this host only', (host) => {
    const { leaf } = certificatesOf(host);
    expect(leaf.subjectAltName).toBe(`DNS:${host}`);
    expect(leaf.checkHost(host, { subject: 'never' })).toBe(host);
    expect(leaf.checkHost(`sub.${host}`)).toBeUndefined();
  });

  test('a common name has 64 characters at most, and is no part of a host', () => {
    expect(LONG).toHaveLength(253);
    expect(certificatesOf(LONG).leaf.subject).toBe('CN=AWF named host');
  });

  test('say that they belong to a run, and to which', () => {
    const { leaf, between, root } = certificatesOf('localhost');
    expect(root.subject).toMatch(/^CN=AWF run authority [0-9a-f]{8}$/);
    expect(leaf.issuer).toBe(between.subject);
    const other = new X509Certificate(createAuthority(['localhost']).rootPem);
    expect(other.subject).not.toBe(root.subject);
    expect(other.serialNumber).not.toBe(root.serialNumber);
  });

  test('are valid from yesterday, for 30 days', () => {
    const now = new Date('2027-03-01T12:00:00Z');
    const { chains, rootPem } = createAuthority(['localhost'], now);
    for (const pem of [chains['localhost']!, rootPem]) {
      const { validFromDate, validToDate } = new X509Certificate(pem);
      expect(validFromDate.toISOString()).toBe('2027-02-28T12:00:00.000Z');
      expect(validToDate.toISOString()).toBe('2027-03-30T12:00:00.000Z');
    }
  });

  test('the key belongs to no authority', () => {
    const key = createPrivateKey(authority.key);
    const { between, root } = certificatesOf('localhost');
    expect([between.checkPrivateKey(key), root.checkPrivateKey(key)]).toEqual([false, false]);
    expect(JSON.stringify(authority).match(/PRIVATE KEY/g)).toHaveLength(2); // the begin and the end of the one
  });
});

test('without hosts there is no authority, because it would be one for all', () => {
  expect(() => createAuthority([])).toThrow(RangeError);
});

test('a TLS client that trusts the root accepts the chain, and no other client does', async () => {
  const server = createServer({ key: authority.key, cert: authority.chains['api.github.com']! });
  const { port, close } = await listen(server, '127.0.0.1', 0);
  const shake = async (servername: string, ca?: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, servername, ...(ca === undefined ? {} : { ca }) });
    try {
      await once(socket, 'secureConnect');
      return 'trusted';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? '';
    } finally {
      socket.destroy();
    }
  };
  expect(await shake('api.github.com', authority.rootPem)).toBe('trusted');
  expect(await shake('github.com', authority.rootPem)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(await shake('api.github.com')).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
  await close();
});
