import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config, ProtectedPath } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { disarm, restoreLink, type Disarmed } from './disarm.ts';
import { bytes, fromText, printable } from './file-names.ts';
import type { Hazard } from './git/directory.ts';
import { gitGuards, guardMounts, type Elsewhere } from './guards.ts';
import { identify, ownRepository } from './git/own-repository.ts';
import { changesBetween, readOnlyPaths, snapshot, type Change, type Snapshot } from './protected-paths.ts';
import { survey, type Survey } from './survey.ts';

/** What a workspace was like before the command. It goes to a file for a post step, and holds no content of files. */
export interface Baseline {
  readonly workspace: string;
  /** Directories to look through: the workspace, and where its repository is elsewhere, that. */
  readonly roots: readonly string[];
  readonly dotGit: string | undefined;
  readonly gitDirectories: readonly string[];
  /** Ids of hazards. */
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

/** What the command has left in the workspace. Paths are for people, from the workspace on. */
export interface Aftermath {
  /** What would have run something of the command's, and what became of it. */
  readonly disarmed: readonly Disarmed[];
  /** The workspace was no repository, and is one now. */
  readonly newRepository: boolean;
  /** Of `protect-paths`. */
  readonly changes: readonly Change[];
  /** Directories that could not be looked into. */
  readonly unread: readonly string[];
  /** Directories that there was no time for. */
  readonly left: number;
}

/** Changes of it are said: with it the command chooses what a later `git submodule update` fetches. */
const ALWAYS_REPORTED: ProtectedPath = { path: '.gitmodules', mode: 'report' };

const BASELINE_FILE = 'workspace.json';

/**
 * Looks through the workspace and plans what is mounted over it. Where the repository is elsewhere (a linked worktree, a
 * submodule), that is mounted as well, with the same guards.
 *
 * @param ownFiles further paths to guard: the action's own
 * @param workDirectory for copies of configurations, and for the baseline
 * @throws UserError when something cannot be guarded
 */
export async function guardWorkspace(
  config: Pick<Config, 'workspace' | 'protectPaths'>,
  secrets: Secrets,
  ownFiles: readonly string[],
  workDirectory: string,
): Promise<Guards> {
  const { workspace, protectPaths } = config;
  const own = ownRepository(workspace);
  const roots = [workspace, ...(own.outside === undefined ? [] : [own.outside.directory])];
  const found = await survey(roots);
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
    const path = join(workDirectory, `git-config-${String(copies++)}`);
    writeFileSync(path, bytes(content));
    // Whatever the caller's umask is: the agent's user may be another one.
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
      ...(found.left > 0 ? [`${String(found.left)} directories were not looked through for git repositories.`] : []),
    ],
  };
}

function outsideWarning(workspace: string, directory: string): string {
  return `${workspace} is a part of the repository ${directory}: the command can write to that, except for its hooks and configuration.`;
}

/** For a post step. @returns undefined when the run came not so far */
export function readBaseline(workDirectory: string): Baseline | undefined {
  const path = join(workDirectory, BASELINE_FILE);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as Baseline;
}

/**
 * Looks through the workspace after the command, when nothing of it runs any more, and moves aside what would let a `git`
 * run something of the command's.
 */
export async function inspectWorkspace(baseline: Baseline): Promise<Aftermath> {
  const { workspace, roots, elsewhere, protectPaths } = baseline;
  const found = await survey(roots, { unlockExcept: baseline.unread });
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

/** What is in the workspace's own repository first. */
function byPlace(one: string, other: string): number {
  const rank = (path: string): number => (path.startsWith('.git/') ? 0 : 1);
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/** Hooks in directories that a configuration names; a link on the way there is a hazard itself. */
async function hooksElsewhere({ hookDirectories }: Elsewhere, roots: readonly string[]): Promise<Hazard[]> {
  const links: Hazard[] = [];
  const direct = hookDirectories.filter((path) => {
    const link = linkOnTheWay(path, roots);
    if (link !== undefined) links.push(hazardAt(link));
    return link === undefined;
  });
  const { hazards }: Survey = await survey([], { hookDirectories: direct });
  return [...hazards, ...links];
}

function linkOnTheWay(path: string, roots: readonly string[]): string | undefined {
  if (roots.some((root) => fromText(root) === path) || path === dirname(path)) return undefined;
  const above = linkOnTheWay(dirname(path), roots);
  if (above !== undefined) return above;
  return lstatSync(bytes(path), { throwIfNoEntry: false })?.isSymbolicLink() === true ? path : undefined;
}

function appeared(path: string): Hazard[] {
  if (lstatSync(bytes(path), { throwIfNoEntry: false }) === undefined) return [];
  return [hazardAt(path)];
}

function hazardAt(path: string): Hazard {
  return { id: `appeared ${path}`, repository: path, path, what: 'named by a setting of git' };
}
