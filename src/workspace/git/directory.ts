import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readlinkSync, type Dirent } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path/posix';
import { isInside } from '../../host/paths.ts';
import { bytes, printable, toText } from '../file-names.ts';
import { composeConfig, describeEntry, type ComposedConfig } from './config-policy.ts';

/** Something that lets a git which runs later do what its author wants. Paths have one character for each byte. */
export interface Hazard {
  /** Tells it from what was there before: place and content. */
  readonly id: string;
  /** The git directory that it belongs to. */
  readonly repository: string;
  /** What to move aside. */
  readonly path: string;
  /** Composed anew in the place of what is moved aside; undefined for everything but configurations. */
  readonly replacement?: string;
  /** A symbolic link. */
  readonly link?: boolean;
  /** For people. */
  readonly what: string;
}

/** Configurations and the like have a few kilobytes. What is larger is taken for an attempt to keep us from reading it. */
const MAX_FILE = 1 << 20;

/** As Linux has it. */
const MAX_PATH = 4096;

/** What git reads or writes in its directory; with other names there, a bare repository lies among files of its own. */
const GIT_NAMES =
  /^(HEAD|config|config\.worktree|commondir|gitdir|index|packed-refs|shallow|description|refs|logs|objects|info|hooks|modules|worktrees|branches|remotes|reftable|rebase-merge|rebase-apply|sequencer|[A-Z_]+_(HEAD|MSG|EDITMSG|MODE|RR|LOG|START|NAMES|TERMS|EXPECTED_REV|ANCESTORS_OK))$/;

/**
 * True for what git takes for a repository, or for the common part of one (setup.c, `is_git_directory`): by name, or by
 * what is in it. A linked worktree needs no `HEAD` in the common part.
 */
export function isGitDirectory(path: string, names: ReadonlySet<string>): boolean {
  if (basename(path) === '.git') return true;
  return (names.has('objects') && names.has('refs')) || (names.has('HEAD') && names.has('commondir'));
}

/** True for a repository of its own name or one within another; a bare one elsewhere may be an ordinary directory as well. */
export function isUnmistakable(path: string): boolean {
  return /(^|\/)\.git(\/|$)/.test(path);
}

/**
 * What is dangerous directly in a git directory and its `hooks`, `info` and the like, which the walk does not judge.
 *
 * @param roots worktrees may be inside them
 */
export function hazardsIn(path: string, entries: readonly Dirent[], roots: readonly string[]): Hazard[] {
  return entries.flatMap((entry): Hazard[] => {
    const file = join(path, entry.name);
    if (!entry.isFile()) return [];
    switch (entry.name) {
      case 'config':
      case 'config.worktree':
        return configHazards(file, path, roots);
      case 'commondir':
        return redirectHazard(file, path);
      default:
        return [];
    }
  });
}

/** A hook; `*.sample` is none. */
export function hookHazard(file: string, entry: Dirent, repository: string): Hazard | undefined {
  if (!entry.isFile() || entry.name.endsWith('.sample')) return undefined;
  return { id: idOf(file, contentOf(file)), repository, path: file, what: 'a hook' };
}

/** What is neither a file nor a directory: git would write through a link, and wait for a pipe. */
export function linkHazard(file: string, entry: Dirent, repository: string): Hazard | undefined {
  if (entry.isFile() || entry.isDirectory()) return undefined;
  const isLink = entry.isSymbolicLink();
  return {
    id: idOf(file, isLink ? readlinkSync(bytes(file), 'latin1') : 'special'),
    repository,
    path: file,
    link: isLink,
    what: isLink ? 'a symbolic link' : 'neither a file nor a directory',
  };
}

/** True when a link or special file of this name in a git directory counts. */
export function isGitName(name: string): boolean {
  return GIT_NAMES.test(name);
}

