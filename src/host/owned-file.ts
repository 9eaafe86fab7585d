import { constants, fchmodSync, fchownSync, openSync } from 'node:fs';
import type { UserIds } from './user.ts';

/**
 * Creates a file that is the command's to write. It stays open, so that the very file that was mounted is read back,
 * whatever happens to its name or mode.
 *
 * @param owner the user of the command
 * @returns the descriptor
 */
export function createOwned(path: string, { uid, gid }: UserIds): number {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  // The mode must not depend on the caller's umask.
  fchmodSync(file, 0o600);
  if (process.getuid?.() === 0) fchownSync(file, uid, gid);
  return file;
}
