import { basename, dirname, isAbsolute, join, resolve } from 'node:path/posix';
import { UserError } from '../errors.ts';
import { printable } from '../host/file-names.ts';
import { isAtOrBelow } from '../host/paths.ts';
import type { ConfigEntry } from './git/config.ts';
import { gitFileTarget } from './git/directory.ts';
import { withHome } from './git/user-settings.ts';
import type { Guarded } from './guarded.ts';
import { entriesOf, type Entry } from './listing.ts';
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

const NAMED = 'a path that a git setting names';

/** The hooks of a git directory. The sandbox cannot make any, but what links among them lead to is in the workspace. */
export function hooksAt(path: string): NamedPath {
  return { path, isDirectory: true, what: kindAt(path) === 'link' ? NAMED : undefined, of: undefined };
}

/** More is no directory of hooks, but somebody's mistake. */
const MAX_HOOKS = 10_000;

/**
 * The links in directories of hooks that a survey of the workspace does not meet: in git directories, and outside.
 *
 * @throws UserError if there is too much in such a directory
 */
export function linksInHooks(places: readonly Guarded[], workspace: string): string[] {
  const directories = places.filter(({ isDirectory }) => isDirectory).map(({ path }) => wayTo(path).end);
  return [...new Set(directories)]
    .filter((path) => !isAtOrBelow(path, workspace) || path.split('/').includes('.git'))
    .flatMap(linksBelow);
}

function linksBelow(top: string): string[] {
  const [pending, links]: [string[], string[]] = [[top], []];
  let met = 0;
  for (const directory of pending) {
    for (const { name, kind } of entriesIn(directory)) {
      if (kind === 'link') links.push(join(directory, name));
      else if (kind === 'directory') pending.push(join(directory, name));
      if (++met <= MAX_HOOKS) continue;
      throw new UserError(`${printable(top)}, from which git takes hooks, has more than ${MAX_HOOKS} files in it.`, {
        hint: 'Set core.hooksPath or init.templateDir to a directory with nothing but hooks.',
      });
    }
  }
  return links;
}

function entriesIn(directory: string): Iterable<Entry> {
  try {
    return entriesOf(directory);
  } catch {
    return []; // There is none, or nobody can list it.
  }
}

/**
 * What settings name. Any word of a command may name a file, but only one that looks like a path certainly does.
 *
 * @param beside where git looks for an included file
 * @param home the user's home directory
 * @param of the git directory whose settings these are; undefined for those of the user and the machine
 */
export function namedBy(entries: readonly ConfigEntry[], beside: string, home: string, of?: string): NamedPath[] {
  return entries.flatMap((entry): NamedPath[] => {
    const { section } = entry;
    const value = withHome(entry.value ?? '', home);
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
