import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
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
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)))
    .map((path) => ({ kind: 'bind', source: realpathSync(path), target: path, writable: false }));
}

/** What the host has of a row. @param row with an absolute path */
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

/** In a fixed order; none where there is no such directory, or the caller may not read it. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
