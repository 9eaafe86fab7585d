import { dirname, join } from 'node:path';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { fromText, printable, toText } from '../host/file-names.ts';
import { isAtOrBelow, isAtOrBelowAny, isBelow } from '../host/paths.ts';
import type { UserIds } from '../host/user.ts';
import { hooksAt, namedBy, type NamedPath } from './elsewhere.ts';
import { isUnmistakable, readConfig } from './git/directory.ts';
import { kindOf } from './git/files.ts';
import type { OutsideRepository } from './git/own-repository.ts';
import { composeRepository, mountOf, type PrivateDirectory } from './git/private.ts';
import { pathsOf, type Finding } from './survey.ts';

/** What to mount over the workspace. */
export interface GuardPlan {
  /** The run's own git directories, and what of the host's is in them. */
  readonly mounts: readonly MountSpec[];
  readonly repositories: readonly PrivateDirectory[];
  /** Files that lead to a repository. */
  readonly gitFiles: readonly string[];
  /** What settings that the sandbox does not have make git run or read. */
  readonly named: readonly NamedPath[];
  readonly warnings: readonly string[];
}

/** The engine only manages some hundreds of mounts per second. */
const MAX_MOUNTS = 2_000;

/**
 * Gives each repository of the workspace a git directory of the run's own.
 *
 * @param findings of the survey of the workspace
 * @param outside the repository outside the workspace to which the workspace belongs
 * @param run the run's own directories go below `directory` and belong to `owner`, the agent's user; the caller has a `home`
 * @throws UserError for a repository that cannot be guarded
 */
export function gitGuards(
  findings: readonly Finding[],
  workspace: string,
  outside: OutsideRepository | undefined,
  secrets: Secrets,
  { directory, owner, home }: { readonly directory: string; readonly owner: UserIds; readonly home: string },
): GuardPlan {
  const [mounts, repositories, warnings]: [MountSpec[], PrivateDirectory[], string[]] = [[], [], []];
  const named: NamedPath[] = [];
  const compose = (file: string, gitDirectory: string): string => {
    if (kindOf(file) === 'link') {
      throw new UserError(`${printable(file)} is a symbolic link, so it cannot be guarded.`, {
        hint: 'Replace the link with the file itself.',
      });
    }
    const composed = readConfig(file, gitDirectory, workspace);
    if (typeof composed === 'string') {
      warnings.push(`${printable(file)} is empty in the sandbox because AWF cannot read it: ${composed}.`);
      return '';
    }
    const leaked = credentialIn(Buffer.from(composed.text, 'latin1').toString(), secrets);
    if (leaked !== undefined) {
      throw new UserError(`${printable(file)} contains the value of ${leaked}.`, { hint: 'Remove it from the file.' });
    }
    named.push(...namedBy(composed.dropped, gitDirectory, fromText(home), gitDirectory));
    return composed.text;
  };
  for (const path of [
    ...pathsOf(findings, 'git-directory').filter(isUnmistakable),
    ...(outside === undefined ? [] : [fromText(outside.directory)]),
  ]) {
    asText(path);
    const own = fromText(join(directory, String(repositories.length)));
    const composed = composeRepository(path, own, owner, compose);
    mounts.push(mountOf({ host: path, own }), ...composed.mounts);
    repositories.push(...composed.directories.map((one) => limited(one, outside)));
    named.push(...composed.directories.map(({ host }) => hooksAt(join(host, 'hooks'))));
  }
  return { mounts, repositories, gitFiles: pathsOf(findings, 'git-file').map(asText), named, warnings };
}

/** A linked worktree never needs files of the main worktree or of sibling worktrees. */
function limited(directory: PrivateDirectory, outside: OutsideRepository | undefined): PrivateDirectory {
  if (outside === undefined || outside.directory === outside.gitDirectory) return directory;
  const [all, own] = [fromText(outside.directory), fromText(outside.gitDirectory)];
  if (directory.host === own || !isAtOrBelow(directory.host, all)) return directory;
  return { ...directory, returns: directory.host === all ? 'shared' : 'nothing' };
}

/**
 * The mounts of a plan. The command cannot rename a mount point, but it could rename a directory above one, together
 * with everything in it. So the directories above become mount points too. Nothing is mounted that does not exist,
 * because the engine would create it.
 *
 * @throws UserError if there are more mounts than the engine can manage
 */
export function guardMounts(
  workspace: string,
  readOnlyPaths: readonly string[],
  own: readonly MountSpec[],
): MountSpec[] {
  const readOnly = outermost(readOnlyPaths.filter((path) => !own.some(({ target }) => isAtOrBelow(path, target))));
  const isClosed = (path: string): boolean => readOnly.some((closed) => isBelow(path, closed));
  const tops = own.map(({ target }) => target).filter((path) => !own.some(({ target }) => isBelow(path, target)));
  const above = [...readOnly, ...tops].flatMap((path) => between(workspace, dirname(path)));
  const pinned = new Set(above.filter((path) => !isClosed(path)));
  for (const path of [...readOnly, ...tops]) pinned.delete(path);
  const count = pinned.size + readOnly.length + own.length;
  if (count > MAX_MOUNTS) {
    throw new UserError(
      `The workspace has so many git repositories and read-only paths that guarding them takes ${count} mounts; ` +
        `at most ${MAX_MOUNTS} are possible.`,
      { hint: 'Remove what the command does not need, or use a smaller directory as the workspace.' },
    );
  }
  const overItself = (path: string, isWritable: boolean): MountSpec => {
    return { kind: 'bind', source: path, target: path, writable: isWritable };
  };
  return [
    ...[...pinned].map((path) => overItself(path, true)),
    ...readOnly.map((path) => overItself(path, false)),
    ...own,
  ];
}

/** Leaves out duplicates, and paths below other paths. */
function outermost(paths: readonly string[]): string[] {
  const set = new Set(paths);
  return [...set].filter((path) => !isAtOrBelowAny(dirname(path), set));
}

/** The directories below `top`, down to and including `directory`. */
function between(top: string, directory: string): string[] {
  return isBelow(directory, top) ? [...between(top, dirname(directory)), directory] : [];
}

function asText(path: string): string {
  const text = toText(path);
  if (text === undefined) {
    throw new UserError(`The workspace has a git repository whose path is not UTF-8: ${printable(path)}`, {
      hint: 'Rename or remove it, because it cannot be guarded.',
    });
  }
  return text;
}
