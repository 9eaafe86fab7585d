import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { isBelow, isInside } from '../host/paths.ts';
import { bytes, fromText, printable, toText } from './file-names.ts';
import { isUnmistakable, readConfig } from './git/directory.ts';
import type { ConfigEntry } from './git/config.ts';
import type { OutsideRepository } from './git/own-repository.ts';
import type { Survey } from './survey.ts';

/** What is to be mounted over the workspace. Absolute paths without links. */
export interface GuardPlan {
  readonly readOnly: readonly string[];
  /** Read-write, over themselves: a mount point can be neither renamed nor removed. */
  readonly pinned: readonly string[];
  /** Files with another content in the sandbox: path to text with one character for each byte. */
  readonly copies: ReadonlyMap<string, string>;
  /** Where git looks for hooks and settings outside its directories, one character for each byte; they need not exist. */
  readonly elsewhere: Elsewhere;
  readonly warnings: readonly string[];
}

/** Places outside git directories that a configuration names. One character for each byte. */
export interface Elsewhere {
  readonly hookDirectories: readonly string[];
  /** What is not there, and would be run or read if it were. */
  readonly absent: readonly string[];
}

/** The engine mounts some hundreds in a second. */
const MAX_MOUNTS = 2_000;

/**
 * What has to be guarded of the repositories that a survey found: configuration and hooks of each, what redirects them,
 * and what of the workspace their configuration makes git run or read.
 *
 * @throws UserError for a repository that cannot be mounted
 */
export function gitGuards(
  { gitDirectories, gitFiles, hazards }: Survey,
  roots: readonly string[],
  outside: OutsideRepository | undefined,
  secrets: Secrets,
): GuardPlan {
  const readOnly = gitFiles.map(asText);
  const pinned: string[] = [];
  const copies = new Map<string, string>();
  const elsewhere = { hookDirectories: [] as string[], absent: [] as string[] };
  const warnings: string[] = [];
  for (const path of gitDirectories.filter(isRepository)) {
    const directory = asText(path);
    pinned.push(directory);
    readOnly.push(
      ...['hooks', 'commondir', 'info/attributes', 'objects/info/alternates'].map((name) => join(directory, name)),
    );
    if (basename(dirname(directory)) === 'worktrees') readOnly.push(join(directory, 'gitdir'));
    for (const file of ['config', 'config.worktree'].map((name) => join(directory, name))) {
      if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
      const composed = readConfig(fromText(file), path, roots);
      if (typeof composed === 'string') {
        warnings.push(`${shown(file)} is empty in the sandbox, for it cannot be understood: ${composed}.`);
        copies.set(file, '');
        continue;
      }
      const leaked = credentialIn(Buffer.from(composed.text, 'latin1').toString(), secrets);
      if (leaked !== undefined) {
        throw new UserError(`${shown(file)} contains the value of ${leaked}.`, { hint: 'Remove it from the file.' });
      }
      copies.set(file, composed.text);
      const used = usedBy(composed.dropped, file, directory, roots);
      readOnly.push(...used.present);
      elsewhere.hookDirectories.push(...used.hookDirectories.map(fromText));
      elsewhere.absent.push(...used.absent.map(fromText));
    }
  }
  if (outside !== undefined) {
    // Of the main worktree and of others, this one needs nothing.
    readOnly.push(...otherWorktrees(outside, gitDirectories.map(asText)));
  }
  for (const { path } of hazards.filter(({ link }) => link === true)) {
    const target = resolvedInside(asText(path), roots);
    if (target === undefined) continue;
    if (/^config/.test(basename(path))) {
      throw new UserError(`${printable(path)} is a symbolic link, so that it cannot be guarded.`, {
        hint: 'Put the file itself in its place.',
      });
    }
    if (basename(path) !== 'hooks') continue;
    readOnly.push(target);
    elsewhere.hookDirectories.push(fromText(target));
  }
  return { readOnly: readOnly.filter(isThere), pinned, copies, elsewhere, warnings };
}

function otherWorktrees(
  { directory, gitDirectory }: OutsideRepository,
  gitDirectories: readonly string[],
): readonly string[] {
  if (directory === gitDirectory) return [];
  const parts = gitDirectories.filter(
    (path) => isBelow(path, directory) && path !== gitDirectory && !isBelow(path, gitDirectory),
  );
  return [...['HEAD', 'index', 'ORIG_HEAD', 'logs/HEAD'].map((name) => join(directory, name)), ...parts];
}

