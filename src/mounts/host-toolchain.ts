import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { HOME, SYSTEM, type Row } from './toolchain-rows.ts';

/**
 * The host's toolchain as read-only mounts; what a host does not have is left out. Links are followed here, so that the
 * engine mounts what they lead to, at the path that programs know.
 *
 * @param home the caller's home directory, whose place the private one takes
 * @param toolCache `RUNNER_TOOL_CACHE`, where it is outside the system directories
 */
export function hostToolchain(home: string, toolCache: string | undefined): MountSpec[] {
  const paths = [...SYSTEM.flatMap(present), ...HOME.flatMap((row) => present({ ...row, path: join(home, row.path) }))];
  if (toolCache !== undefined && toolCache !== '' && existsSync(toolCache)) paths.push(toolCache);
  return paths
    .filter((path, _, all) => !all.some((other) => isBelow(path, other)))
    .map((path) => ({ kind: 'bind', source: realpathSync(path), target: path, writable: false }));
}

/** What the host has of a row. @param row with an absolute path */
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

/** In a fixed order; none where there is no such directory, or the caller may not read it. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
