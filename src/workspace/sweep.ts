import { fromText } from '../host/file-names.ts';
import { isAtOrBelow } from '../host/paths.ts';
import type { Baseline } from './baseline.ts';
import { defuse, type Hazard } from './defuse.ts';
import type { Disarmed } from './disarm.ts';
import { isHuge } from './git/files.ts';
import { keyOf, pathsOf, type Finding } from './survey.ts';
import { kindAt, wayTo } from './way.ts';

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
export function newLinks(
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

/**
 * Makes harmless what nobody has searched: what was moved aside as a whole, new git directories, and the workspace itself if
 * there is too much in it.
 *
 * @returns the number of directories of which something is left, and what lent its owner's rights
 */
export function sweep(
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
  const places = [...aside, ...inGit].filter(({ now }) => kindAt(now) === 'directory');
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
