import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { isBelow, isInside } from '../host/paths.ts';
import { words } from '../shared/words.ts';
import { bytes, fromText, printable, toText } from '../host/file-names.ts';
import { isUnmistakable, readConfig } from './git/directory.ts';
import type { ConfigEntry } from './git/config.ts';
import type { OutsideRepository } from './git/own-repository.ts';
import type { Survey } from './survey.ts';

/** What to mount over the workspace. All paths are absolute and without links. */
export interface GuardPlan {
  readonly readOnly: readonly string[];
  /** Mounted read-write over themselves, because a mount point can be neither renamed nor removed. */
  readonly pinned: readonly string[];
  /** Files that have another content in the sandbox: paths with that content, one character for each byte. */
  readonly copies: ReadonlyMap<string, string>;
  readonly elsewhere: Elsewhere;
  readonly warnings: readonly string[];
}

/**
 * Paths outside git directories that a configuration names. They have one character for each byte and need not exist.
 */
export interface Elsewhere {
  readonly hookDirectories: readonly string[];
  /** Files that do not exist, but that git would run or read if they did. */
  readonly absent: readonly string[];
}

/** The engine only manages some hundreds of mounts per second. */
const MAX_MOUNTS = 2_000;

/**
 * Plans how to guard the repositories that a survey found. In each of them, that covers the configuration, the hooks,
 * the files that redirect either, and those files of the workspace that the configuration makes git run or read.
 *
 * @throws UserError for a repository that cannot be guarded
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
      ...words('hooks commondir info/attributes objects/info/alternates').map((name) => join(directory, name)),
    );
    if (basename(dirname(directory)) === 'worktrees') readOnly.push(join(directory, 'gitdir'));
    for (const file of ['config', 'config.worktree'].map((name) => join(directory, name))) {
      if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
      const composed = readConfig(fromText(file), path, roots);
      if (typeof composed === 'string') {
        warnings.push(`${shown(file)} is empty in the sandbox because AWF cannot read it: ${composed}.`);
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
    // A linked worktree never needs files of the main worktree or of sibling worktrees.
    readOnly.push(...otherWorktrees(outside, gitDirectories.map(asText)));
  }
  for (const { path } of hazards.filter(({ link }) => link === true)) {
    const target = resolvedInside(asText(path), roots);
    if (target === undefined) continue;
    if (/^config/.test(basename(path))) {
      throw new UserError(`${printable(path)} is a symbolic link, so it cannot be guarded.`, {
        hint: 'Replace the link with the file itself.',
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
  return [...words('HEAD index ORIG_HEAD logs/HEAD').map((name) => join(directory, name)), ...parts];
}

/** The files of the workspace that git would run or read because of the settings that were left out. */
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

/**
 * The paths at which git would look for what `value` names. Any word of a command may name a file; a word that looks
 * like a path certainly does.
 */
function candidates(
  entry: ConfigEntry,
  value: string,
  beside: string,
  top: string,
): { path: string; isSure: boolean }[] {
  if (isHooksPath(entry)) return [{ path: resolve(top, value), isSure: false }];
  if (/^include(if)?$/.test(entry.section)) return [{ path: resolve(beside, value), isSure: true }];
  const names = value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '' && word !== '.');
  return names.map((word) => ({ path: resolve(top, word), isSure: /^\.{0,2}\//.test(word) }));
}

/** @returns undefined for a path that leads out of the roots, and for a root itself */
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
 * The mounts of a plan. The command cannot rename a mount point, but it could rename a directory above one, together
 * with everything in it. So the directories above become mount points too. Nothing is mounted that does not exist,
 * because the engine would create it.
 *
 * @param place writes the content of a copy and returns its path
 * @throws UserError if there are more mounts than the engine can manage
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
      `The workspace has so many git repositories that guarding them takes ${count} mounts; ` +
        `at most ${MAX_MOUNTS} are possible.`,
      { hint: 'Remove repositories that the command does not need, or use a smaller directory as the workspace.' },
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

/** Leaves out duplicates, and paths below other paths. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  const set = new Set(unique);
  return unique.filter((path) => {
    for (let above = dirname(path); above !== dirname(above); above = dirname(above)) if (set.has(above)) return false;
    return true;
  });
}

/** The directories below `top`, down to and including `directory`. */
function between(top: string, directory: string): string[] {
  return isBelow(directory, top) ? [...between(top, dirname(directory)), directory] : [];
}

/** False for an ordinary directory that merely happens to contain `objects` and `refs`. */
function isRepository(path: string): boolean {
  return isUnmistakable(path) || lstatSync(bytes(`${path}/HEAD`), { throwIfNoEntry: false }) !== undefined;
}

/** True for a file or directory. A link does not count, because nothing can be mounted over it. */
function isThere(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.isFile() || stats.isDirectory());
}

function asText(path: string): string {
  const text = toText(path);
  if (text === undefined) {
    throw new UserError(`The workspace has a git repository whose path is not UTF-8: ${printable(path)}`, {
      hint: 'Rename or remove it, because it cannot be guarded.',
    });
  }
  return text;
}

function shown(path: string): string {
  return printable(fromText(path));
}
