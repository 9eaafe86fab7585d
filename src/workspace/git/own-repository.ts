import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isInside } from '../../host/paths.ts';
import { fromText, printable, toText } from '../file-names.ts';
import { contentOf, gitFileTarget } from './directory.ts';
import { parseGitConfig } from './config.ts';

/** Where git keeps what belongs to the workspace, if that is elsewhere. */
export interface OutsideRepository {
  /** The repository's own directory, which git needs to write to. Absolute. */
  readonly directory: string;
  /** The workspace's part of it; the same where the workspace is a submodule's. */
  readonly gitDirectory: string;
}

export interface OwnRepository {
  /** What `.git` of the workspace is, to tell whether it is the same afterwards; undefined when there is none. */
  readonly dotGit: string | undefined;
  readonly outside: OutsideRepository | undefined;
  readonly warning: string | undefined;
}

/**
 * Looks at `.git` of a workspace. Where it is a file that leads out of the workspace, it is believed only if the other
 * side says the same: an earlier command may have written it.
 */
export function ownRepository(workspace: string): OwnRepository {
  const path = join(workspace, '.git');
  const dotGit = identify(path);
  if (dotGit?.startsWith('link') === true) {
    const warning = `${path} is a symbolic link: it is not followed, and git may not work in the sandbox.`;
    return { dotGit, outside: undefined, warning };
  }
  if (dotGit?.startsWith('file') !== true) return { dotGit, outside: undefined, warning: undefined };
  const target = gitFileTarget(fromText(path));
  const gitDirectory = target === undefined ? undefined : toText(target);
  if (gitDirectory === undefined) return { dotGit, outside: undefined, warning: `${path} names no repository.` };
  if (isInside(gitDirectory, workspace)) return { dotGit, outside: undefined, warning: undefined };
  const directory = worktreeOf(gitDirectory, path) ?? submoduleOf(gitDirectory, workspace);
  if (directory === undefined) {
    return {
      dotGit,
      outside: undefined,
      warning:
        `${path} leads to ${printable(fromText(gitDirectory))}, which does not lead back to it: ` +
        'it is not mounted, and git does not work in the sandbox.',
    };
  }
  return { dotGit, outside: { directory, gitDirectory: realpathSync(gitDirectory) }, warning: undefined };
}

/** What is at `path`, so that another thing in its place is another text; undefined for nothing. */
export function identify(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (stats.isFile()) return `file ${contentOf(fromText(path)) ?? ''}`;
  return `other ${String(stats.dev)} ${String(stats.ino)}`;
}

/** A linked worktree: `<repository>/worktrees/<name>` has files `gitdir` and `commondir` that lead back and up. */
function worktreeOf(gitDirectory: string, dotGit: string): string | undefined {
  const [back, up] = ['gitdir', 'commondir'].map((name) => lineOf(join(gitDirectory, name)));
  if (back === undefined || up === undefined || !isSame(resolve(gitDirectory, back), dotGit)) return undefined;
  const directory = real(resolve(gitDirectory, up));
  const own = real(gitDirectory);
  if (directory === undefined || own === undefined || basename(dirname(own)) !== 'worktrees') return undefined;
  return dirname(dirname(own)) === directory ? directory : undefined;
}

/** A submodule's: its `core.worktree` leads back. */
function submoduleOf(gitDirectory: string, workspace: string): string | undefined {
  const config = contentOf(fromText(join(gitDirectory, 'config')));
  if (config === undefined) return undefined;
  try {
    const back = parseGitConfig(config).findLast(
      ({ section, subsection, key }) => section === 'core' && subsection === undefined && key === 'worktree',
    )?.value;
    const text = back === undefined ? undefined : toText(back);
    return text !== undefined && isSame(resolve(gitDirectory, text), workspace) ? real(gitDirectory) : undefined;
  } catch {
    return undefined; // not a configuration
  }
}

function lineOf(path: string): string | undefined {
  return contentOf(fromText(path))?.replace(/\n$/, '');
}

function isSame(one: string, other: string): boolean {
  return real(one) !== undefined && real(one) === real(other);
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
