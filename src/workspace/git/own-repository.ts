import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { bytes, fromText, printableText, toText } from '../../host/file-names.ts';
import { isInside, realPath } from '../../host/paths.ts';
import { gitFileTarget } from './directory.ts';
import { contentOf } from './files.ts';
import { valueIn } from './config.ts';

/** A repository outside the workspace to which the workspace belongs. */
export interface OutsideRepository {
  /** The repository's own directory, which git needs to write to. Absolute. */
  readonly directory: string;
  /** The part of it for this workspace. For a submodule, that is the whole directory. */
  readonly gitDirectory: string;
}

export interface OwnRepository {
  /** Identifies `.git` of the workspace, to tell whether it is the same afterwards. Undefined if there is none. */
  readonly dotGit: string | undefined;
  readonly outside: OutsideRepository | undefined;
  readonly warning: string | undefined;
}

/**
 * Finds the repository of a workspace. A `.git` file that leads out of the workspace is only trusted if the repository
 * leads back to the workspace, because the command of an earlier run may have written the file.
 */
export function ownRepository(workspace: string): OwnRepository {
  const path = join(workspace, '.git');
  const dotGit = identify(fromText(path));
  const without = (warning?: string): OwnRepository => ({ dotGit, outside: undefined, warning });
  if (dotGit?.startsWith('link') === true) {
    return without(`${path} is a symbolic link. AWF does not follow it, so git may not work in the sandbox.`);
  }
  if (dotGit?.startsWith('file') !== true) return without();
  const target = gitFileTarget(fromText(path));
  const gitDirectory = target === undefined ? undefined : toText(target);
  if (gitDirectory === undefined) return without(`${path} names no repository.`);
  if (isInside(gitDirectory, workspace)) return without();
  const directory = worktreeOf(gitDirectory, path) ?? submoduleOf(gitDirectory, workspace);
  if (directory === undefined) {
    return without(
      `${path} leads to ${printableText(gitDirectory)}, which does not lead back to it. ` +
        'AWF does not mount that directory, so git does not work in the sandbox.',
    );
  }
  return { dotGit, outside: { directory, gitDirectory: realpathSync(gitDirectory) }, warning: undefined };
}

/** The top of the repository in which the workspace lies, of which it has no part of its own. */
export function surroundingRepository(workspace: string): string | undefined {
  for (let top = dirname(workspace), below = workspace; top !== below; below = top, top = dirname(top)) {
    const dotGit = join(top, '.git');
    if (existsSync(join(dotGit, 'HEAD')) || gitFileTarget(fromText(dotGit)) !== undefined) return top;
  }
  return undefined;
}

/** Identifies what is at `path`: the text differs if something else takes its place. Undefined if nothing is there. */
export function identify(path: string): string | undefined {
  const stats = lstatSync(bytes(path), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(bytes(path), 'latin1')}`;
  if (stats.isFile()) return `file ${contentOf(path) ?? ''}`;
  return `other ${stats.dev} ${stats.ino}`;
}

/** The repository of a linked worktree: in `<repository>/worktrees/<name>`, `gitdir` leads back and `commondir` up. */
function worktreeOf(gitDirectory: string, dotGit: string): string | undefined {
  const [back, up] = ['gitdir', 'commondir'].map((name) => pathIn(join(gitDirectory, name)));
  if (back === undefined || up === undefined || !isSame(resolve(gitDirectory, back), dotGit)) return undefined;
  const directory = realPath(resolve(gitDirectory, up));
  const own = realPath(gitDirectory);
  if (directory === undefined || own === undefined || basename(dirname(own)) !== 'worktrees') return undefined;
  return dirname(dirname(own)) === directory ? directory : undefined;
}

/** The repository of a submodule: its `core.worktree` leads back. */
function submoduleOf(gitDirectory: string, workspace: string): string | undefined {
  const config = contentOf(fromText(join(gitDirectory, 'config')));
  const back = config === undefined ? undefined : valueIn(config, 'core', 'worktree');
  const text = back === undefined ? undefined : toText(back);
  return text !== undefined && isSame(resolve(gitDirectory, text), workspace) ? realPath(gitDirectory) : undefined;
}

/** The path in the first line of one of git's files. @returns undefined if it is not UTF-8 */
function pathIn(file: string): string | undefined {
  const line = contentOf(fromText(file))?.replace(/\n$/, '');
  return line === undefined ? undefined : toText(line);
}

function isSame(one: string, other: string): boolean {
  return realPath(one) !== undefined && realPath(one) === realPath(other);
}
