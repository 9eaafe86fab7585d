import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import {
  intermediateCertificate,
  leafCertificate,
  newKeys,
  pemOf,
  rootCertificate,
  type Issuer,
} from '../../src/authority/certificate.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { listen } from '../../testing/listen.ts';
import { missing } from '../../testing/packages/build-tool.ts';

const NOW = Date.now();
const VALIDITY = { from: new Date(NOW - 60_000), to: new Date(NOW + 3_600_000) };
const root: Issuer = { name: 'root', keys: newKeys() };
const between: Issuer = { name: 'between', keys: newKeys() };
const ROOT = pemOf(rootCertificate(root, VALIDITY));
const BETWEEN = pemOf(intermediateCertificate(between, ['named.example', 'other.example'], root, VALIDITY));

/** A chain that only someone who has kept the key of the certificate between could make. */
function chainFor(host: string): { readonly key: string; readonly leaf: string } {
  const { publicKey, privateKey } = newKeys();
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    leaf: pemOf(leafCertificate(host, publicKey, between, VALIDITY)),
  };
}

const ROWS: readonly (readonly [host: string, isAccepted: boolean])[] = [
  ['named.example', true],
  ['other.example', true],
  ['below.named.example', true], // what a constraint of RFC 5280 covers; createAuthority makes no such certificate
  ['unnamed.example', false],
  ['example', false],
  ['xnamed.example', false],
];

describe('the constraint of the certificate between', () => {
  test.each(ROWS)('lets Node accept %s: %j', async (host, isAccepted) => {
    const { key, leaf } = chainFor(host);
    const { port, close } = await listen(createServer({ key, cert: leaf + BETWEEN }), '127.0.0.1', 0);
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: ROOT });
    const shaken = once(socket, 'secureConnect').then(() => 'trusted');
    await expect(shaken.catch((error: unknown) => (error as Error).message)).resolves.toBe(
      isAccepted ? 'trusted' : 'permitted subtree violation',
    );
    socket.destroy();
    await close();
  });

  const reason = missing('openssl', 'version');
  test.skipIf(reason !== undefined).each(ROWS)(
    `lets OpenSSL with -x509_strict accept %s: %j${reason === undefined ? '' : ` (${reason})`}`,
    (host, isAccepted) => {
      const directory = temporaryDirectory();
      const write = (name: string, text: string): string => {
        writeFileSync(join(directory, name), text);
        return join(directory, name);
      };
      const { status, stderr } = spawnSync(
        'openssl',
        [
          ...['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', host],
          ...['-CAfile', write('root.pem', ROOT), '-untrusted', write('between.pem', BETWEEN)],
          write('leaf.pem', chainFor(host).leaf),
        ],
        { encoding: 'utf8' },
      );
      if (isAccepted) expect(stderr).toBe('');
      else expect(stderr).toContain('permitted subtree violation');
      expect(status === 0).toBe(isAccepted);
    },
  );
});
