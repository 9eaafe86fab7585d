import { inflateRawSync } from 'node:zlib';

/** Signatures and sizes of the records. (APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16) */
const END = { signature: 0x06_05_4b_50, size: 22 };
const ENTRY = { signature: 0x02_01_4b_50, size: 46 };
const LOCAL_SIZE = 30;

/** How far from its end an archive without a comment of the longest kind has its last record. */
const SEARCHED = END.size + 65_535;

/**
 * A file of a zip archive, such as a jar.
 *
 * @returns undefined if the archive does not have it, or is none
 */
export function fileInZip(archive: Buffer, name: string): Buffer | undefined {
  try {
    return find(archive, name);
  } catch {
    return undefined; // It is cut off, or compressed in another way.
  }
}

function find(archive: Buffer, name: string): Buffer | undefined {
  const end = lastRecord(archive);
  if (end === undefined) return undefined;
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY.signature) return undefined;
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const start = at + ENTRY.size;
    const next = start + (nameLength ?? 0);
    if (archive.toString('utf8', start, next) === name) return content(archive, at);
    at = next + (extra ?? 0) + (comment ?? 0);
  }
  return undefined;
}

function lastRecord(archive: Buffer): number | undefined {
  for (let at = archive.length - END.size; at >= 0 && at >= archive.length - SEARCHED; at--) {
    if (archive.readUInt32LE(at) === END.signature) return at;
  }
  return undefined;
}

function content(archive: Buffer, entry: number): Buffer {
  const local = archive.readUInt32LE(entry + 42);
  const start = local + LOCAL_SIZE + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const data = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
  return archive.readUInt16LE(entry + 10) === 0 ? data : inflateRawSync(data);
}
