import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bytes, fromText, toText } from '../host/file-names.ts';
import { isInside } from '../host/paths.ts';
import type { ConfigEntry } from './git/config.ts';
import { kindOf, namesIn } from './git/files.ts';
import { offenceAt, type Offence } from './git/judge.ts';

/**
 * Paths outside git directories that a configuration names. They have one character for each byte and need not exist.
 */
export interface Elsewhere {
  readonly hookDirectories: readonly string[];
  /** Files that do not exist, but that git would run or read if they did. */
  readonly absent: readonly string[];
}

/** A configuration of git, and where its relative paths begin. */
export interface NamedSettings {
  readonly entries: readonly ConfigEntry[];
  /** Where git looks for an included file. */
  readonly beside: string;
  /** Where git runs programs. */
  readonly top: string;
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
export function hooksElsewhere({ hookDirectories }: Elsewhere, roots: readonly string[]): Offence[] {
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
