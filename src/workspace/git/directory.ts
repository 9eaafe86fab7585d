import { dirname, resolve } from 'node:path/posix';
import { isInside } from '../../host/paths.ts';
import { toText } from '../../host/file-names.ts';
import { composeConfig, type ComposedConfig } from './config-policy.ts';
import { contentOf } from './files.ts';

/** The longest path that Linux accepts, in bytes. */
const MAX_PATH = 4096;

/**
 * True for the names in a directory that git takes for a repository or for the common part of one, whatever it is called
 * (setup.c, `is_git_directory`). With a linked worktree, the common part needs no `HEAD`.
 */
export function isGitDirectory(names: ReadonlySet<string>): boolean {
  return (names.has('objects') && names.has('refs')) || (names.has('HEAD') && names.has('commondir'));
}

/** True for `.git` and everything below it. A bare repository elsewhere may be an ordinary directory as well. */
export function isUnmistakable(path: string): boolean {
  return /(^|\/)\.git(\/|$)/.test(path);
}

/** The absolute path that a `.git` file names. Undefined if git would not understand the file. */
export function gitFileTarget(file: string): string | undefined {
  const target = /^gitdir: ([^\n\r\0]+)[\n\r]*$/.exec(contentOf(file) ?? '')?.[1];
  return target === undefined ? undefined : resolve(dirname(file), target);
}

/** True if `path` is in the workspace, with links resolved. */
export function leadsInto(path: string, workspace: string): boolean {
  const text = path.length > MAX_PATH ? undefined : toText(path);
  return text !== undefined && isInside(text, workspace);
}

/**
 * Composes a harmless configuration from a file.
 *
 * @param gitDirectory the start of relative paths
 * @param workspace where worktrees may be
 * @returns the reason, if the file cannot be read
 */
export function readConfig(file: string, gitDirectory: string, workspace: string): ComposedConfig | string {
  const content = contentOf(file);
  if (content === undefined) return 'it cannot be opened, or is larger than 1 MB';
  try {
    return composeConfig(content, (worktree) => leadsInto(resolve(gitDirectory, worktree), workspace));
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}
