/**
 * X.509 certificates as RFC 5280 profiles them, with what OpenSSL's `X509_V_FLAG_X509_STRICT` checks: Python has it on by
 * default from 3.13.
 */

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  bitString,
  constructed,
  integer,
  octetString,
  oid,
  primitive,
  sequence,
  setOf,
  time,
  TRUE,
  utf8String,
} from './der.ts';

/** P-256 keys: every program of the last ten years verifies them, and a signature takes a tenth of a millisecond. */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Who signs. */
export interface Issuer {
  /** The common name of its certificate. */
  readonly name: string;
  readonly keys: KeyPair;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

export const newKeys = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** RFC 5280, upper bounds: `ub-common-name`. */
const LONGEST_COMMON_NAME = 64;

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = oid('2.5.4.3');
const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1');

/** Bits of keyUsage, from the highest down. */
const DIGITAL_SIGNATURE = bitString(Buffer.of(0b1000_0000), 7);
const SIGNS_CERTIFICATES_AND_LISTS = bitString(Buffer.of(0b0000_0110), 1);

/** A certificate that signs one below it, which signs none. @returns DER */
export function rootCertificate(root: Issuer, validity: Validity): Buffer {
  return certificate(root.name, root.keys.publicKey, root, validity, [
    ...authorityExtensions(1),
    subjectKeyIdentifier(root.keys.publicKey),
  ]);
}

/**
 * A certificate whose key can only sign for `hosts`, their subdomains (which a constraint of RFC 5280 covers), and for no
 * addresses. A program that does not know name constraints must refuse it, because they are critical.
 *
 * @returns DER
 */
export function intermediateCertificate(
  { name, keys }: Issuer,
  hosts: readonly string[],
  root: Issuer,
  validity: Validity,
): Buffer {
  return certificate(name, keys.publicKey, root, validity, [
    ...authorityExtensions(0),
    extension('2.5.29.30', nameConstraints(hosts), true),
    extension('2.5.29.37', sequence(SERVER_AUTH)),
    subjectKeyIdentifier(keys.publicKey),
    authorityKeyIdentifier(root),
  ]);
}

/** The certificate of a server. @returns DER */
export function leafCertificate(host: string, publicKey: KeyObject, issuer: Issuer, validity: Validity): Buffer {
  // Programs compare the alternative name. A part of a host's name would be another host's.
  const name = host.length > LONGEST_COMMON_NAME ? 'AWF named host' : host;
  return certificate(name, publicKey, issuer, validity, [
    extension('2.5.29.19', sequence(), true),
    extension('2.5.29.15', DIGITAL_SIGNATURE, true),
    extension('2.5.29.37', sequence(SERVER_AUTH)),
    extension('2.5.29.17', sequence(dnsName(host))),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(issuer),
  ]);
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280, section 4.1. */
function certificate(
  subject: string,
  publicKey: KeyObject,
  issuer: Issuer,
  { from, to }: Validity,
  extensions: readonly Buffer[],
): Buffer {
  const content = sequence(
    constructed(0, integer(Buffer.of(2))), // version 3
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(time(from), time(to)),
    nameOf(subject),
    keyInfo(publicKey),
    constructed(3, sequence(...extensions)),
  );
  return sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, issuer.keys.privateKey)));
}

/** Positive, not 0, and no longer than 20 octets. */
function serialNumber(): Buffer {
  const number = randomBytes(16);
  number[0] = ((number[0] ?? 0) & 0x7f) | 0x40;
  return number;
}

const nameOf = (commonName: string): Buffer => sequence(setOf(sequence(COMMON_NAME, utf8String(commonName))));

const keyInfo = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** RFC 7093, section 2, method 4: a hash of the key with its algorithm. Any value that is the same on both sides will do. */
export const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha256').update(keyInfo(key)).digest().subarray(0, 20);

function extension(id: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [TRUE] : []), octetString(value));
}

/** @param depth how many certificates that sign may follow */
function authorityExtensions(depth: number): Buffer[] {
  return [
    extension('2.5.29.19', sequence(TRUE, integer(Buffer.of(depth))), true),
    extension('2.5.29.15', SIGNS_CERTIFICATES_AND_LISTS, true),
  ];
}

const subjectKeyIdentifier = (key: KeyObject): Buffer => extension('2.5.29.14', octetString(keyIdentifier(key)));

const authorityKeyIdentifier = ({ keys }: Issuer): Buffer =>
  extension('2.5.29.35', sequence(primitive(0, keyIdentifier(keys.publicKey))));

const dnsName = (host: string): Buffer => primitive(2, Buffer.from(host, 'latin1'));

/** An address and its mask, all zeros: every address. RFC 5280, section 4.2.1.10 */
const ALL_ADDRESSES = [8, 32].map((octets) => sequence(primitive(7, Buffer.alloc(octets))));

const nameConstraints = (hosts: readonly string[]): Buffer =>
  sequence(constructed(0, ...hosts.map((host) => sequence(dnsName(host)))), constructed(1, ...ALL_ADDRESSES));
