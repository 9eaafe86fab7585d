import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync } from 'node:fs';

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

/** A path for messages: a single line without control characters, of limited length. */
export function printable(path: string): string {
  const text = bytes(path)
    .toString('utf8')
    .replace(/[^\P{C}]/gu, '?');
  return text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-97)}` : text;
}

/**
 * Renames what is at `path`, so that no program finds it under its name. It stays in the same directory.
 *
 * @returns the new path
 */
export function moveAside(path: string): string {
  const aside = `${path}.awf-${randomBytes(6).toString('hex')}`;
  if (lstatSync(bytes(aside), { throwIfNoEntry: false })) return moveAside(path);
  renameSync(bytes(path), bytes(aside));
  return aside;
}
