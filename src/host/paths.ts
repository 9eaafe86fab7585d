import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { nonEmpty } from './variables.ts';

/**
 * The directory for the files that a run generates. Its name follows from the run's id, so that the post step finds it
 * even if the run was killed.
 *
 * @param temporary the runner's temporary directory
 */
export function workDirectoryOf(runId: string, temporary: string): string {
  return join(temporary, `awf-${runId}`);
}

/** The id of the run whose work directory has the name `name`; undefined for other names. */
export function runIdOf(name: string): string | undefined {
  return /^awf-([0-9a-f]{8})$/.exec(name)?.[1];
}

/** The directory for temporary files in a workflow's step. The post step finds the main step's files there. */
export function stepTemporaryDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return nonEmpty(environment, 'RUNNER_TEMP') ?? tmpdir();
}

/** True if `path` lies below `directory`. Both are absolute and normal; they are compared as text, links unresolved. */
export function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Like {@link isBelow}, but also true for the directory itself. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}

/** Like {@link isAtOrBelow}, for any number of directories. The path is absolute. */
export function isAtOrBelowAny(path: string, directories: ReadonlySet<string>): boolean {
  for (let at = path; at !== '/'; at = dirname(at)) if (directories.has(at)) return true;
  return directories.has('/');
}

/** True if `path` is `directory` or below it, with links resolved. `path` need not exist yet. */
export function isInside(path: string, directory: string): boolean {
  const real = resolved(path);
  const parent = resolved(directory);
  return real === parent || isBelow(real, parent);
}

/** The path with those links resolved that are there: it need not exist to its end. */
export function resolved(path: string): string {
  const real = realPath(path);
  if (real !== undefined) return real;
  const parent = dirname(path);
  return parent === path ? path : join(resolved(parent), basename(path));
}

/** The path without links. Undefined if it is not there, or no longer: what a host lists may be gone at the next look. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The paths, and where they are if links lead there: the home may be on another disk. */
export function withReal(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => [path, realPath(path) ?? path]))];
}
