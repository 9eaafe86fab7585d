import { join } from 'node:path';
import { fromText, printable } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import type { Baseline } from './baseline.ts';
import { removePipe } from './defuse.ts';
import { disarmRepository, moveOut, rebuild, restoreLink, type Disarmed } from './disarm.ts';
import { placesOf, worktreesAt } from './elsewhere.ts';
import { gitFileTarget, leadsInto } from './git/directory.ts';
import { clearSetId, filesBelow, kindOf, unlock } from './git/files.ts';
import { offencesIn } from './git/judge.ts';
import { hashBytesOf } from './git/index-file.ts';
import { checkObjects, strangersIn } from './git/objects.ts';
import { identify } from './git/own-repository.ts';
import { modulesOf } from './git/private.ts';
import { returnDirectory, type Kept } from './git/return.ts';
import type { Guarded } from './guarded.ts';
import { hidingOthers } from './job-variables.ts';
import { type Change, changesBetween, snapshot } from './protected-paths.ts';
import { newLinks, sweep } from './sweep.ts';
import { pathsOf, survey, type Finding, type FindingKind } from './survey.ts';
import { firstOnWay, kindAt } from './way.ts';

/** What the command has left in the workspace. Paths are printable and relative to the workspace. */
export interface Aftermath {
  /** What a later program would have followed, and what became of it. */
  readonly disarmed: readonly Disarmed[];
  /** True if the workspace was no repository before and is one now. */
  readonly newRepository: boolean;
  /** What the repository on the host did not get of the command's work. */
  readonly kept: Kept;
  /** Changes of protected paths. */
  readonly changes: readonly Change[];
  /** New links out of the workspace, with where they lead. */
  readonly links: readonly string[];
  /** New files that lend their owner's or group's rights to those who run them, and whether that was taken away. */
  readonly setIdFiles: readonly { readonly path: string; readonly isCleared: boolean }[];
  /** New named pipes, and whether they were removed: a later program that opens one would wait for ever. */
  readonly pipes: readonly { readonly path: string; readonly isRemoved: boolean }[];
  /** New directories in which nobody could search. AWF has made them readable. */
  readonly shut: readonly string[];
  /** New directories of which their owner can remove nothing. They stay as they are. */
  readonly readOnly: readonly string[];
  /** Number of directories that were not searched: there was no time, or too much in them. */
  readonly left: number;
}

/**
 * Surveys the workspace once no process of the command is left, and disarms everything that would make a later program do
 * what the command wants. Then it brings the command's commits to the host. In this order, a command that leaves more than
 * this process can take only harms its own commits.
 *
 * @param limitMs time limit of the survey; the check of the objects may take half of it again
 * @param onDirectory called with a directory before it is searched, and with the workspace after the search
 */
