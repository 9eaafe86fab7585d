import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path/posix';
import { bytes } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import { kindOf, type Kind } from './git/files.ts';

/** Where a path leads. Paths have one character for each byte. */
export interface Way {
  /** Without links. It need not exist. */
  readonly end: string;
  /** The links on the way, in the order in which they are met. */
  readonly links: readonly string[];
}

/** The kernel gives up at as many. */
const MAX_LINKS = 40;

/**
 * Follows an absolute path as the kernel does: `..` after a link goes up from where that leads.
 *
 * @param top a directory that is known to be without links, where the path may start
 */
export function wayTo(path: string, top = '/'): Way {
  const links: string[] = [];
  const start = isBelow(path, top) ? top : '/';
  const rest = path.slice(start.length).split('/').reverse();
  let end = start;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (name === '' || name === '.') continue;
    const next = join(end, name);
    const target = links.length < MAX_LINKS ? targetOf(next) : undefined;
    if (target === undefined) {
      end = next;
      continue;
    }
    links.push(next);
    if (target.startsWith('/')) end = '/';
    rest.push(...target.split('/').reverse());
  }
  return { end, links };
}

function targetOf(path: string): string | undefined {
  try {
    const isLink = lstatSync(bytes(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? readlinkSync(bytes(path), 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a program would follow that looks for a path: the first link on the way, or what is there in the end. Links are not
 * followed, because one could lead anywhere.
 *
 * @param top a directory, without links
 * @returns undefined if there is nothing
 */
export function firstOnWay(top: string, path: string): string | undefined {
  if (!isBelow(path, top)) return undefined;
  let at = top;
  for (const name of path.slice(top.length + 1).split('/')) {
    at = join(at, name);
    const kind = kindAt(at);
    if (kind === 'link' || (at === path && kind !== undefined)) return at;
    if (kind !== 'directory') return undefined;
  }
  return undefined;
}

/** Like {@link kindOf}. Nothing is at a path that cannot be looked at, such as one with a name that is too long. */
export function kindAt(path: string): Kind | undefined {
  try {
    return kindOf(path);
  } catch {
    return undefined;
  }
}
