import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow, isInside, realPath } from '../host/paths.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { words } from '../shared/words.ts';
import { HOME_ROWS, SYSTEM_ROWS, type Row } from './toolchain-rows.ts';
import { FORBIDDEN } from './user-mounts.ts';

/**
 * The host's toolchain as read-only mounts, as far as the host has it. Links are resolved here, so that the engine
 * mounts their targets at the paths that programs know.
 *
 * @param home the caller's home directory; the private home has the same path
 * @param environment the caller's: where the tool cache is, and where setup actions have put programs
 * @param workspace which the command may write, programs included
 */
export function hostToolchain(home: string, environment: NodeJS.ProcessEnv, workspace?: string): MountSpec[] {
  const toolCache = environment['RUNNER_TOOL_CACHE'] ?? '';
  const homeRows = HOME_ROWS.map((row) => ({ ...row, path: join(home, row.path) }));
  const prefixes = npmPrefixes(home, environment).filter(
    (path) => workspace === undefined || !isInside(path, workspace),
  );
  const paths = [...[...SYSTEM_ROWS, ...homeRows].flatMap(present), ...prefixes];
  // These get mounts of their own: where they are among the runner's files, those are hidden.
  const own = [toolCache, ...downloadedPrograms(environment)].filter((path) => isForTools(path, home));
  return [...paths.filter((path, _, all) => ![...all, ...own].some((other) => isBelow(path, other))), ...own]
    .filter((path, index, all) => all.indexOf(path) === index)
    .flatMap((path) => {
      const source = realPath(path);
      return source === undefined ? [] : [{ kind: 'bind' as const, source, target: path, writable: false }];
    });
}

/** Directories that have tools in them at most. */
const NEVER_WHOLE = words('/etc /home /root /tmp');

/** A variable may name any place, such as the home, and would open it as a whole. */
function isForTools(path: string, home: string): boolean {
  if (!isAbsolute(path) || !existsSync(path)) return false;
  return (
    ![...NEVER_WHOLE, home].some((directory) => isInside(directory, path)) &&
    !FORBIDDEN.some((directory) => isInside(path, directory.path) || isInside(directory.path, path))
  );
}

/** The directories of `PATH` that exist and have something in them. */
export function programDirectories({ PATH = '' }: NodeJS.ProcessEnv): string[] {
  return [...new Set(PATH.split(':'))].filter((path) => path.startsWith('/') && entriesOf(path).length > 0);
}

/**
 * Where `npm install --global` puts programs: users choose the place (`~/.npm-global`, as npm's documentation has it), and
 * a Node.js that somebody has unpacked in the home is one as well. Only what `PATH` names counts, and nothing else of it:
 * its `etc/npmrc` may have a token.
 */
function npmPrefixes(home: string, environment: NodeJS.ProcessEnv): string[] {
  return programDirectories(environment)
    .filter((path) => basename(path) === 'bin' && isBelow(path, home))
    .map((path) => [path, join(dirname(path), 'lib/node_modules')])
    .flatMap((paths) => (paths.every((path) => existsSync(path)) ? paths : []));
}

/** Setup actions such as Terraform's unpack a program in a directory of `RUNNER_TEMP` and add that to `PATH`. */
function downloadedPrograms(environment: NodeJS.ProcessEnv): string[] {
  const temporary = environment['RUNNER_TEMP'] ?? '';
  if (temporary === '') return [];
  return programDirectories(environment).filter((path) => isBelow(path, temporary) && realPath(path) === path);
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