export async function inspectWorkspace(
  baseline: Baseline,
  limitMs: number,
  onDirectory?: (path: string) => void,
): Promise<Aftermath> {
  const { workspace, protectPaths } = baseline;
  const top = fromText(workspace);
  const kept: Kept = { conflicts: [], ended: [], settings: [], failed: [] };
  const restored = Object.entries(baseline.links).flatMap(([path, before]) => restoreLink(top, path, before));
  const parts = new Parts(kept);
  for (const { own } of baseline.repositories) parts.do(own, () => openUp(own), undefined);
  const end = performance.now() + limitMs;
  const after = { known: new Set(baseline.findings), onDirectory };
  const notSearched = [...baseline.covered, ...baseline.repositories.map(({ host }) => host)];
  const found = await survey(workspace, limitMs, after, notSearched);
  // Nothing is searched from here on. If this process dies, the directory that was searched last is not the reason.
  onDirectory?.(top);
  const links = newLinks(found.findings, baseline);
  const repositories = disarmRepositories(found.findings, baseline, end);
  const disarmed = [
    ...restored,
    ...repositories.judged,
    ...repositories.unknown,
    ...disarmPaths(found.findings, baseline),
    ...disarmStores(baseline, parts),
    ...links.closed.map(({ path, target = '' }) => moveOut(path, [`a link to ${target}`])),
    ...disarmSearched(baseline),
  ];
  const sweepEnd = performance.now() + limitMs / 4;
  const nothing = { left: 0, setIds: [] };
  const swept = parts.do('what was moved aside', () => sweep(disarmed, found.findings, baseline, sweepEnd), nothing);
  const pipes = pathsOf(found.findings, 'pipe').map((path) => ({ path, isRemoved: succeeds(removePipe, path) }));
  const prints = parts.do('protect-paths', () => snapshot(workspace, protectPaths, baseline.snapshot), undefined);
  const stores = checkStores(baseline, performance.now() + limitMs / 2, parts);
  const setIds = [
    ...pathsOf(found.findings, 'set-id').map((path) => ({ path, isCleared: succeeds(clearSetId, path) })),
    ...[...swept.setIds, ...stores.setIds].map((path) => ({ path, isCleared: true })),
  ];
  returnRepositories(baseline, kept);
  for (const moved of repositories.judged) rebuild(moved, workspace, kept);
  const shown = (path: string): string => printable(isBelow(path, top) ? path.slice(top.length + 1) : path);
  return {
    disarmed: disarmed
      .map(({ path, what, movedTo }) => {
        return { path: shown(path), what: what.map(printable), movedTo: movedTo && shown(movedTo) };
      })
      .sort((one, other) => byPlace(one.path, other.path)),
    newRepository: !baseline.isRepository && identify(join(top, '.git')) !== undefined,
    kept,
    changes: prints === undefined ? [] : changesBetween(baseline.snapshot, prints),
    links: links.reported.map(({ path, target = '' }) => `${shown(path)} -> ${printable(target)}`),
    setIdFiles: setIds.map((one) => ({ ...one, path: shown(one.path) })),
    shut: pathsOf(found.findings, 'shut').map(shown),
    readOnly: pathsOf(found.findings, 'read-only').map(shown),
    pipes: pipes.map((one) => ({ ...one, path: shown(one.path) })),
    left: found.left + pathsOf(found.findings, 'flooded').length + swept.left + stores.left + parts.left,
  };
}

/**
 * Does the parts of an inspection one by one. Whatever the command has left to stop one of them, it costs that part alone, and
 * the step fails.
 */
class Parts {
  readonly kept: Kept;
  /** Parts that were not done. */
  left = 0;

  constructor(kept: Kept) {
    this.kept = kept;
  }

  do<T>(what: string, work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      this.kept.failed.push(`${what}: ${String(error)}`);
      this.left++;
      return otherwise;
    }
  }
}

/** Unlocks a git directory of the run's own, in which the command may have set any permission. */
function openUp(directory: string): void {
  if (kindOf(directory) !== 'directory') return;
  unlock(directory, 0o700);
  filesBelow(directory, '', undefined, (below) => unlock(below, 0o700));
}

/** Moves aside what has no business among git's objects. */
function disarmStores({ repositories, since }: Baseline, parts: Parts): Disarmed[] {
  return repositories.flatMap(({ host }) =>
    parts.do(`${host}/objects`, () => strangersIn(host, since), []).map(({ path, what }) => moveOut(path, [what])),
  );
}

/** Brings what the command did in git to the host. A repository that fails costs itself and no other. */
function returnRepositories({ repositories, workspace }: Baseline, kept: Kept): void {
  for (const repository of repositories) {
    try {
      returnDirectory(repository, workspace, kept);
    } catch (error) {
      kept.failed.push(`${repository.host}: ${String(error)}`);
    }
  }
}

/**
 * Moves aside the objects of the host's repositories that are not what they are called, also those of new submodules, which
 * are still in the run's own directories.
 *
 * @returns the number of repositories in which something could not be looked at, and what lent its owner's rights
 */
