import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certificatesIn, readHostTrust } from '../../src/agent/host-trust.ts';
import { createAuthority } from '../../src/authority/authority.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { aConfig, temporaryDirectory, type ConfigOverrides } from '../../testing/builders.ts';

const { rootPem, key } = createAuthority(['named.example']);
const SYSTEM = '/etc/ssl/certs/ca-certificates.crt';

const read = (environment: NodeJS.ProcessEnv, config: ConfigOverrides = {}, mounts: readonly MountSpec[] = []) =>
  readHostTrust(aConfig(config), environment, mounts);

describe('certificates in a text', () => {
  test('are found without what stands around them', () => {
    const text = `# comment\n${key}${rootPem.trimEnd()}${rootPem}`;
    const der = new X509Certificate(rootPem).raw;
    expect(certificatesIn(text)).toEqual({ pem: rootPem + rootPem, der: [der, der] });
    expect(certificatesIn(key)).toEqual({ pem: '', der: [] });
    const old = rootPem.replaceAll(' CERTIFICATE', ' X509 CERTIFICATE');
    expect(certificatesIn(old)).toEqual({ pem: old, der: [der] });
    const openssl = rootPem.replaceAll(' CERTIFICATE', ' TRUSTED CERTIFICATE');
    expect(certificatesIn(openssl)).toEqual({ pem: openssl, der: [] });
  });
});

describe('the files of the user’s variables', () => {
  test('are those of the environment and of env, and no private key is in them', () => {
    const directory = temporaryDirectory();
    const [one, other] = [join(directory, 'one.pem'), join(directory, 'other.pem')];
    writeFileSync(one, key + rootPem);
    symlinkSync(one, other);
    const { named } = read(
      { SSL_CERT_FILE: one, OTHER: '/nonexistent' },
      { env: [{ name: 'PIP_CERT', value: 'other.pem' }], workingDirectory: directory },
    );
    expect([...named]).toEqual([
      [one, { real: one, ...certificatesIn(rootPem) }],
      ['other.pem', { real: one, ...certificatesIn(rootPem) }],
    ]);
  });

  test('are those that the user mounts', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'ca.pem'), rootPem);
    const mount = { kind: 'bind', source: directory, target: '/certificates', writable: false } as const;
    const { named } = read({ NODE_EXTRA_CA_CERTS: '/certificates/ca.pem' }, {}, [mount]);
    expect(named.get('/certificates/ca.pem')?.pem).toBe(rootPem);
  });

  test('are left alone if they are no files, and nothing waits for a pipe', () => {
    const directory = temporaryDirectory();
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const value of [pipe, directory, join(directory, 'absent'), '', '/dev/zero']) {
      expect(read({ SSL_CERT_FILE: value }).named.size).toBe(0);
    }
  });
});

describe('the system’s list', () => {
  test('is what the user mounts there', () => {
    const file = join(temporaryDirectory(), 'list.pem');
    writeFileSync(file, rootPem);
    const { bundles } = read({}, {}, [{ kind: 'bind', source: file, target: SYSTEM, writable: false }]);
    expect(bundles.find(({ paths }) => paths.includes(SYSTEM))).toMatchObject({ real: file, pem: rootPem });
  });

  test('is not read for an image', () => {
    expect(read({ SSL_CERT_FILE: SYSTEM }, { agentImage: 'debian:13' })).toEqual({ bundles: [], named: new Map() });
  });
});
