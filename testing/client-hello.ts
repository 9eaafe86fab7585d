/**
 * The first message of a TLS handshake, byte by byte (RFC 8446, section 4.1.2), to send what no ordinary client would.
 */

import { randomBytes } from 'node:crypto';

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const with8 = (body: Buffer): Buffer => Buffer.concat([u8(body.length), body]);
const with16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body]);
const with24 = (body: Buffer): Buffer => Buffer.concat([u8(0), u16(body.length), body]);
const list16 = (...values: number[]): Buffer => with16(Buffer.concat(values.map(u16)));

export const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), with16(body)]);

/** RFC 6066, section 3. */
export const serverNames = (...names: readonly string[]): Buffer =>
  extension(0, with16(Buffer.concat(names.map((name) => Buffer.concat([u8(0), with16(Buffer.from(name, 'latin1'))])))));

/**
 * An encrypted inner hello (RFC 9849, section 5): the type outer, one cipher suite, and bytes that nobody here can
 * decrypt.
 */
export const encryptedClientHello = (): Buffer =>
  extension(0xfe0d, Buffer.concat([u8(0), u16(1), u16(1), u8(7), with16(randomBytes(32)), with16(randomBytes(144))]));

/** A hello for TLS 1.2 that servers accept, with `extensions` in front of the usual ones. */
export function clientHello(...extensions: readonly Buffer[]): Buffer {
  const usual = [
    extension(10, list16(0x001d, 0x0017)),
    extension(11, with8(u8(0))),
    extension(13, list16(0x0403, 0x0804, 0x0401)),
  ];
  return Buffer.concat([
    u16(0x0303),
    randomBytes(32),
    with8(randomBytes(32)),
    list16(0xc02b, 0xc02f, 0xc02c, 0xc030),
    with8(u8(0)),
    with16(Buffer.concat([...extensions, ...usual])),
  ]);
}

/** The hello as handshake records of at most `size` octets each (RFC 8446, section 5.1). */
export function records(hello: Buffer, size = 16_384): Buffer {
  const message = Buffer.concat([u8(1), with24(hello)]);
  const count = Math.ceil(message.length / size);
  const parts = Array.from({ length: count }, (_, index) => message.subarray(index * size, (index + 1) * size));
  return Buffer.concat(parts.map((part) => Buffer.concat([u8(22), u16(0x0301), with16(part)])));
}
