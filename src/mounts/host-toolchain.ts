import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { HOME_ROWS, SYSTEM_ROWS, type Row } from './toolchain-rows.ts';

/**
 * The host's toolchain as read-only mounts, as far as the host has it. Links are resolved here, so that the engine
 * mounts their targets at the paths that programs know.
 *
 * @param home the caller's home directory; the private home has the same path
 * @param toolCache the value of `RUNNER_TOOL_CACHE`, which may be outside the system directories
 */
export function hostToolchain(home: string, toolCache: string | undefined): MountSpec[] {
  const homeRows = HOME_ROWS.map((row) => ({ ...row, path: join(home, row.path) }));
  const paths = [...SYSTEM_ROWS, ...homeRows].flatMap(present);
  if (toolCache !== undefined && toolCache !== '' && existsSync(toolCache)) paths.push(toolCache);
  return paths
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)))
    .map((path) => ({ kind: 'bind', source: realpathSync(path), target: path, writable: false }));
}

/** The paths that match a row and exist on the host. @param row a row with an absolute path */
export function present({ path, except = {} }: Row): string[] {
  let found = ['/'];
  for (const name of path.split('/').filter((part) => part !== '')) {
    found = found.flatMap((directory) => {
      if (!name.includes('*')) return [join(directory, name)];
      return entriesOf(directory)
        .filter((entry) => isLike(entry, name) && !Object.keys(except).some((other) => isLike(entry, other)))
        .map((entry) => join(directory, entry));
    });
  }
  return found.filter((candidate) => existsSync(candidate));
}

/** @param pattern with one `*` at most, which stands for anything */
function isLike(name: string, pattern: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return name === pattern;
  return name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
}

/** The names in a directory, sorted. Empty if it does not exist, or the caller may not read it. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
