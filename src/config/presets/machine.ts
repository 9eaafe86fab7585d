import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isBelow, isInside } from '../../host/paths.ts';
import { nonEmpty } from '../../host/variables.ts';

/** Where tools find their settings. */
export interface Machine {
  readonly environment: NodeJS.ProcessEnv;
  /** An absolute path, which starts at `root`. */
  readonly home: string;
  /**
   * Nothing is read from here: the repository's own settings are its authors', and a hijacked pull request could name a
   * server of the attacker's. It starts at `root` too.
   */
  readonly workspace: string;
  /** The root of the file system: `/`, except in tests. */
  readonly root: string;
}

/** An address that a tool is set to. */
export interface Setting {
  /** May have a password; only its scheme, host and port are ever shown. */
  readonly url: string;
  /** What says so, for the log: `~/.npmrc`, `GOPROXY`. */
  readonly from: string;
  /** The hosts below the address's own are meant, instead of that one. */
  readonly isBelow?: boolean;
}

/** What a tool's settings and installed defaults say. */
export interface ToolSettings {
  readonly settings: readonly Setting[];
  /** What they do not say, as a sentence. The user has to name it. */
  readonly gap?: string;
}

export type Tool = (machine: Machine) => ToolSettings;

/** Bytes. Settings are far smaller, and so is the program of Yarn, in one file. */
const MAX_TEXT = 16 * 1024 * 1024;
/** Bytes. cargo has tens of megabytes. */
const MAX_FILE = 512 * 1024 * 1024;

/** A variable's value. Tools take an empty one as not set, and so does the XDG Base Directory Specification. */
export function variableOf({ environment }: Machine, name: string): string | undefined {
  return nonEmpty(environment, name);
}

/** `$XDG_CONFIG_HOME`, where most tools keep the user's settings. */
export const configHome = (machine: Machine): string =>
  variableOf(machine, 'XDG_CONFIG_HOME') ?? join(machine.home, '.config');

/** `$XDG_CONFIG_DIRS`, with everybody's settings; the strongest one first. */
export const configDirectories = (machine: Machine): string[] =>
  (variableOf(machine, 'XDG_CONFIG_DIRS') ?? '/etc/xdg').split(':');

/** The text of a file, without a byte order mark; undefined if it cannot be read, or belongs to the workspace. */
export function textOf(machine: Machine, path: string): string | undefined {
  return bytesOf(machine, path, MAX_TEXT)
    ?.toString('utf8')
    .replace(/^\uFEFF/, '');
}

/**
 * Like {@link textOf}. A file that is larger than `limit` is none of a tool's, and a pipe or a device might never end.
 * What a relative path means depends on where the tool runs, and that is the workspace.
 */
export function bytesOf(machine: Machine, path: string, limit = MAX_FILE): Buffer | undefined {
  const file = join(machine.root, path);
  if (!isAbsolute(path)) return undefined;
  if (machine.workspace !== '/' && isInside(file, join(machine.root, machine.workspace))) return undefined;
  try {
    const status = statSync(file);
    return status.isFile() && status.size <= limit ? readFileSync(file) : undefined;
  } catch {
    return undefined; // It is not there, or not for this user.
  }
}

/** The names in a directory, sorted; none if it cannot be read. */
export function namesIn(machine: Machine, path: string): string[] {
  try {
    return readdirSync(join(machine.root, path)).sort();
  } catch {
    return [];
  }
}

/** The directories of `PATH`, without those of the workspace. */
export function programDirectories({ environment, workspace }: Machine): string[] {
  const paths = (environment['PATH'] ?? '').split(':').filter((path) => isAbsolute(path));
  return [...new Set(paths)].filter((path) => path !== workspace && !isBelow(path, workspace));
}

/** The directories that have a program of this name, with links resolved. */
export function homesOfProgram(machine: Machine, name: string): string[] {
  const found = programDirectories(machine).flatMap((directory) => {
    const path = realPath(machine, join(directory, name));
    return path === undefined ? [] : [dirname(path)];
  });
  return [...new Set(found)];
}

/** @returns a path that starts at the root of the machine; undefined if there is nothing */
function realPath({ root }: Machine, path: string): string | undefined {
  try {
    const [real, top] = [realpathSync(join(root, path)), realpathSync(root)];
    return top === '/' ? real : real.replace(top, '');
  } catch {
    return undefined;
  }
}

/** A path as people write it. */
export function shownPath({ home }: Machine, path: string): string {
  return isBelow(path, home) ? `~${path.slice(home === '/' ? 0 : home.length)}` : path;
}
