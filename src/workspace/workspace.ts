import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config, ProtectedPath } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { disarm, restoreLink, type Disarmed } from './disarm.ts';
import { bytes, fromText, printable } from '../host/file-names.ts';
import type { Hazard } from './git/directory.ts';
import { gitGuards, guardMounts, type Elsewhere } from './guards.ts';
import { identify, ownRepository } from './git/own-repository.ts';
import { changesBetween, readOnlyPaths, snapshot, type Change, type Snapshot } from './protected-paths.ts';
import { survey, type Survey } from './survey.ts';

/** The state of a workspace before the command. It is stored for the post step, and has no content of files. */
export interface Baseline {
  readonly workspace: string;
  /** The directories to survey: the workspace, and its repository if that is elsewhere. */
  readonly roots: readonly string[];
  readonly dotGit: string | undefined;
  readonly gitDirectories: readonly string[];
  /** The ids of the hazards that existed before. */
  readonly hazards: readonly string[];
  readonly unread: readonly string[];
  readonly elsewhere: Elsewhere;
  readonly protectPaths: readonly ProtectedPath[];
  readonly snapshot: Snapshot;
}

/** The guards of a run. */
export interface Guards {
  readonly baseline: Baseline;
  readonly mounts: readonly MountSpec[];
  readonly warnings: readonly string[];
}

/** What the command has left in the workspace. Paths are printable and relative to the workspace. */
export interface Aftermath {
  /** Hazards that would have run something for the command, and their outcomes. */
  readonly disarmed: readonly Disarmed[];
  /** True if the workspace was no repository before and is one now. */
  readonly newRepository: boolean;
  /** Changes of protected paths. */
  readonly changes: readonly Change[];
  /** Directories that could not be read. */
  readonly unread: readonly string[];
  /** Number of directories that were skipped for lack of time. */
  readonly left: number;
}

/** A change of this file is always reported: it decides what a later `git submodule update` fetches. */
const ALWAYS_REPORTED: ProtectedPath = { path: '.gitmodules', mode: 'report' };

const BASELINE_FILE = 'baseline.json';

/**
 * Surveys the workspace and plans the mounts that guard it. If its repository is elsewhere (a linked worktree, a
 * submodule), that is mounted as well, with the same guards.
 *
 * @param ownFiles more paths to guard: those of the action itself
 * @param workDirectory gets the baseline and the copies of configurations
 * @param limitMs time limit of the survey
 * @throws UserError if something cannot be guarded
 */
export async function guardWorkspace(
  config: Pick<Config, 'workspace' | 'protectPaths'>,
  secrets: Secrets,
  ownFiles: readonly string[],
  workDirectory: string,
  limitMs: number,
): Promise<Guards> {
  const { workspace, protectPaths } = config;
  const own = ownRepository(workspace);
  const roots = [workspace, ...(own.outside === undefined ? [] : [own.outside.directory])];
  const found = await survey(roots, { limitMs });
  const plan = gitGuards(found, roots, own.outside, secrets);
  const watched = [...protectPaths, ALWAYS_REPORTED];
  const baseline: Baseline = {
    workspace,
    roots,
    dotGit: own.dotGit,
    gitDirectories: found.gitDirectories,
    hazards: [...found.hazards, ...(await hooksElsewhere(plan.elsewhere, roots))].map(({ id }) => id),
    unread: found.unread,
    elsewhere: plan.elsewhere,
    protectPaths: watched,
    snapshot: snapshot(workspace, watched),
  };
  writeFileSync(join(workDirectory, BASELINE_FILE), JSON.stringify(baseline), { mode: 0o600 });
  let copies = 0;
  const place = (_: string, content: string): string => {
    const path = join(workDirectory, `git-config-${copies++}`);
    writeFileSync(path, bytes(content));
    // The agent's user may differ from the caller, so the file must be readable whatever the umask is.
    chmodSync(path, 0o644);
    return path;
  };
  const readOnly = [...plan.readOnly, ...readOnlyPaths(workspace, protectPaths), ...ownFiles];
  const mounts = guardMounts(roots, { ...plan, readOnly }, place);
  return {
    baseline,
    mounts: [
      ...roots
        .filter((root) => root !== workspace)
        .map((root): MountSpec => ({ kind: 'bind', source: root, target: root, writable: true })),
      ...mounts,
    ],
    warnings: [
      ...(own.warning === undefined ? [] : [own.warning]),
      ...(own.outside === undefined ? [] : [outsideWarning(workspace, own.outside.directory)]),
      ...plan.warnings,
      ...(found.left > 0 ? [`${found.left} directories were not searched for git repositories.`] : []),
    ],
  };
}

