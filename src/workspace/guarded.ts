import { isAtOrBelow, isBelow } from '../host/paths.ts';
import { kindAt, wayTo } from './way.ts';

/** A path that the command must not change. It has one character for each byte, and nothing need be there. */
export interface Guarded {
  readonly path: string;
  /** True if a directory at this place counts as well as a file. */
  readonly isDirectory: boolean;
  /** What it is if it appears, for messages: a later program would follow it. Undefined if it may appear. */
  readonly what: string | undefined;
  /** What the user can leave writable: what links in it lead to, or all of it. Undefined for nothing. */
  readonly yields?: 'links' | 'all';
}

/** How to guard some paths. Paths have one character for each byte, and are below the workspace. */
export interface Protection {
  /** What is there, without links: it must be read-only. */
  readonly readOnly: readonly string[];
  /** The links on the way there. Nothing can be mounted over a link, so it must lead afterwards where it led. */
  readonly links: readonly string[];
  /** What must not be there afterwards. */
  readonly absent: readonly Guarded[];
}

const LINKED = 'what a link in a read-only path leads to';

/**
 * Guards paths, and what links below them lead to: a later program reads that as if it were there. Links in `node_modules`
 * are left alone, because a program looks for packages in each directory above it as well, and because they lead to the
 * sources of a workspace's own packages.
 *
 * @param workspace without links
 * @param links the links that are known
 * @param writable what the user leaves writable
 */
export function protectionOf(
  paths: readonly Guarded[],
  workspace: string,
  links: readonly string[] = [],
  writable: readonly string[] = [],
): Protection {
  const [readOnly, onWay, absent] = [new Set<string>(), new Set<string>(), new Map<string, Guarded>()];
  const sorted = [...links].sort();
  const followed = new Set<string>();
  const pending = [...paths];
  for (const guarded of pending) {
    const { end, links: met } = wayTo(guarded.path, workspace);
    if (guarded.yields === 'all' && writable.some((path) => isAtOrBelow(end, path))) continue;
    const isInside = isBelow(end, workspace);
    const kind = kindAt(end);
    const isDirectory = kind === 'directory' && guarded.isDirectory;
    const isReadOnly = isInside && (kind === 'file' || isDirectory);
    const isAbsent = isInside && kind === undefined && guarded.what !== undefined;
    if (isReadOnly) readOnly.add(end);
    if (isAbsent) absent.set(end, { ...guarded, path: end });
    if (isReadOnly || isAbsent || (!isInside && guarded.what !== undefined)) {
      for (const link of met) if (isBelow(link, workspace)) onWay.add(link);
    }
    // The workspace as a whole belongs to the command.
    if (!isDirectory || isAtOrBelow(workspace, end)) continue;
    const isStrict = guarded.yields === undefined;
    for (const path of pathsBelow(end, sorted)) {
      const key = `${isStrict} ${path}`;
      if (followed.has(key) || /\/node_modules(\/|$)/.test(path.slice(end.length))) continue;
      followed.add(key);
      pending.push({ path, isDirectory: true, what: LINKED, ...(isStrict ? {} : { yields: 'all' }) });
    }
  }
  return { readOnly: [...readOnly], links: [...onWay], absent: [...absent.values()] };
}

/** Those below a directory, of a sorted list. */
function pathsBelow(directory: string, sorted: readonly string[]): readonly string[] {
  const [first, end] = [`${directory}/`, `${directory}0`].map((path) => firstFrom(path, sorted)); // '0' follows '/'.
  return sorted.slice(first, end);
}

/** The index of the first that does not sort before a path. */
function firstFrom(path: string, sorted: readonly string[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < path) low = middle + 1;
    else high = middle;
  }
  return low;
}
