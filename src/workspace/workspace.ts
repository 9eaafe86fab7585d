import { dirname, isAbsolute, join } from 'node:path';
import type { Config, ProtectedPath } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import type { Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { fromText, toText } from '../host/file-names.ts';
import { kernelPlaces, mounted, otherPlaces } from '../host/mounted.ts';
import { isAtOrBelowAny, isBelow, isInside, withReal } from '../host/paths.ts';
import type { User } from '../host/user.ts';
import type { Baseline } from './baseline.ts';
import { linksInHooks, namedBy, placesOf, worktreesAt } from './elsewhere.ts';
import { isUnmistakable } from './git/directory.ts';
import { offencesIn, type Offence } from './git/judge.ts';
import { identify, ownRepository, surroundingRepository, type OwnRepository } from './git/own-repository.ts';
import { sharedObjects } from './git/private.ts';
import { userSettings } from './git/user-settings.ts';
import { protectionOf } from './guarded.ts';
import { gitGuards, guardMounts } from './guards.ts';
import { breakHardLinks } from './hard-links.ts';
import { namedByVariables, searchedDirectories } from './job-variables.ts';
import { localActions } from './local-actions.ts';
import { settingsOfOthers } from './other-repositories.ts';
import { readOnlyPaths, snapshot, writablePaths } from './protected-paths.ts';
import { keyOf, pathsOf, survey, type SharedFile } from './survey.ts';

export { ownRepository } from './git/own-repository.ts';

/** The guards of a run. */
export interface Guards {
  /** Without what the sandbox sees of the host, which is not known yet. */
  readonly baseline: Omit<Baseline, 'visible'>;
  readonly mounts: readonly MountSpec[];
  readonly warnings: readonly string[];
}

/** Changes of these files are always reported: they decide from where a later git fetches, and to where git-lfs uploads. */
const ALWAYS_REPORTED: readonly ProtectedPath[] = ['.gitmodules', '.lfsconfig'].map((path) => ({
  path,
  mode: 'report',
}));

/** What guarding a workspace needs to know beside the configuration. */
export interface Surroundings {
  readonly agentUser: User;
  /** The caller's home directory. */
  readonly home: string;
  /** The runner's directory for temporary files. */
  readonly temporary: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Gets the run's own git directories. */
  readonly workDirectory: string;
}

/**
 * Surveys the workspace and plans the mounts that guard it. If its repository is elsewhere (a linked worktree, a
 * submodule), that is mounted as well, in the same way. Files that the workspace shares with places outside it are
 * replaced with copies.
 *
 * @param ownFiles more paths to guard: those of the action itself
 * @param limitMs time limit of the survey
 * @throws UserError if something cannot be guarded
 */
export async function guardWorkspace(
  config: Pick<Config, 'workspace' | 'protectPaths' | 'frontEnd'>,
  secrets: Secrets,
  ownFiles: readonly string[],
  { agentUser, home, temporary, environment, workDirectory }: Surroundings,
  limitMs: number,
): Promise<Guards> {
  const { workspace, protectPaths } = config;
  const top = fromText(workspace);
  const own = ownRepository(workspace);
  const covered = coveredIn(workspace, withReal([home, temporary, workDirectory])).map(fromText);
  const found = await survey(workspace, limitMs, undefined, covered);
  const gitDirectories = pathsOf(found.findings, 'git-directory');
  const repositories = gitDirectories.filter(isUnmistakable);
  const outside = own.outside === undefined ? [] : [fromText(own.outside.directory)];
  const shared = found.sharedFiles.filter(({ isOutside }) => isOutside).flatMap(({ paths }) => paths);
  breakHardLinks([...shared, ...[...repositories, ...outside].flatMap(sharedObjects)]);
  const forGit = { directory: join(workDirectory, 'git'), owner: agentUser, home };
  const plan = gitGuards(found.findings, workspace, own.outside, secrets, forGit);
  const named = [
    ...plan.named,
    ...userSettings(home, environment).flatMap(({ file, entries }) =>
      namedBy(entries, fromText(dirname(file)), fromText(home)),
    ),
  ];
  const worktrees = [{ top, gitDirectory: join(top, '.git') }, ...worktreesAt(found.findings)];
  const bare = gitDirectories.filter((path) => !isUnmistakable(path));
  const actionDirectories = pathsOf(found.findings, 'action').flatMap((path) => toText(path) ?? []);
  const places = named.flatMap((one) => placesOf(one, worktrees));
  const guarded = [
    ...[...places, ...settingsOfOthers(pathsOf(found.findings, 'other-repository'))],
    ...[...readOnlyPaths(workspace, protectPaths), ...localActions(actionDirectories, workspace)],
    ...namedByVariables(workspace, environment),
  ];
  const links = [...found.links, ...linksInHooks(places, top)];
  const { readOnly, ...protection } = protectionOf(guarded, top, links, writablePaths(workspace, protectPaths));
  breakHardLinks(halfProtected(found.sharedFiles, readOnly));
  const watched = [...protectPaths, ...ALWAYS_REPORTED];
  return {
    baseline: {
      ...{ workspace, covered, since: Date.now(), bare, protectPaths: watched },
      isRepository: own.dotGit !== undefined,
      links: linksAt([join(top, '.git'), ...protection.links]),
      absent: protection.absent,
      named: named.filter(({ path, what }) => what !== undefined && !isAbsolute(path)),
      searched: searchedDirectories(workspace, environment),
      repositories: plan.repositories,
      offences: bare.flatMap((path) => offencesOf(path, workspace)).map(({ id }) => id),
      findings: found.findings.map(keyOf),
      snapshot: snapshot(workspace, watched),
      closed: ['/proc', '/sys', '/dev', ...withReal([home, runnerDirectory(temporary, environment)])],
    },
    mounts: guardMounts(
      workspace,
      [...plan.gitFiles, ...readOnly.flatMap((path) => toText(path) ?? []), ...ownFiles],
      plan.mounts,
    ),
    warnings: [...repositoryWarnings(own, config, home), ...plan.warnings, ...unsearched(found.left)],
  };
}

/** Directories in the workspace in which the host shows something that the command must not see. */
function coveredIn(workspace: string, paths: readonly string[]): string[] {
  const mounts = mounted();
  return [...kernelPlaces(mounts), ...otherPlaces(paths, mounts)].filter((path) => isBelow(path, workspace));
}

/** Those of the paths that are links, and what identifies each. */
function linksAt(paths: readonly string[]): Readonly<Record<string, string>> {
  const found = paths.map((path) => [path, identify(path) ?? ''] as const);
  return Object.fromEntries(found.filter(([, is]) => is.startsWith('link ')));
}

function unsearched(count: number): string[] {
  return count > 0 ? [`${count} directories were not searched for git repositories.`] : [];
}

/** On a runner, the directory for temporary files is one of several in the directory of its work. */
function runnerDirectory(temporary: string, environment: NodeJS.ProcessEnv): string {
  return environment['RUNNER_TEMP'] === undefined ? temporary : dirname(temporary);
}

/** The read-only names of files that have writable ones too: what is written to one of those would be in all of them. */
function halfProtected(files: readonly SharedFile[], readOnly: readonly string[]): string[] {
  const places = new Set(readOnly);
  return files.flatMap(({ paths, isOutside }) => {
    if (isOutside) return []; // Each of them has become a copy.
    const closed = paths.filter((path) => isAtOrBelowAny(path, places));
    return closed.length < paths.length ? closed : [];
  });
}

function repositoryWarnings(
  { dotGit, warning, outside }: OwnRepository,
  { workspace, frontEnd }: Pick<Config, 'workspace' | 'frontEnd'>,
  home: string,
): string[] {
  const around = dotGit === undefined ? surroundingRepository(workspace) : undefined;
  return [
    // A repository of one's settings, with the home as its working tree, is no workspace.
    ...(around === undefined || isInside(home, around)
      ? []
      : [
          `The workspace ${workspace} lies in the repository ${around}, and git does not work in it: the command sees nothing ` +
            `else of the repository. Make ${around} the workspace, and set ` +
            `${optionName(frontEnd, 'working-directory')} to the directory where the command should start.`,
        ]),
    ...(warning === undefined ? [] : [warning]),
    ...(outside === undefined
      ? []
      : [`${workspace} is a part of the repository ${outside.directory}: what the command commits goes there.`]),
  ];
}

/** Like {@link offencesIn}, for a directory that was there before: one that cannot be judged has no known offence. */
function offencesOf(path: string, workspace: string): readonly Offence[] {
  try {
    return offencesIn(path, workspace);
  } catch {
    return [];
  }
}
