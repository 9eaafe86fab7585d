import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../testing/listen.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../testing/tls.ts';

const HOSTS = ['api.anthropic.com', '*.example.com', '127.0.0.1', '::1'];

let ca: TestCa;
let leaf: IssuedCertificate;
beforeAll(async () => {
  ca = await createTestCa();
  leaf = await ca.issue(HOSTS);
});

describe('createTestCa', () => {
  test('makes a CA that may sign and is currently valid', () => {
    const root = new X509Certificate(ca.certPem);
    expect(root.ca).toBe(true);
    expect(root.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(root.validToDate.getTime()).toBeGreaterThan(Date.now());
  });

  test('issues leaves for names and addresses', () => {
    const certificate = new X509Certificate(leaf.cert);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(ca.certPem))).toBe(true);
    expect(certificate.checkHost('api.anthropic.com')).toBe('api.anthropic.com');
    expect(certificate.checkHost('a.example.com')).toBe('*.example.com');
    expect(certificate.checkHost('other.invalid')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
  });

  test('refuses to issue a certificate without names', async () => {
    await expect(ca.issue([])).rejects.toThrow('at least one host name');
  });
});

describe('a TLS connection', () => {
  let listening: Listening;
  beforeAll(async () => {
    listening = await listen(createServer(leaf), '127.0.0.1', 0);
  });
  afterAll(() => listening.close());

  const handshake = async (servername: string, trusted: string): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: listening.port, servername, ca: trusted });
    await once(socket, 'secureConnect').finally(() => socket.destroy());
  };

  test('is accepted for a name of the certificate', async () => {
    await expect(handshake('api.anthropic.com', ca.certPem)).resolves.toBeUndefined();
  });

  test('is refused for another name', async () => {
    await expect(handshake('api.openai.com', ca.certPem)).rejects.toThrow('does not match');
  });

  test('is refused by a client that trusts another CA of the same name', async () => {
    const other = await createTestCa();
    await expect(handshake('api.anthropic.com', other.certPem)).rejects.toThrow('certificate');
  });
});

const OPENSSL = 'openssl';
const lacksOpenssl = spawnSync(OPENSSL, ['version']).status !== 0 && process.env['CI'] !== 'true';

test.skipIf(lacksOpenssl)('passes OpenSSL’s strict checks', () => {
  const dir = mkdtempSync(join(tmpdir(), 'awf-tls-'));
  const [root, certificate] = [join(dir, 'ca.pem'), join(dir, 'leaf.pem')];
  try {
    writeFileSync(root, ca.certPem);
    writeFileSync(certificate, leaf.cert);
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'api.anthropic.com'];
    expect(execFileSync(OPENSSL, [...args, '-CAfile', root, certificate], { encoding: 'utf8' })).toContain('OK');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
