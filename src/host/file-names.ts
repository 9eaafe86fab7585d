import { randomBytes } from 'node:crypto';
import { lchownSync, lstatSync, readlinkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';

/**
 * File names are bytes, and a hostile name need not be UTF-8. Decoded as UTF-8, it would name no file, and the file
 * would be overlooked. Paths below a workspace are therefore kept as text with one character for each byte (Latin-1).
 */
export function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Converts an ordinary path to one with one character for each byte. */
export function fromText(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

/** Reverses {@link fromText}. @returns undefined for a path that is not UTF-8, which cannot be passed to `docker` */
export function toText(path: string): string | undefined {
  const text = bytes(path).toString('utf8');
  return fromText(text) === path ? text : undefined;
}

/** Escapes that people know. A backslash is escaped too: otherwise a name could look like the escape of another one. */
const KNOWN_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
/**
 * What nobody sees, or what a terminal obeys: control and formatting characters, spaces and line ends but U+0020, and letters,
 * marks and symbols that are blank or draw nothing, such as the fillers of Hangul.
 */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * A path for messages: a single line of limited length, on which each name looks different. What nobody could see, and bytes
 * that are not UTF-8, are escaped as in `$'...'` of bash.
 */
export function printable(path: string): string {
  const text = path.replace(/[\xc2-\xf4][\x80-\xbf]+|[^\x20-\x5b\x5d-\x7e]/g, (sequence) => {
    const character = toText(sequence);
    if (character !== undefined && character !== '\\' && !UNSEEN.test(character)) return character;
    return KNOWN_ESCAPES[sequence] ?? Array.from(bytes(sequence), escaped).join('');
  });
  return text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-97)}` : text;
}

/** {@link printable} for ordinary text, of which a character need not be one byte. */
export const printableText = (text: string): string => printable(fromText(text));

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Bytes of the longest name in a directory (NAME_MAX of Linux), and of what {@link moveAside} adds. */
const LONGEST_NAME = 255;
const ASIDE_BYTES = 17;

/**
 * Renames what is at `path`, so that no program finds it under its name. It stays in the same directory. A name that would
 * become too long is cut. A link becomes a file, see {@link flattenLink}.
 *
 * @returns the new path
 */
export function moveAside(path: string): string {
  const start = path.lastIndexOf('/') + 1;
  const aside = `${path.slice(0, start + LONGEST_NAME - ASIDE_BYTES)}.awf-${randomBytes(6).toString('hex')}`;
  if (lstatSync(bytes(aside), { throwIfNoEntry: false })) return moveAside(path);
  renameSync(bytes(path), bytes(aside));
  flattenLink(aside);
  return aside;
}

/**
 * Replaces a symbolic link with a file that says where it led: whoever uploads, copies or packs a whole directory follows
 * the links in it, whatever they are called. Anything else stays as it is.
 */
export function flattenLink(path: string): void {
  const stats = lstatSync(bytes(path));
  if (!stats.isSymbolicLink()) return;
  const target = readlinkSync(bytes(path), 'buffer');
  unlinkSync(bytes(path));
  try {
    writeFileSync(bytes(path), target, { flag: 'wx', mode: 0o644 });
    if (process.getuid?.() === 0) lchownSync(bytes(path), stats.uid, stats.gid);
  } catch {
    // There is no room for it. Nobody follows what is gone.
  }
}