function outsideWarning(workspace: string, directory: string): string {
  return (
    `${workspace} is a part of the repository ${directory}: ` +
    'the command can write to that too, except to its hooks and configuration.'
  );
}

/** Reads the baseline of a run, for the post step. @returns undefined if the run ended before it wrote one */
export function readBaseline(workDirectory: string): Baseline | undefined {
  const path = join(workDirectory, BASELINE_FILE);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as Baseline;
}

/**
 * Surveys the workspace once no process of the command is left, and disarms everything that would make a later `git`
 * run something for the command.
 *
 * @param limitMs time limit of the survey
 */
export async function inspectWorkspace(baseline: Baseline, limitMs: number): Promise<Aftermath> {
  const { workspace, roots, elsewhere, protectPaths } = baseline;
  const found = await survey(roots, { unlockExcept: baseline.unread, limitMs });
  const known = new Set(baseline.hazards);
  const hazards = [
    ...found.hazards,
    ...(await hooksElsewhere(elsewhere, roots)),
    ...elsewhere.absent.flatMap((path) => appeared(path)),
  ].filter(({ id }) => !known.has(id));
  const unread = found.unread.filter((path) => !baseline.unread.includes(path));
  const after = snapshot(workspace, protectPaths, baseline.snapshot);
  const link = restoreLink(join(workspace, '.git'), baseline.dotGit);
  const shown = (path: string): string => {
    const top = `${fromText(workspace)}/`;
    return printable(path.startsWith(top) ? path.slice(top.length) : path);
  };
  return {
    disarmed: [...disarm(hazards, new Set(baseline.gitDirectories)), ...link]
      .map(({ path, what, movedTo }) => ({ path: shown(path), what, movedTo: movedTo && shown(movedTo) }))
      .sort((one, other) => byPlace(one.path, other.path)),
    newRepository: baseline.dotGit === undefined && identify(join(workspace, '.git')) !== undefined,
    changes: changesBetween(baseline.snapshot, after),
    unread: unread.map(shown),
    left: found.left,
  };
}

/** Sorts the workspace's own repository first. */
function byPlace(one: string, other: string): number {
  const rank = (path: string): number => (path.startsWith('.git/') ? 0 : 1);
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/** Hooks in directories that a configuration names. A link on the path to such a directory is a hazard itself. */
async function hooksElsewhere({ hookDirectories }: Elsewhere, roots: readonly string[]): Promise<Hazard[]> {
  const links: Hazard[] = [];
  const direct = hookDirectories.filter((path) => {
    const link = linkOnPath(path, roots);
    if (link !== undefined) links.push(hazardAt(link));
    return link === undefined;
  });
  const { hazards }: Survey = await survey([], { hookDirectories: direct });
  return [...hazards, ...links];
}

function linkOnPath(path: string, roots: readonly string[]): string | undefined {
  if (roots.some((root) => fromText(root) === path) || path === dirname(path)) return undefined;
  const above = linkOnPath(dirname(path), roots);
  if (above !== undefined) return above;
  return lstatSync(bytes(path), { throwIfNoEntry: false })?.isSymbolicLink() === true ? path : undefined;
}

function appeared(path: string): Hazard[] {
  if (lstatSync(bytes(path), { throwIfNoEntry: false }) === undefined) return [];
  return [hazardAt(path)];
}

function hazardAt(path: string): Hazard {
  return { id: `appeared ${path}`, repository: path, path, what: 'a path that a git setting names' };
}
