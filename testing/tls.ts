/**
 * Certificates for tests: a CA that the test controls, and leaf certificates for any host names. It needs no openssl
 * program.
 */

import 'reflect-metadata'; // @peculiar/x509 injects its algorithms with tsyringe, which requires this polyfill
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { isIP } from 'node:net';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface IssuedCertificate {
  /** PEM of the leaf alone. Every client here trusts the CA directly. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface TestCa {
  readonly certPem: string;
  /**
   * @param hosts DNS names (a leading `*.` is allowed) and IP addresses; the first is the common name too
   * @param days until it expires, 365 by default; a negative number makes one that has expired
   */
  readonly issue: (hosts: readonly string[], days?: number) => Promise<IssuedCertificate>;
}

export interface TestCaOptions {
  /** Distinguishes CAs in messages. */
  readonly commonName?: string;
}

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/**
 * Valid from yesterday, because clocks differ, for a year: some clients refuse leaves that live longer than 398 days.
 */
const validity = (days: number) => ({
  notBefore: new Date(Date.now() + Math.min(days - 1, -1) * DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
});

/**
 * Makes a new CA. Its certificates carry what RFC 5280, section 4.2.1 demands and OpenSSL's `X509_V_FLAG_X509_STRICT`
 * (on by default in Python 3.13) checks: critical basicConstraints and keyUsage, and key identifiers on both sides.
 */
export async function createTestCa({ commonName = 'AWF test CA' }: TestCaOptions = {}): Promise<TestCa> {
  const name = [{ CN: [commonName] }, { O: ['AWF tests'] }];
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    ...validity(3650),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  const issue = async (hosts: readonly string[], days = 365): Promise<IssuedCertificate> => {
    const [first] = hosts;
    if (first === undefined) throw new Error('A certificate needs at least one host name.');
    const leafKeys = await newKeys();
    const leaf = await X509CertificateGenerator.create({
      // RFC 5280 limits a common name to 64 characters. Clients only read the alternative names.
      subject: [{ CN: [first.slice(0, 64)] }],
      issuer: root.subjectName,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity(days),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
        ),
        await SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
    return { cert: `${leaf.toString('pem')}\n`, key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
  };

  return { certPem: `${root.toString('pem')}\n`, issue };
}
