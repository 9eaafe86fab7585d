import { rmSync } from 'node:fs';
import { join } from 'node:path/posix';
import { bytes } from '../../host/file-names.ts';
import { contentOf, filesBelow, TooMany, userOf, writeWhole } from './files.ts';

/** What each reference holds: an object's name, or `ref: NAME`. Names have one character for each byte. */
export type Refs = Readonly<Record<string, string>>;

/** More than any repository has. */
const MAX_REFS = 1_000_000;
/** More than a command sensibly changes. Each is a file, so they may be meant to keep us busy. */
const MAX_CHANGES = 100_000;
const MAX_PACKED_BYTES = 256 << 20;

export const OBJECT_NAME = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * State of an operation that ends with the run, and replacements, with which a commit that somebody names becomes another
 * one (git-replace(1)).
 */
const EPHEMERAL = /^refs\/(bisect|rewritten|replace)\//;

/** By the rules of git-check-ref-format(1). */
export function isRefName(name: string): boolean {
  return (
    name.startsWith('refs/') &&
    name.length <= 1_024 &&
    !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/.test(name) &&
    name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** True for what a reference may hold. */
export function isRefValue(value: string): boolean {
  return OBJECT_NAME.test(value) || (value.startsWith('ref: ') && isRefName(value.slice('ref: '.length)));
}

/**
 * Reads the references of a git directory: a loose one wins over a packed one (gitrepository-layout(5)). What is no
 * reference is left out, and so is the state of an unfinished operation.
 *
 * @throws TooMany for more than a million
 */
export function readRefs(gitDirectory: string): Refs {
  const refs: Record<string, string> = Object.create(null) as Record<string, string>;
  let left = MAX_REFS;
  const keep = (name: string, value: string): void => {
    if (left-- === 0) throw new TooMany(`more than ${MAX_REFS} references in ${gitDirectory}`);
    if (isRefName(name) && isRefValue(value) && !EPHEMERAL.test(name)) refs[name] = value;
  };
  for (const line of (contentOf(join(gitDirectory, 'packed-refs'), MAX_PACKED_BYTES) ?? '').split('\n')) {
    const [value = '', name = ''] = line.split(' ');
    keep(name, value);
  }
  for (const name of filesBelow(gitDirectory, 'refs', MAX_REFS)) {
    keep(name, (contentOf(join(gitDirectory, name)) ?? '').trimEnd());
  }
  return refs;
}

/**
 * Repeats in `gitDirectory` what happened to the references elsewhere. A reference that changed in both places stays as
 * it is here.
 *
 * @returns the names of those, and of references whose place is taken
 * @throws TooMany for more than a hundred thousand changes
 */
export function applyRefs(gitDirectory: string, before: Refs, after: Refs): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
  if (names.length === 0) return [];
  if (names.length > MAX_CHANGES) throw new TooMany(`more than ${MAX_CHANGES} references changed`);
  const here = readRefs(gitDirectory);
  const isFree = (name: string): boolean => here[name] === before[name] || here[name] === after[name];
  const conflicts = names.filter((name) => !isFree(name));
  const free = names.filter(isFree);
  deleteRefs(
    gitDirectory,
    free.filter((name) => after[name] === undefined && here[name] !== undefined),
  );
  for (const name of free) {
    const value = after[name];
    if (value === undefined || value === here[name]) continue;
    try {
      writeWhole(join(gitDirectory, name), `${value}\n`, userOf(gitDirectory));
    } catch {
      conflicts.push(name); // a directory where the file is due, or the other way round
    }
  }
  return conflicts;
}

function deleteRefs(gitDirectory: string, names: readonly string[]): void {
  if (names.length === 0) return;
  const gone = new Set(names);
  const packed = contentOf(join(gitDirectory, 'packed-refs'), MAX_PACKED_BYTES);
  if (packed !== undefined) {
    let isGone = false;
    const kept = packed.split('\n').filter((line) => {
      // A line that begins with ^ belongs to the one before it.
      if (!line.startsWith('^')) isGone = gone.has(line.slice(line.indexOf(' ') + 1));
      return !isGone;
    });
    writeWhole(join(gitDirectory, 'packed-refs'), kept.join('\n'), userOf(gitDirectory));
  }
  for (const name of names.flatMap((one) => [one, join('logs', one)])) {
    rmSync(bytes(join(gitDirectory, name)), { force: true });
  }
}
