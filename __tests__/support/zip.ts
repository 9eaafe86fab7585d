/** Reads the ZIP archives that the tests get back, with Node alone. */

import { crc32, inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files of an archive by their paths; directories are left out. Neither ZIP64 nor encryption.
 *
 * @throws where the bytes are no such archive or a checksum is wrong (PKWARE APPNOTE 4.3)
 */
export function readZip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(END_OF_DIRECTORY);
  if (end === -1) throw new Error('Not a ZIP archive: no end of central directory.');
  const files = new Map<string, Buffer>();
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(entry) !== DIRECTORY_ENTRY) throw new Error('Broken ZIP archive: no directory entry.');
    const method = zip.readUInt16LE(entry + 10);
    const compressedSize = zip.readUInt32LE(entry + 20);
    const nameLength = zip.readUInt16LE(entry + 28);
    const local = zip.readUInt32LE(entry + 42);
    const name = zip.toString('utf8', entry + 46, entry + 46 + nameLength);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + compressedSize);
    if (method !== STORED && method !== DEFLATED)
      throw new Error(`ZIP method ${String(method)} of ${name} is unknown.`);
    const content = method === DEFLATED ? inflateRawSync(packed) : packed;
    if (crc32(content) !== zip.readUInt32LE(entry + 16)) throw new Error(`Wrong checksum of ${name} in the archive.`);
    if (!name.endsWith('/')) files.set(name, content);
    entry += 46 + nameLength + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return files;
}
