/**
 * The few encodings of ASN.1 that a certificate needs, in DER.
 *
 * @see https://www.itu.int/rec/T-REC-X.690 "Distinguished Encoding Rules"
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** @param tag the identifier octet */
function encoded(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

/** X.690, section 8.1.3: one octet below 128, otherwise the number of octets that follow. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets = bytesOf(BigInt(length));
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

function bytesOf(value: bigint): Buffer {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => encoded(TAG.sequence, ...parts);
export const setOf = (part: Uint8Array): Buffer => encoded(TAG.set, part);
export const octetString = (content: Uint8Array): Buffer => encoded(TAG.octetString, content);
export const utf8String = (text: string): Buffer => encoded(TAG.utf8String, Buffer.from(text));
export const TRUE = encoded(TAG.boolean, Buffer.of(0xff));

/** @param unused how many bits of the last octet do not count */
export const bitString = (content: Uint8Array, unused = 0): Buffer =>
  encoded(TAG.bitString, Buffer.of(unused), content);

/** @param magnitude big-endian and not negative; a first octet with its highest bit set would make it negative */
export function integer(magnitude: Uint8Array): Buffer {
  return encoded(TAG.integer, ...((magnitude[0] ?? 0) < 0x80 ? [] : [Buffer.of(0)]), magnitude);
}

/** @param dotted an object identifier: `2.5.29.17` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encoded(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(inBase128)]));
}

function inBase128(arc: number): number[] {
  const octets = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) octets.unshift((left & 0x7f) | 0x80);
  return octets;
}

/** Seconds, in UTC. RFC 5280, section 4.1.2.5, demands the short form up to the end of 2049. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  return date.getUTCFullYear() < 2050
    ? encoded(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : encoded(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}

/** An implicit tag of a context: `[2] IMPLICIT IA5String` has the number 2. */
export const primitive = (number: number, content: Uint8Array): Buffer => encoded(0x80 | number, content);

/** The same around other encodings: `[3] EXPLICIT Extensions`. */
export const constructed = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  encoded(0xa0 | number, ...parts);
