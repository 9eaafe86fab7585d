import { basename, dirname, isAbsolute, join, resolve } from 'node:path/posix';
import type { ConfigEntry } from './git/config.ts';
import { gitFileTarget } from './git/directory.ts';
import type { Guarded } from './guarded.ts';
import { entriesOf } from './listing.ts';
import { pathsOf, type Finding } from './survey.ts';
import { kindAt, wayTo } from './way.ts';

/** A path outside git directories that a setting makes git run or read: absolute, or relative to a worktree. */
export interface NamedPath extends Guarded {
  /** The git directory whose setting it is; undefined for those of the user and the machine. */
  readonly of: string | undefined;
}

/** A worktree, and its git directory. */
export interface Worktree {
  readonly top: string;
  readonly gitDirectory: string;
}

/** The worktrees that findings of a survey lead to. */
export function worktreesAt(findings: readonly Finding[]): Worktree[] {
  const gitDirectories = pathsOf(findings, 'git-directory').filter((path) => basename(path) === '.git');
  const gitFiles = pathsOf(findings, 'git-file').flatMap((path) => {
    const target = gitFileTarget(path);
    return target === undefined ? [] : [{ top: dirname(path), gitDirectory: wayTo(target).end }];
  });
  return [...gitDirectories.map((path) => ({ top: dirname(path), gitDirectory: path })), ...gitFiles];
}

/** The places at which git looks for what a setting names: one in each worktree in which it obeys the setting. */
export function placesOf(named: NamedPath, worktrees: readonly Worktree[]): Guarded[] {
  const { path, of } = named;
  if (isAbsolute(path)) return [named];
  return worktrees
    .filter(({ gitDirectory: own }) => of === undefined || own === of || own.startsWith(`${of}/worktrees/`))
    .map(({ top }) => ({ ...named, path: resolve(top, path) }));
}

/** The places of several paths, and what those hooks lead to that are links. */
export function allPlacesOf(named: readonly NamedPath[], worktrees: readonly Worktree[]): Guarded[] {
  const places = named.flatMap((one) => placesOf(one, worktrees));
  return [...places, ...places.flatMap(({ path, isDirectory }) => (isDirectory ? linkedHooks(path) : []))];
}

const NAMED = 'a path that a git setting names';

/** The hooks of a git directory. Nothing of the directory itself can be changed, but it may be a link, and hooks may be. */
export function hooksAt(path: string): NamedPath[] {
  return kindAt(path) === 'link' ? [{ path, isDirectory: true, what: NAMED, of: undefined }] : linkedHooks(path);
}

/** Hooks that are links: git runs what they lead to. */
function linkedHooks(directory: string): NamedPath[] {
  try {
    const links = entriesOf(wayTo(directory).end).filter(({ kind }) => kind === 'link');
    return links.map(({ name }) => ({ path: join(directory, name), isDirectory: false, what: NAMED, of: undefined }));
  } catch {
    return []; // There is no such directory.
  }
}

/**
 * What settings name. Any word of a command may name a file, but only one that looks like a path certainly does.
 *
 * @param beside where git looks for an included file
 * @param of the git directory whose settings these are; undefined for those of the user and the machine
 */
export function namedBy(entries: readonly ConfigEntry[], beside: string, of?: string): NamedPath[] {
  return entries.flatMap((entry): NamedPath[] => {
    const { section, value = '' } = entry;
    if (value === '') return [];
    if (isHooksPath(entry)) return [{ path: value, isDirectory: true, what: NAMED, of }];
    const isInclude = /^include(if)?$/.test(section);
    const words = isInclude ? [resolve(beside, value)] : value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '');
    return words.map((word) => ({
      ...{ path: word, isDirectory: false, of },
      what: /^\.{0,2}\//.test(word) ? NAMED : undefined,
    }));
  });
}

/** A new repository gets its first hooks from the directory of templates. */
function isHooksPath({ section, subsection, key }: ConfigEntry): boolean {
  return subsection === undefined && /^(core\.hookspath|init\.templatedir)$/.test(`${section}.${key}`);
}
