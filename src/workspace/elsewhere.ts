import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { bytes, fromText, toText } from '../host/file-names.ts';
import { isInside } from '../host/paths.ts';
import type { ConfigEntry } from './git/config.ts';
import { gitFileTarget } from './git/directory.ts';
import { kindOf, namesIn } from './git/files.ts';
import { offenceAt, type Offence } from './git/judge.ts';

/**
 * Paths outside git directories that a configuration names. They have one character for each byte and need not exist.
 */
export interface Elsewhere {
  readonly hookDirectories: readonly string[];
  /** Files that do not exist, but that git would run or read if they did. */
  readonly absent: readonly string[];
  /** What settings name in every worktree of theirs, also in those to come. */
  readonly relative: readonly RelativePaths[];
}

/** Relative paths that a configuration names: git looks for them in the worktree in which it runs. */
export interface RelativePaths {
  /** The git directory to whose worktrees the configuration applies; undefined for all. */
  readonly of: string | undefined;
  readonly hookDirectories: readonly string[];
  readonly files: readonly string[];
}

/** A worktree, and its git directory. */
export interface Worktree {
  readonly top: string;
  readonly gitDirectory: string;
}

/** A configuration of git, and where its relative paths begin. */
export interface NamedSettings {
  readonly entries: readonly ConfigEntry[];
  /** Where git looks for an included file. */
  readonly beside: string;
  /** Where git runs programs. */
  readonly top: string;
  /** The git directory whose settings these are; undefined for those of the user and the machine. */
  readonly of?: string;
}

/** The worktrees that findings of a survey lead to. Paths are text; what is not UTF-8 is left out. */
export function worktreesAt(gitDirectories: readonly string[], gitFiles: readonly string[]): Worktree[] {
  const places = [
    ...gitDirectories.filter((path) => basename(path) === '.git').map((path) => [path, path] as const),
    ...gitFiles.map((path) => [path, gitFileTarget(path) ?? ''] as const),
  ];
  return places.flatMap(([path, target]) => {
    const [top, gitDirectory] = [toText(dirname(path)), toText(target)];
    return top === undefined || gitDirectory === undefined ? [] : [{ top, gitDirectory }];
  });
}

/** The same settings, for each worktree in which git obeys them. */
export function inEachWorktree(settings: NamedSettings, worktrees: readonly Worktree[]): NamedSettings[] {
  const tops = [settings.top, ...worktrees.filter((one) => isOf(one, settings.of)).map(({ top }) => top)];
  return [...new Set(tops)].map((top) => ({ ...settings, top }));
}

function isOf({ gitDirectory }: Worktree, of: string | undefined): boolean {
  return of === undefined || gitDirectory === of || gitDirectory.startsWith(`${of}/worktrees/`);
}

/** What settings name in worktrees to come. Values that are no paths are not kept: they may be secret. */
export function relativePaths({ entries, of }: NamedSettings): RelativePaths[] {
  const named = entries.filter(({ section }) => !/^include(if)?$/.test(section));
  const values = named.map((entry) => ({ entry, value: toText(entry.value ?? '') ?? '' }));
  const hookDirectories = values
    .filter(({ entry, value }) => isHooksPath(entry) && value !== '' && !isAbsolute(value))
    .map(({ value }) => value);
  const files = values
    .filter(({ entry }) => !isHooksPath(entry))
    .flatMap(({ value }) => wordsOf(value).filter((word) => /^\.{1,2}\//.test(word)));
  return hookDirectories.length + files.length === 0 ? [] : [{ of, hookDirectories, files }];
}

/** The paths that settings name in new worktrees, with one character for each byte. */
export function namedIn(
  worktrees: readonly Worktree[],
  { relative }: Elsewhere,
  roots: readonly string[],
): Pick<Elsewhere, 'hookDirectories' | 'absent'> {
  const inside = (top: string, path: string): string[] => {
    const found = resolvedInside(resolve(top, path), roots);
    return found === undefined ? [] : [fromText(found)];
  };
  const places = worktrees.flatMap((one) =>
    relative.filter(({ of }) => isOf(one, of)).map((paths) => ({ one, paths })),
  );
  return {
    hookDirectories: places.flatMap(({ one, paths }) => paths.hookDirectories.flatMap((path) => inside(one.top, path))),
    absent: places.flatMap(({ one, paths }) => paths.files.flatMap((path) => inside(one.top, path))),
  };
}

/** A setting that names a directory of hooks. */
export function hooksPath(directory: string): ConfigEntry {
  return { section: 'core', subsection: undefined, key: 'hookspath', value: fromText(directory) };
}

/** The files of the workspace that git would run or read because of settings that the sandbox does not have. */
export function usedBy(
  { entries, beside, top }: NamedSettings,
  roots: readonly string[],
): { present: string[]; hookDirectories: string[]; absent: string[] } {
  const used = { present: [] as string[], hookDirectories: [] as string[], absent: [] as string[] };
  for (const entry of entries) {
    const value = entry.value === undefined ? undefined : toText(entry.value);
    if (value === undefined) continue;
    for (const { path, isSure } of candidates(entry, value, beside, top)) {
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

/** A new repository gets its first hooks from the directory of templates. */
function isHooksPath({ section, subsection, key }: ConfigEntry): boolean {
  return subsection === undefined && /^(core\.hookspath|init\.templatedir)$/.test(`${section}.${key}`);
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
  return wordsOf(value).map((word) => ({ path: resolve(top, word), isSure: /^\.{0,2}\//.test(word) }));
}

function wordsOf(value: string): string[] {
  return value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '' && word !== '.');
}

/** @returns undefined for a path that leads out of the roots, and for a root itself */
export function resolvedInside(path: string, roots: readonly string[]): string | undefined {
  if (!roots.some((root) => isInside(path, root))) return undefined;
  try {
    const real = realpathSync(path);
    return roots.includes(real) ? undefined : real;
  } catch {
    return path;
  }
}

/** Git knows some thirty hooks. More files than this are meant to exhaust us. */
const MAX_HOOKS = 1_000;

/**
 * Hooks in directories that a configuration names. A link on the path to such a directory is an offence itself, and so is a
 * directory with more in it than anybody needs.
 */
export function hooksElsewhere(
  { hookDirectories }: Pick<Elsewhere, 'hookDirectories'>,
  roots: readonly string[],
): Offence[] {
  return hookDirectories.flatMap((directory) => {
    const link = linkOnPath(directory, roots);
    if (link !== undefined) return [offenceAt(link, 'a link to a directory of hooks')];
    if (kindOf(directory) !== 'directory') return [];
    const names = namesIn(directory);
    if (names.length > MAX_HOOKS) return [offenceAt(directory, `more than ${MAX_HOOKS} hooks`)];
    return names.map((name) => offenceAt(join(directory, name), 'a hook'));
  });
}

function linkOnPath(path: string, roots: readonly string[]): string | undefined {
  if (roots.some((root) => fromText(root) === path) || path === dirname(path)) return undefined;
  const above = linkOnPath(dirname(path), roots);
  if (above !== undefined) return above;
  return lstatSync(bytes(path), { throwIfNoEntry: false })?.isSymbolicLink() === true ? path : undefined;
}
