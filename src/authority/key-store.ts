import { createHash } from 'node:crypto';

/** The password that Java's own stores of certificates have. It protects nothing. */
export const KEY_STORE_PASSWORD = 'changeit';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
/** `sun.security.provider.JavaKeyStore` adds these words to the password. */
const WHITENER = 'Mighty Aphrodite';

/**
 * A store of certificates that Java trusts, in the format JKS, which every version of Java reads whatever it calls its
 * default. Java does not read PEM.
 *
 * @param certificates DER
 * @see https://github.com/openjdk/jdk/blob/master/src/java.base/share/classes/sun/security/provider/JavaKeyStore.java
 */
export function keyStore(certificates: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat([
    ...[MAGIC, VERSION, certificates.length].map(word),
    ...certificates.flatMap((der, index) => [
      word(TRUSTED_CERTIFICATE),
      text(`awf-${String(index)}`),
      Buffer.alloc(8), // when it was added
      text('X.509'),
      word(der.length),
      der,
    ]),
  ]);
  const password = Buffer.from(KEY_STORE_PASSWORD, 'utf16le').swap16();
  return Buffer.concat([content, createHash('sha1').update(password).update(WHITENER).update(content).digest()]);
}

/** Four octets, big-endian, as `DataOutput.writeInt`. */
function word(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** As `DataOutput.writeUTF`. */
function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, 'latin1')]);
}
