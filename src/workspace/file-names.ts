import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync } from 'node:fs';

/**
 * File names are bytes, and a hostile one need not be UTF-8: decoded as such, it would name nothing and be passed over.
 * Paths below a workspace are therefore kept as text with one character for each byte (Latin-1).
 */
export function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** A path as the rest of the program has it, one character for each byte. */
export function fromText(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

/** The way back. @returns undefined for a name that is not UTF-8, which no argument of a program can carry */
export function toText(path: string): string | undefined {
  const text = bytes(path).toString('utf8');
  return fromText(text) === path ? text : undefined;
}

/** For people: one line, no control characters, and no end. */
export function printable(path: string): string {
  const text = bytes(path)
    .toString('utf8')
    .replace(/[^\P{C}]/gu, '?');
  return text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-97)}` : text;
}

/**
 * Renames what is at `path` so that no program finds it under its name; it stays where it is otherwise.
 *
 * @returns the new path
 */
export function moveAside(path: string): string {
  const aside = `${path}.awf-${randomBytes(6).toString('hex')}`;
  if (lstatSync(bytes(aside), { throwIfNoEntry: false })) return moveAside(path);
  renameSync(bytes(path), bytes(aside));
  return aside;
}
