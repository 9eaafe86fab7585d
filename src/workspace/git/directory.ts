import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readlinkSync, type Dirent } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path/posix';
import { isInside } from '../../host/paths.ts';
import { bytes, printable, toText } from '../../host/file-names.ts';
import { composeConfig, describeEntry, type ComposedConfig } from './config-policy.ts';

/** Something that makes a later git do what its author wants. Paths have one character for each byte. */
export interface Hazard {
  /** Derived from place and content, to tell it from what was there before. */
  readonly id: string;
  /** The git directory to which it belongs. */
  readonly repository: string;
  /** The path to move aside. */
  readonly path: string;
  /** The new content of a configuration, which replaces the one moved aside. Undefined for everything else. */
  readonly replacement?: string;
  /** True for a symbolic link. */
  readonly link?: boolean;
  /** A description for messages. */
  readonly what: string;
}

/** Bytes. Configurations and the like have a few kilobytes; a larger file may be meant to keep us from reading it. */
const MAX_FILE = 1 << 20;

/** The longest path that Linux accepts, in bytes. */
const MAX_PATH = 4096;

/** The names that git uses in its directory. Other names there mean that a bare repository lies among other files. */
const GIT_NAMES =
  /^(HEAD|config|config\.worktree|commondir|gitdir|index|packed-refs|shallow|description|refs|logs|objects|info|hooks|modules|worktrees|branches|remotes|reftable|rebase-merge|rebase-apply|sequencer|[A-Z_]+_(HEAD|MSG|EDITMSG|MODE|RR|LOG|START|NAMES|TERMS|EXPECTED_REV|ANCESTORS_OK))$/;

/**
 * True for a directory that git takes for a repository or for the common part of one, by its name or its content
 * (setup.c, `is_git_directory`). With a linked worktree, the common part needs no `HEAD`.
 */
export function isGitDirectory(path: string, names: ReadonlySet<string>): boolean {
  if (basename(path) === '.git') return true;
  return (names.has('objects') && names.has('refs')) || (names.has('HEAD') && names.has('commondir'));
}

/** True for `.git` and everything below it. A bare repository elsewhere may be an ordinary directory as well. */
export function isUnmistakable(path: string): boolean {
  return /(^|\/)\.git(\/|$)/.test(path);
}

/**
 * The hazards among the files directly in a git directory. The survey judges its subdirectories.
 *
 * @param roots the directories in which worktrees may be
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

/** The hazard of a hook. `*.sample` is not a hook. */
export function hookHazard(file: string, entry: Dirent, repository: string): Hazard | undefined {
  if (!entry.isFile() || entry.name.endsWith('.sample')) return undefined;
  return { id: idOf(file, contentOf(file)), repository, path: file, what: 'a hook' };
}

/** The hazard of anything but a file or directory: git would write through a link, or wait for a pipe. */
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

/** True if a link or special file of this name in a git directory is a hazard. */
export function isGitName(name: string): boolean {
  return GIT_NAMES.test(name);
}

/** The hazard of a `.git` file, which names a repository. One in the workspace is judged at its own place. */
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

/** The absolute path that a `.git` file names. Undefined if git would not understand the file. */
export function gitFileTarget(file: string): string | undefined {
  const target = /^gitdir: ([^\n\r\0]+)[\n\r]*$/.exec(contentOf(file) ?? '')?.[1];
  return target === undefined ? undefined : resolve(dirname(file), target);
}

/** The hazard of a todo list of git, if it has lines that run a command. */
export function todoHazard(file: string, repository: string): Hazard | undefined {
  const content = contentOf(file);
  const lines = content?.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines?.every((line) => HARMLESS_STEP.test(line)) === true) return undefined;
  return { id: idOf(file, content), repository, path: file, what: 'rebase steps that run commands' };
}

const HARMLESS_STEP =
  /^\s*(p|pick|r|reword|e|edit|s|squash|f|fixup|d|drop|l|label|t|reset|m|merge|u|update-ref|b|break|noop|revert)(\s|$)/;

/** The hazard of objects in another repository: `git fetch` runs git there. */
export function alternatesHazard(file: string, repository: string): Hazard {
  return { id: idOf(file, contentOf(file)), repository, path: file, what: 'objects of another repository' };
}

/**
 * The hazard of `commondir`. In `.git/worktrees`, it may lead to the repository above, which the survey judges itself.
 */
function redirectHazard(file: string, repository: string): Hazard[] {
  const content = contentOf(file);
  const isWorktree = basename(dirname(repository)) === 'worktrees' && isUnmistakable(repository);
  if (isWorktree && content?.trimEnd() === '../..') return [];
  return [{ id: idOf(file, content), repository, path: file, what: 'a redirection of configuration and hooks' }];
}

function configHazards(file: string, repository: string, roots: readonly string[]): Hazard[] {
  const composed = readConfig(file, repository, roots);
  if (typeof composed === 'string') {
    const what = `a configuration that AWF cannot read (${composed})`;
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
 * Composes a harmless configuration from a file.
 *
 * @param gitDirectory the start of relative paths
 * @param roots the directories in which worktrees may be
 * @returns the reason, if the file cannot be read
 */
export function readConfig(file: string, gitDirectory: string, roots: readonly string[]): ComposedConfig | string {
  const content = contentOf(file);
  if (content === undefined) return 'it cannot be opened, or is larger than 1 MB';
  try {
    return composeConfig(content, (worktree) => isInsideOne(resolve(gitDirectory, worktree), roots));
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/**
 * Reads a regular file, with one character for each byte. It follows no link and waits for no pipe.
 *
 * @returns undefined for anything but a regular file, and for a file that is too large or cannot be read
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

/** A hash, because the ids are stored for the post step and must not reveal contents. */
function idOf(path: string, content: string | undefined): string {
  return createHash('sha256')
    .update(`${path}\0${content ?? stamp(path)}`, 'latin1')
    .digest('base64');
}

/** Replaces the content of a file that is too large. Only the kernel can set the time of the last change. */
function stamp(path: string): string {
  const { ino, size, ctimeNs } = lstatSync(bytes(path), { bigint: true });
  return [ino, size, ctimeNs].join();
}
