import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
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
  const cache = toolCache !== undefined && toolCache !== '' && existsSync(toolCache) ? [toolCache] : [];
  // The tool cache gets a mount of its own: where it is among the runner's files, these are hidden.
  return [...paths.filter((path, _, all) => !all.some((other) => isBelow(path, other))), ...cache]
    .filter((path, index, all) => all.indexOf(path) === index)
    .map((path) => ({ kind: 'bind', source: realpathSync(path), target: path, writable: false }));
}

/** The paths that match a row and exist on the host. @param row a row with an absolute path */
export function present({ path, except = {} }: Row): string[] {
  let found = ['/'];
  const isExcepted = nameMatcher(Object.keys(except));
  for (const name of path.split('/').filter((part) => part !== '')) {
    const isMeant = nameMatcher([name]);
    found = found.flatMap((directory) => {
      if (!name.includes('*')) return [join(directory, name)];
      return entriesOf(directory)
        .filter((entry) => isMeant(entry) && !isExcepted(entry))
        .map((entry) => join(directory, entry));
    });
  }
  return found.filter((candidate) => existsSync(candidate));
}

/** The names in a directory, sorted. Empty if it does not exist, or the caller may not read it. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
