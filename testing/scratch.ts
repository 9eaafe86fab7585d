/** Things that take long to fetch or build. They are made once per machine, below `.scratch/`. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './root.ts';

const SCRATCH = join(ROOT, '.scratch');

/** Milliseconds to fetch or build one thing. Some have hundreds of megabytes, and networks can be slow. */
export const FETCH_LIMIT = 600_000;

/** Twelve hexadecimal digits that distinguish contents. */
export const digestOf = (...contents: readonly (string | Buffer)[]): string =>
  contents
    .reduce((hash, content) => hash.update(content), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);

/** Runs a program for the test itself. @throws Error with its standard error */
export async function fetchWith(
  [file = '', ...args]: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  await promisify(execFile)(file, args, { timeout: FETCH_LIMIT, ...options });
}

/**
 * Makes a directory unless it exists.
 *
 * @param name a relative path; different contents need different names
 * @param make fills the new directory; its contents have to survive a move
 * @returns its path
 */
export async function madeOnce(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(SCRATCH, name);
  if (existsSync(directory)) return directory;
  mkdirSync(dirname(directory), { recursive: true });
  const making = mkdtempSync(join(SCRATCH, 'making-'));
  try {
    await make(making);
    chmodSync(making, 0o755);
    // A rename is atomic: another test process may make the same directory, and an interrupted one must leave nothing.
    renameSync(making, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return directory;
}

/**
 * Installs the npm packages of a folder's lock file. It pins transitive packages too, so the versions do not depend on
 * the day.
 *
 * @param scripts whether the packages' install scripts run
 * @returns the directory that contains `node_modules`
 */
export function installLocked(folder: string, { scripts = false } = {}): Promise<string> {
  const files = ['package.json', 'package-lock.json'];
  const digest = digestOf(...files.map((file) => readFileSync(join(folder, file))));
  return madeOnce(join('npm', `${basename(folder)}-${digest}`), async (directory) => {
    for (const file of files) copyFileSync(join(folder, file), join(directory, file));
    const options = ['--no-audit', '--no-fund', '--loglevel=error', ...(scripts ? [] : ['--ignore-scripts'])];
    await fetchWith(['npm', 'ci', ...options], { cwd: directory });
  });
}
