import { closeSync, constants, lstatSync, openSync, statfsSync, utimesSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { bytes, printable } from '../host/file-names.ts';
import { copyFile } from './git/files.ts';

/** More takes longer than anybody wants to wait. */
const MAX_FILES = 200_000;
const MAX_BYTES = 4 * 1024 ** 3;

/**
 * Gives each of these files a content of its own. They have further names, mostly outside the workspace: package managers
 * link what they install to their caches, and the command would change those too, for later runs of other branches.
 *
 * @param shared absolute paths, with one character for each byte
 * @throws UserError if there are too many, or there is no room for them
 */
export function breakHardLinks(shared: readonly string[]): void {
  const files = shared.filter(mayChange);
  const sizes = files.map((file) => lstatSync(bytes(file)).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [first] = files;
  if (first === undefined) return;
  const { bavail, bsize } = statfsSync(bytes(first));
  if (files.length > MAX_FILES || total > MAX_BYTES || total > bavail * bsize) {
    const size = `${files.length} files with ${Math.ceil(total / 2 ** 20)} MB`;
    throw new UserError(
      `The workspace shares ${size} with places outside it (hard links, such as ${printable(first)}), ` +
        'and they are too many to copy.',
      {
        hint: 'Install packages with copies instead of hard links: UV_LINK_MODE=copy, pnpm --package-import-method=copy, bun --backend=copyfile.',
      },
    );
  }
  for (const file of files) {
    const stats = lstatSync(bytes(file));
    copyFile(file, file, stats);
    // Build tools compare times.
    utimesSync(bytes(file), stats.atime, stats.mtime);
  }
}

/** False for another user's file that is closed to this one: it is closed to the command as well, and cannot be copied. */
function mayChange(file: string): boolean {
  const user = process.geteuid?.();
  if (user === 0 || lstatSync(bytes(file)).uid === user) return true;
  try {
    closeSync(openSync(bytes(file), constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
