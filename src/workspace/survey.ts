import { chmodSync, lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path/posix';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, fromText } from '../host/file-names.ts';
import {
  alternatesHazard,
  gitFileHazard,
  hazardsIn,
  hookHazard,
  isGitDirectory,
  isGitName,
  isUnmistakable,
  linkHazard,
  todoHazard,
  type Hazard,
} from './git/directory.ts';

/** Everything of git below some directories. Paths have one character for each byte. */
export interface Survey {
  readonly gitDirectories: readonly string[];
  /** Every `.git` that is a file. */
  readonly gitFiles: readonly string[];
  readonly hazards: readonly Hazard[];
  /** Directories that could not be read. */
  readonly unread: readonly string[];
  /** Number of directories that were skipped for lack of time. Each may contain more. */
  readonly left: number;
}

export interface SurveyOptions {
  /** Directories outside git directories that contain hooks. */
  readonly hookDirectories?: readonly string[];
  /** Makes unreadable directories readable for the caller, except those listed. Undefined to leave all as they are. */
  readonly unlockExcept?: readonly string[];
  /** The time limit, in milliseconds. */
  readonly limitMs?: number;
}

/** The role of a directory in git's layout. */
type Role = 'hooks' | 'objects' | 'objects/info' | 'steps' | 'other';
const ROLES: Readonly<Record<string, Role>> = {
  hooks: 'hooks',
  objects: 'objects',
  'rebase-merge': 'steps',
  sequencer: 'steps',
};

interface Place {
  readonly path: string;
  readonly role: Role;
  /** The git directory that contains it. */
  readonly repository: string | undefined;
  /** True if only git uses the directory, so that every link in it is suspicious. */
  readonly gitsOwn: boolean;
}

/** How long to work before the event loop gets a turn, in milliseconds: the containers are being removed meanwhile. */
const SLICE = 8;

/**
 * Walks through `roots` and finds every repository, by its name or its content, and the hazards in each. It follows no
 * link and only opens the small files that git would read.
 *
 * @param roots existing directories: the workspace first, then repositories elsewhere
 */
export async function survey(roots: readonly string[], options: SurveyOptions = {}): Promise<Survey> {
  const found = {
    gitDirectories: [] as string[],
    gitFiles: [] as string[],
    hazards: [] as Hazard[],
    unread: [] as string[],
  };
  const { hookDirectories = [], unlockExcept, limitMs = Infinity } = options;
  const stack: Place[] = [
    ...hookDirectories.map((path): Place => ({ path, role: 'hooks', repository: undefined, gitsOwn: false })),
    ...roots.map((root): Place => ({ path: fromText(root), role: 'other', repository: undefined, gitsOwn: false })),
  ];
  const end = performance.now() + limitMs;
  let sliceEnd = performance.now() + SLICE;
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    if (performance.now() > end) return { ...found, left: stack.length + 1 };
    if (performance.now() > sliceEnd) {
      await turn();
      sliceEnd = performance.now() + SLICE;
    }
    const isOptional = hookDirectories.includes(place.path);
    const entries = entriesOf(place.path, unlockExcept);
    if (entries === undefined) {
      if (!isOptional) found.unread.push(place.path);
      continue;
    }
    look(place, entries, roots, found, isOptional ? [] : stack);
  }
  return { ...found, left: 0 };
}

function look(
  place: Place,
  entries: readonly Dirent[],
  roots: readonly string[],
  found: { gitDirectories: string[]; gitFiles: string[]; hazards: Hazard[] },
  stack: Place[],
): void {
  const { path, role } = place;
  const isGit = isGitDirectory(path, new Set(entries.map(({ name }) => name)));
  const repository = isGit ? path : place.repository;
  const isOutside = roots.slice(1).map(fromText).includes(path);
  const gitsOwn = place.gitsOwn || (isGit && (isUnmistakable(path) || isOutside));
  if (isGit) {
    found.gitDirectories.push(path);
    found.hazards.push(...hazardsIn(path, entries, roots));
  }
  for (const entry of entries) {
    const file = join(path, entry.name);
    if (entry.isDirectory()) {
      const next = isGit ? ROLES[entry.name] : role === 'objects' && entry.name === 'info' ? 'objects/info' : undefined;
      stack.push({ path: file, role: next ?? 'other', repository, gitsOwn });
    }
    if (entry.name === '.git' && entry.isFile()) found.gitFiles.push(file);
    const hazard = hazardOf(entry, file, { role, isGit, gitsOwn, repository: repository ?? file, roots });
    if (hazard !== undefined) found.hazards.push(hazard);
  }
}

function hazardOf(
  entry: Dirent,
  file: string,
  context: { role: Role; isGit: boolean; gitsOwn: boolean; repository: string; roots: readonly string[] },
): Hazard | undefined {
  if (entry.isDirectory()) return undefined;
  const name = entry.name;
  if (!entry.isFile()) {
    const counts = context.gitsOwn || name === '.git' || context.role === 'hooks' || (context.isGit && isGitName(name));
    return counts ? linkHazard(file, entry, context.repository) : undefined;
  }
  if (name === '.git') return gitFileHazard(file, context.roots);
  if (context.role === 'hooks') return hookHazard(file, entry, context.repository);
  if (context.role === 'objects/info' && name === 'alternates') return alternatesHazard(file, context.repository);
  if (context.role === 'steps' && /^(git-rebase-)?todo$/.test(name)) return todoHazard(file, context.repository);
  return undefined;
}

function entriesOf(path: string, unlockExcept: readonly string[] | undefined): Dirent[] | undefined {
  const read = (): Dirent[] => readdirSync(bytes(path), { withFileTypes: true, encoding: 'latin1' });
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' || unlockExcept?.includes(path) !== false) return undefined;
  }
  try {
    unlock(path);
    return read();
  } catch {
    return undefined;
  }
}

/** Gives the owner all permissions on a directory. Git can run a hook from a directory that nobody can list. */
export function unlock(path: string): void {
  const { mode } = lstatSync(bytes(path));
  chmodSync(bytes(path), (mode & 0o777) | 0o700);
}
