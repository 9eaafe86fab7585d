import { join } from 'node:path';
import { fromText, printable } from '../host/file-names.ts';
import { isAtOrBelow, isBelow } from '../host/paths.ts';
import type { Baseline } from './baseline.ts';
import { defuse, removePipe, type Hazard } from './defuse.ts';
import { disarmRepository, moveOut, rebuild, restoreLink, type Disarmed } from './disarm.ts';
import { placesOf, worktreesAt } from './elsewhere.ts';
import { gitFileTarget, leadsInto } from './git/directory.ts';
import { clearSetId, isHuge, kindOf } from './git/files.ts';
import { offencesIn } from './git/judge.ts';
import { hashBytesOf } from './git/index-file.ts';
import { checkObjects, strangersIn } from './git/objects.ts';
import { identify } from './git/own-repository.ts';
import { modulesOf } from './git/private.ts';
import { returnDirectory, type Kept } from './git/return.ts';
import type { Guarded } from './guarded.ts';
import { type Change, changesBetween, snapshot } from './protected-paths.ts';
import { keyOf, pathsOf, survey, type Finding, type FindingKind } from './survey.ts';
import { firstOnWay, wayTo } from './way.ts';

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
    ...links.closed.map(({ path, target = '' }) => moveOut(path, [`a link to ${target}`])),
  ];
  const swept = sweep(disarmed, found.findings, baseline, performance.now() + limitMs / 4);
  const pipes = pathsOf(found.findings, 'pipe').map((path) => ({ path, isRemoved: succeeds(removePipe, path) }));
  const prints = snapshot(workspace, protectPaths, baseline.snapshot);
  const stores = checkStores(baseline, performance.now() + limitMs / 2, kept);
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
    changes: changesBetween(baseline.snapshot, prints),
    links: links.reported.map(({ path, target = '' }) => `${shown(path)} -> ${printable(target)}`),
    setIdFiles: setIds.map((one) => ({ ...one, path: shown(one.path) })),
    shut: pathsOf(found.findings, 'shut').map(shown),
    readOnly: pathsOf(found.findings, 'read-only').map(shown),
    pipes: pipes.map((one) => ({ ...one, path: shown(one.path) })),
    left: found.left + pathsOf(found.findings, 'flooded').length + swept.left + stores.left,
  };
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
  { failed }: Kept,
): { readonly left: number; readonly setIds: readonly string[] } {
  const places = repositories.filter(({ kind }) => kind === 'repository').flatMap(({ host, own }) => [host, own]);
  const setIds: string[] = [];
  let left = 0;
  for (const host of new Set(places.flatMap((one) => [one, ...modulesOf(one)]))) {
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

/**
 * Makes harmless what nobody has searched: what was moved aside as a whole, new git directories, and the workspace itself if
 * there is too much in it.
 *
 * @returns the number of directories of which something is left, and what lent its owner's rights
 */
function sweep(
  disarmed: readonly Disarmed[],
  findings: readonly Finding[],
  baseline: Baseline,
  end: number,
): { readonly left: number; readonly setIds: readonly string[] } {
  const known = new Set(baseline.findings);
  const standing = standingOf(baseline);
  const top = fromText(baseline.workspace);
  const aside = disarmed.flatMap(({ path, movedTo }) => (movedTo === undefined ? [] : [{ path, now: movedTo }]));
  const inGit = pathsOf(findings, 'git-directory').map((path) => ({ path, now: path }));
  const places = [...aside, ...inGit].filter(({ now }) => kindOf(now) === 'directory');
  const isFull = pathsOf(findings, 'flooded').includes(top) || isHuge(top);
  const results = [...places, ...(isFull ? [{ path: top, now: top }] : [])].map(({ path, now }) => {
    const isHazard = (file: string, hazard: Hazard): boolean => {
      const before = `${path}${file.slice(now.length)}`;
      if (hazard !== 'link') return !known.has(keyOf({ kind: hazard, path: before }));
      const target = wayTo(file).end;
      return standing(target) === 'closed' && !known.has(keyOf({ kind: 'link-out', path: before, target }));
    };
    return defuse(now, isHazard, end, now !== top);
  });
  return {
    left: results.filter(({ isWhole }) => !isWhole).length,
    setIds: results.flatMap((result) => result.setIds),
  };
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
    if (kindOf(path) !== 'directory') continue;
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
  const { workspace, absent, named, repositories, since } = baseline;
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
    ...repositories.flatMap(({ host }) => strangersIn(host, since)).map(({ path, what }) => moveOut(path, [what])),
  ];
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

/**
 * Tells what a link leads to: what the sandbox sees anyway, so that nobody can learn anything by the link; what no link may
 * lead to; or anything else. Of the places that it leads into, the innermost decides.
 */
function standingOf({ visible, closed }: Baseline): (target: string) => 'visible' | 'closed' | 'other' {
  const [open, shut] = [visible.map(fromText), closed.map(fromText)];
  const depth = (target: string, places: readonly string[]): number =>
    places.reduce((deepest, place) => (isAtOrBelow(target, place) ? Math.max(deepest, place.length) : deepest), 0);
  return (target) => {
    const [openDepth, shutDepth] = [depth(target, open), depth(target, shut)];
    return shutDepth > openDepth ? 'closed' : openDepth + shutDepth === 0 ? 'other' : 'visible';
  };
}

/** The new links out of the workspace. */
function newLinks(
  findings: readonly Finding[],
  baseline: Baseline,
): { readonly closed: readonly Finding[]; readonly reported: readonly Finding[] } {
  const standing = standingOf(baseline);
  const links = findings.filter(({ kind }) => kind === 'link-out');
  return {
    closed: links.filter(({ target = '' }) => standing(target) === 'closed'),
    reported: links.filter(({ target = '' }) => standing(target) === 'other'),
  };
}

function succeeds(work: (path: string) => void, path: string): boolean {
  try {
    work(path);
    return true;
  } catch {
    return false;
  }
}
