import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory with its parents, unless it exists. `recursive` of Node 24 tries again without end where the kernel
 * knows no such directory however often its parents are made: below /proc, or in a place that automount manages.
 *
 * @throws Error of the file system, saying what cannot be made
 */
export function makeDirectory(path: string, mode = 0o777): void {
  if (made(path, mode)) return;
  makeDirectory(dirname(path), mode);
  mkdirSync(path, { mode });
}

/** @returns false if a parent is missing */
function made(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