/** `.git` as a file says where the repository is. What is in the workspace is looked at there. */
export function gitFileHazard(file: string, roots: readonly string[]): Hazard | undefined {
  const target = gitFileTarget(file);
  if (target !== undefined && isInsideOne(target, roots)) return undefined;
  return {
    id: idOf(file, contentOf(file)),
    repository: file,
    path: file,
    what: 'a link to a repository outside the workspace',
  };
}

function isInsideOne(path: string, roots: readonly string[]): boolean {
  const text = path.length > MAX_PATH ? undefined : toText(path);
  return text !== undefined && roots.some((root) => isInside(text, root));
}

/** Where a `.git` file leads, absolute; undefined when it says nothing that git understands. */
export function gitFileTarget(file: string): string | undefined {
  const target = /^gitdir: ([^\n\r\0]+)[\n\r]*$/.exec(contentOf(file) ?? '')?.[1];
  return target === undefined ? undefined : resolve(dirname(file), target);
}

/** A list of what git is to do next, with lines that run a command. */
export function todoHazard(file: string, repository: string): Hazard | undefined {
  const content = contentOf(file);
  const lines = content?.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines?.every((line) => HARMLESS_STEP.test(line)) === true) return undefined;
  return { id: idOf(file, content), repository, path: file, what: 'steps of a rebase that run commands' };
}

const HARMLESS_STEP =
  /^\s*(p|pick|r|reword|e|edit|s|squash|f|fixup|d|drop|l|label|t|reset|m|merge|u|update-ref|b|break|noop|revert)(\s|$)/;

/** Objects from elsewhere; `git fetch` runs git there. */
export function alternatesHazard(file: string, repository: string): Hazard {
  return { id: idOf(file, contentOf(file)), repository, path: file, what: 'objects of another repository' };
}

/** Worktrees of a repository are in `.git/worktrees`; their common part is above, where the walk sees it. */
function redirectHazard(file: string, repository: string): Hazard[] {
  const content = contentOf(file);
  const isWorktree = basename(dirname(repository)) === 'worktrees' && isUnmistakable(repository);
  if (isWorktree && content?.trimEnd() === '../..') return [];
  return [{ id: idOf(file, content), repository, path: file, what: 'another place for configuration and hooks' }];
}

function configHazards(file: string, repository: string, roots: readonly string[]): Hazard[] {
  const composed = readConfig(file, repository, roots);
  if (typeof composed === 'string') {
    const what = `no configuration that we understand (${composed})`;
    return [{ id: idOf(file, contentOf(file)), repository, path: file, replacement: '', what }];
  }
  return composed.dropped.map((entry) => ({
    id: idOf(file, JSON.stringify(entry)),
    repository,
    path: file,
    replacement: composed.text,
    what: `the setting ${printable(describeEntry(entry))}`,
  }));
}

/**
 * A configuration composed anew.
 *
 * @param gitDirectory where relative paths start
 * @param roots worktrees must be inside one of them
 * @returns why not, when it cannot be read
 */
export function readConfig(file: string, gitDirectory: string, roots: readonly string[]): ComposedConfig | string {
  const content = contentOf(file);
  if (content === undefined) return 'it cannot be read, or is larger than 1 MB';
  try {
    return composeConfig(content, (worktree) => isInsideOne(resolve(gitDirectory, worktree), roots));
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/**
 * The content of a regular file, one character for each byte. It opens no link and waits for no pipe.
 *
 * @returns undefined for anything else, and for what is too large or cannot be read
 */
export function contentOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(bytes(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile() || size > MAX_FILE) return undefined;
    const buffer = Buffer.alloc(size);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, size, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Hashed: what is written down for the post step holds no content. */
function idOf(path: string, content: string | undefined): string {
  return createHash('sha256')
    .update(`${path}\0${content ?? stamp(path)}`, 'latin1')
    .digest('base64');
}

/** In the place of a content that is too large: the kernel sets the time of the last change, and nobody else. */
function stamp(path: string): string {
  const { ino, size, ctimeNs } = lstatSync(bytes(path), { bigint: true });
  return [ino, size, ctimeNs].join();
}
