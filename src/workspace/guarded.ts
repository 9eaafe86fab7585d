import { isBelow } from '../host/paths.ts';
import { kindAt, wayTo } from './way.ts';

/** A path that the command must not change. It has one character for each byte, and nothing need be there. */
export interface Guarded {
  readonly path: string;
  /** True if a directory at this place counts as well as a file. */
  readonly isDirectory: boolean;
  /** What it is if it appears, for messages: a later program would follow it. Undefined if it may appear. */
  readonly what: string | undefined;
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

/** @param workspace without links */
export function protectionOf(paths: readonly Guarded[], workspace: string): Protection {
  const [readOnly, links, absent]: [string[], string[], Guarded[]] = [[], [], []];
  for (const guarded of paths) {
    const way = wayTo(guarded.path);
    const isInside = isBelow(way.end, workspace);
    const kind = isInside ? kindAt(way.end) : undefined;
    if (kind === 'file' || (kind === 'directory' && guarded.isDirectory)) readOnly.push(way.end);
    else if (kind !== undefined || guarded.what === undefined) continue;
    else if (isInside) absent.push({ ...guarded, path: way.end });
    links.push(...way.links.filter((link) => isBelow(link, workspace)));
  }
  return { readOnly, links, absent };
}