/** What of the workspace the settings that are left out make git run or read. */
function usedBy(
  dropped: readonly ConfigEntry[],
  file: string,
  gitDirectory: string,
  roots: readonly string[],
): { present: string[]; hookDirectories: string[]; absent: string[] } {
  const top = basename(gitDirectory) === '.git' ? dirname(gitDirectory) : gitDirectory;
  const used = { present: [] as string[], hookDirectories: [] as string[], absent: [] as string[] };
  for (const entry of dropped) {
    const value = entry.value === undefined ? undefined : toText(entry.value);
    if (value === undefined) continue;
    for (const { path, isSure } of candidates(entry, value, dirname(file), top)) {
      const found = resolvedInside(path, roots);
      if (found === undefined) continue;
      if (isHooksPath(entry)) used.hookDirectories.push(found);
      const stats = lstatSync(found, { throwIfNoEntry: false });
      if (stats === undefined) used.absent.push(...(isSure ? [found] : []));
      else if (stats.isFile() || isHooksPath(entry)) used.present.push(found);
    }
  }
  return used;
}

function isHooksPath({ section, subsection, key }: ConfigEntry): boolean {
  return section === 'core' && subsection === undefined && key === 'hookspath';
}

/** Where git would look for what `value` names. In a command any word may be a file, and is one if it looks like a path. */
function candidates(
  entry: ConfigEntry,
  value: string,
  beside: string,
  top: string,
): { path: string; isSure: boolean }[] {
  if (isHooksPath(entry)) return [{ path: resolve(top, value), isSure: false }];
  if (/^include(if)?$/.test(entry.section)) return [{ path: resolve(beside, value), isSure: true }];
  const words = value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '' && word !== '.');
  return words.map((word) => ({ path: resolve(top, word), isSure: /^\.{0,2}\//.test(word) }));
}

/** @returns undefined when it leads out of the roots, and for a root itself */
function resolvedInside(path: string, roots: readonly string[]): string | undefined {
  if (!roots.some((root) => isInside(path, root))) return undefined;
  try {
    const real = realpathSync(path);
    return roots.includes(real) ? undefined : real;
  } catch {
    return path;
  }
}

/**
 * The mounts of a plan. A mount point cannot be renamed from inside, but a directory above one could be, with all that is
 * in it, so these become mount points as well. Nothing is mounted that is not there: the engine would make it.
 *
 * @param place writes a copy's content and returns its path
 * @throws UserError when there are more than the engine can do
 */
export function guardMounts(
  roots: readonly string[],
  plan: Pick<GuardPlan, 'readOnly' | 'pinned' | 'copies'>,
  place: (target: string, content: string) => string,
): MountSpec[] {
  const readOnly = outermost(plan.readOnly);
  const isClosed = (path: string): boolean => readOnly.some((closed) => isBelow(path, closed));
  const above = [...readOnly, ...plan.pinned, ...plan.copies.keys()].flatMap((path) => {
    const root = roots.find((candidate) => isBelow(path, candidate));
    return root === undefined ? [] : between(root, dirname(path));
  });
  const writable = new Set([...above, ...plan.pinned].filter((path) => !isClosed(path) && !roots.includes(path)));
  for (const path of readOnly) writable.delete(path);
  const count = writable.size + readOnly.length + plan.copies.size;
  if (count > MAX_MOUNTS) {
    throw new UserError(
      `The workspace has so many git repositories that ${String(count)} mounts would guard them; ${String(MAX_MOUNTS)} are possible.`,
      { hint: 'Remove repositories that are not needed, or use a smaller directory as the workspace.' },
    );
  }
  const overItself = (path: string, isWritable: boolean): MountSpec => {
    return { kind: 'bind', source: path, target: path, writable: isWritable };
  };
  return [
    ...[...writable].map((path) => overItself(path, true)),
    ...readOnly.filter((path) => !plan.copies.has(path)).map((path) => overItself(path, false)),
    ...[...plan.copies].map(([target, content]): MountSpec => {
      return { kind: 'bind', source: place(target, content), target, writable: false };
    }),
  ];
}

/** Without those that are below another, and without duplicates. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  const set = new Set(unique);
  return unique.filter((path) => {
    for (let above = dirname(path); above !== dirname(above); above = dirname(above)) if (set.has(above)) return false;
    return true;
  });
}

/** The directories from below `top` down to `directory`. */
function between(top: string, directory: string): string[] {
  return isBelow(directory, top) ? [...between(top, dirname(directory)), directory] : [];
}

/** What was found may be an ordinary directory with `objects` and `refs` in it, which is nobody's business. */
function isRepository(path: string): boolean {
  return isUnmistakable(path) || lstatSync(bytes(`${path}/HEAD`), { throwIfNoEntry: false }) !== undefined;
}

/** Itself, not what it leads to: a link cannot be mounted over. */
function isThere(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.isFile() || stats.isDirectory());
}

function asText(path: string): string {
  const text = toText(path);
  if (text === undefined) {
    throw new UserError(`The workspace has a git repository whose path is not UTF-8: ${printable(path)}`, {
      hint: 'It cannot be guarded. Rename or remove it.',
    });
  }
  return text;
}

function shown(path: string): string {
  return printable(fromText(path));
}
