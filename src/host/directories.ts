import { mkdirSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';

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

/** For a directory for temporary files in which `path` cannot be made. */
export function noTemporary(path: string, cause: unknown): UserError {
  return new UserError(`The directory for temporary files cannot be used: ${path} cannot be created.`, {
    hint: 'Point RUNNER_TEMP (on the command line TMPDIR) to a directory that exists and that you may write to.',
    cause,
  });
}

/**
 * Makes a directory with a name that nobody has, mode 0700.
 *
 * @throws UserError naming the variables that decide about the place
 */
export function makeTemporary(temporary: string, prefix: string): string {
  const start = join(temporary, prefix);
  try {
    return mkdtempSync(start);
  } catch (cause) {
    throw noTemporary(`${start}...`, cause);
  }
}
