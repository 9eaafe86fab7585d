import { unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes, flattenLink } from '../host/file-names.ts';
import { clearSetId, lendsRights, unlock } from './git/files.ts';
import { streamedEntriesOf, type Entry } from './listing.ts';

/** What harms a program that takes everything there is, under whatever name: an upload, a copy, an archive. */
export type Hazard = 'link' | 'pipe' | 'set-id';

/** What became of a directory. */
export interface Defused {
  /** False if there was no time for all of it, or some of it could not be looked at. */
  readonly isWhole: boolean;
  /** The first files that no longer lend their owner's or group's rights. */
  readonly setIds: readonly string[];
}

/** Directories that wait for their turn. More of them may be meant to exhaust us. */
const MAX_PENDING = 100_000;
const MAX_REPORTED = 100;

/**
 * Makes harmless what is in a directory that nobody has searched, without having its entries in memory: one that was moved
 * aside as a whole, or a git directory, of which only the data has been judged.
 *
 * @param isHazard tells whether a link, a pipe or a file that lends rights is new, and leads where it must not
 * @param end when to give up, by the clock of `performance.now`
 * @param isDeep false for what is directly in the directory
 */
export function defuse(
  top: string,
  isHazard: (path: string, hazard: Hazard) => boolean,
  end: number,
  isDeep = true,
): Defused {
  const pending = [top];
  const setIds: string[] = [];
  let isWhole = true;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    try {
      unlock(path, 0o700);
      for (const entry of streamedEntriesOf(path)) {
        if (performance.now() > end || pending.length > MAX_PENDING) return { isWhole: false, setIds };
        const file = join(path, entry.name);
        if (entry.kind === 'directory' && isDeep) pending.push(file);
        const hazard = hazardOf(file, entry);
        if (hazard === undefined || !isHazard(file, hazard)) continue;
        if (hazard === 'link') flattenLink(file);
        else if (hazard === 'pipe') removePipe(file);
        else clearSetId(file);
        if (hazard === 'set-id' && setIds.length < MAX_REPORTED) setIds.push(file);
      }
    } catch {
      isWhole = false;
    }
  }
  return { isWhole, setIds };
}

function hazardOf(path: string, { kind }: Entry): Hazard | undefined {
  if (kind === 'link' || kind === 'pipe') return kind;
  return kind === 'file' && lendsRights(path) ? 'set-id' : undefined;
}

/** A pipe has no content that could be lost. */
export function removePipe(path: string): void {
  unlock(dirname(path), 0o700);
  unlinkSync(bytes(path));
}
