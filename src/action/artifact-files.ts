import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describeError } from '../errors.ts';
import { AFTERMATH_FILE, SUMMARY_FILE, TIMINGS_FILE, type LogDirectories } from '../host/log-directories.ts';
import { POLICY_FILE } from '../report/egress.ts';
import { USAGE_FILE } from '../report/usage.ts';

/** What the artifact has: files, and the directory that their names in the artifact start at. */
export interface ArtifactFiles {
  readonly root: string;
  readonly files: readonly string[];
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * A directory's name in the artifact, and those of its files that stand at the top instead. Only what AWF itself writes stands
 * there: what a sidecar writes stays in a directory with its name.
 */
const LAYOUT: Readonly<Record<keyof LogDirectories, { readonly folder: string; readonly atTop: readonly string[] }>> = {
  squid: { folder: 'squid', atTop: [POLICY_FILE, SUMMARY_FILE, TIMINGS_FILE, AFTERMATH_FILE] },
  apiProxy: { folder: 'api-proxy', atTop: [USAGE_FILE] },
  agent: { folder: 'agent-logs', atTop: [] },
};

/** Names of files that a warning lists. */
const MAX_NAMED = 5;

/**
 * Arranges the logs for the artifact: a directory of their own with a second name for each file, which takes no room. Without
 * room for even that, the logs are uploaded under the names that they have on the runner.
 *
 * The sidecars' user can write to two of the directories, so only regular files with one name are taken: no link is followed,
 * symbolic or hard, wherever it came from. It is judged by its new name, where nobody else can put something in its place.
 *
 * @param staging is created, in a directory that belongs to the caller alone
 */
export function artifactFiles(logs: LogDirectories, staging: string): ArtifactFiles {
  const failed: string[] = [];
  let reason: unknown;
  const fail = (name: string, error: unknown): void => {
    failed.push(name);
    reason ??= error;
  };
  const found = Object.entries(LAYOUT).flatMap(([key, { folder, atTop }]) => {
    const directory = logs[key as keyof LogDirectories];
    const nameOf = (path: string): string => join(folder, relative(directory, path));
    return logFiles(directory, (path, error) => {
      fail(nameOf(path), error);
    }).map((source) => {
      const name = relative(directory, source);
      return { source, name: atTop.includes(name) ? name : nameOf(source) };
    });
  });
  const files = found.flatMap(({ source, name }) => {
    const target = join(staging, name);
    try {
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      return giveName(source, target) ? [target] : [];
    } catch (error) {
      fail(name, error);
      return [];
    }
  });
  if (failed.length === 0) return { root: staging, files, warnings: [] };
  if (files.length > 0 || found.length === 0) {
    return { root: staging, files, warnings: [leftOutText(failed, reason)] };
  }
  const warning = `The logs have their names on the runner in the artifact: ${describeError(reason)}`;
  return { root: dirname(logs.squid), files: found.map(({ source }) => source), warnings: [warning] };
}

function leftOutText(names: readonly string[], reason: unknown): string {
  const rest = names.length - MAX_NAMED;
  const named = names.slice(0, MAX_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return `The artifact is missing ${named}: ${describeError(reason)}`;
}

/** @returns false if the file is not what it was, or no longer there */
function giveName(source: string, target: string): boolean {
  try {
    // No link is followed: link(2) makes another name for the link itself.
    linkSync(source, target);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (!WITHOUT_LINKS.includes(code)) throw error;
    return copy(source, target);
  }
  const entry = lstatSync(target);
  if (entry.isFile() && entry.nlink === 2) {
    // One file that cannot be read would fail the upload of all.
    accessSync(target, constants.R_OK);
    return true;
  }
  rmSync(target);
  return false;
}

/** What the system says where it makes no hard links: for this file, or on this file system. */
const WITHOUT_LINKS = ['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Copies the very file that was judged: what stands at its name may change in between. */
function copy(source: string, target: string): boolean {
  const file = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const entry = fstatSync(file);
    if (!entry.isFile() || entry.nlink !== 1) return false;
    copyFileSync(`/proc/self/fd/${file}`, target, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Regular files with one name, below a directory that is none of a link's.
 *
 * @param onFailure gets each directory that cannot be read
 */
function logFiles(directory: string, onFailure: (path: string, error: unknown) => void): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  try {
    return readdirSync(directory).flatMap((name) => {
      const path = join(directory, name);
      const entry = lstatSync(path, { throwIfNoEntry: false });
      if (entry?.isDirectory() === true) return logFiles(path, onFailure);
      return entry?.isFile() === true && entry.nlink === 1 ? [path] : [];
    });
  } catch (error) {
    onFailure(directory, error);
    return [];
  }
}