function checkStores(
  { repositories, since }: Baseline,
  end: number,
  parts: Parts,
): { readonly left: number; readonly setIds: readonly string[] } {
  const { failed } = parts.kept;
  const places = repositories.filter(({ kind }) => kind === 'repository').flatMap(({ host, own }) => [host, own]);
  const all = places.flatMap((one) => [one, ...parts.do(`${one}/modules`, () => modulesOf(one), [])]);
  const setIds: string[] = [];
  let left = 0;
  for (const host of new Set(all)) {
    try {
      const { forged, unchecked, cleared } = checkObjects(host, since, hashBytesOf(host), end);
      setIds.push(...cleared.map((name) => `${host}/${name}`));
      for (const name of forged) failed.push(`${host}/${name}: its content is not what its name says`);
      const [first] = unchecked;
      if (first === undefined) continue;
      const more = unchecked.length === 1 ? '' : ` (and ${unchecked.length - 1} more)`;
      failed.push(`${host}/${first.name}${more}: AWF could not check it, because ${first.why}; run git fsck`);
    } catch (error) {
      failed.push(`${host}/objects: ${String(error)}`);
    }
    left++;
  }
  return { left, setIds };
}

/** Moves repositories aside that have anything but data in them, or that cannot be looked at. */
function disarmRepositories(
  findings: readonly Finding[],
  { bare, offences, workspace }: Baseline,
  end: number,
): { readonly judged: readonly Disarmed[]; readonly unknown: readonly Disarmed[] } {
  const known = new Set(offences);
  const [judged, unknown]: [Disarmed[], Disarmed[]] = [[], []];
  for (const path of [...bare, ...pathsOf(findings, 'git-directory')]) {
    if (kindAt(path) !== 'directory') continue;
    try {
      const found = offencesIn(path, workspace, end).filter(({ id }) => !known.has(id));
      if (found.length > 0) judged.push(disarmRepository(path, found));
    } catch {
      const why = performance.now() > end ? 'had no time to' : 'cannot';
      unknown.push(moveOut(path, [`a repository that AWF ${why} look at`]));
    }
  }
  return { judged, unknown };
}

/** What of the findings is moved aside without another look. The workspace itself cannot be. */
const MOVED: Partial<Record<FindingKind, string>> = {
  'git-link': 'a symbolic link',
  'other-repository': 'a repository of a program whose settings AWF does not judge',
  unread: 'a directory that AWF cannot look at',
  flooded: 'a directory with more in it than AWF looks at',
};

/** Moves aside what else a later program would follow, or get stuck in. */
function disarmPaths(findings: readonly Finding[], baseline: Baseline): Disarmed[] {
  const { workspace, absent, named } = baseline;
  const top = fromText(workspace);
  const stray = pathsOf(findings, 'git-file').filter((path) => !leadsInto(gitFileTarget(path) ?? '/', workspace));
  const worktrees = worktreesAt(findings);
  const places = [...absent, ...named.flatMap((one) => placesOf(one, worktrees))];
  return [
    ...stray.map((path) => moveOut(path, ['a link to a repository outside the workspace'])),
    ...findings.flatMap(({ kind, path }) => {
      const what = MOVED[kind];
      return what === undefined || path === top ? [] : [moveOut(path, [what])];
    }),
    ...places.flatMap((place) => disarmPlace(place, top)),
  ];
}

/** Moves aside what would be found instead of the host's own programs. */
function disarmSearched({ searched, workspace }: Baseline): Disarmed[] {
  const top = fromText(workspace);
  return searched.flatMap((one) => hidingOthers(one, top).map(({ path, what }) => moveOut(path, [what])));
}

/** Moves something aside that has appeared at a place, or a link on the way there. */
function disarmPlace({ path, isDirectory, what = '' }: Guarded, workspace: string): Disarmed[] {
  const found = firstOnWay(workspace, path);
  return found === undefined || (kindOf(found) === 'directory' && !isDirectory) ? [] : [moveOut(found, [what])];
}

/** Sorts the workspace's own repository first. */
function byPlace(one: string, other: string): number {
  const rank = (path: string): number => (path.startsWith('.git/') ? 0 : 1);
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

function succeeds(work: (path: string) => void, path: string): boolean {
  try {
    work(path);
    return true;
  } catch {
    return false;
  }
}
