import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { keyStore, KEY_STORE_PASSWORD } from '../../src/authority/key-store.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { missing } from '../../testing/packages/build-tool.ts';

const CERTIFICATES = rootCertificates.map((pem) => new X509Certificate(pem));
const reason = missing('keytool', '-help');

test.skipIf(reason !== undefined)(
  `keytool finds every certificate${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    const file = join(temporaryDirectory(), 'store.jks');
    const list = (password: string) => {
      const { status, stdout } = spawnSync('keytool', ['-list', '-keystore', file, '-storepass', password], {
        encoding: 'utf8',
      });
      return { status, stdout };
    };
    writeFileSync(file, keyStore(CERTIFICATES.map(({ raw }) => raw)));
    const { stdout } = list(KEY_STORE_PASSWORD);
    expect(stdout).toContain(`contains ${String(CERTIFICATES.length)} entries`);
    for (const { fingerprint256 } of CERTIFICATES) expect(stdout).toContain(fingerprint256);
    // The store ends with a hash that depends on the password.
    expect(list('another').status).not.toBe(0);
  },
);
