import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { isInside } from './paths.ts';

/** Where a run's logs are on the host. They stay when the run is over. */
export interface LogDirectories {
  readonly squid: string;
  readonly apiProxy: string;
}

/** The phases' durations, beside Squid's logs. */
export const TIMINGS_FILE = 'timings.json';

/** Writes `timings.json`. */
export function writeTimings({ squid }: LogDirectories, timings: unknown): void {
  writeAnew(squid, TIMINGS_FILE, timings);
}

/** What the command left in the workspace: all of it, where the summary has the first rows. */
const AFTERMATH_FILE = 'workspace.json';

/** Writes `workspace.json`, beside `timings.json`. */
export function writeAftermath({ squid }: LogDirectories, aftermath: unknown): void {
  writeAnew(squid, AFTERMATH_FILE, aftermath);
}

/** Writes a value as JSON: a sidecar may write to the directory too, and no link of its making is followed. */
export function writeAnew(directory: string, name: string, value: unknown): void {
  const path = join(directory, name);
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { flag: 'wx' });
}

/**
 * Creates the two log directories, writable for the sidecars' user and readable for the caller.
 *
 * @param chosen `proxy-logs-dir`; undefined for new directories below `temporary`
 * @param workspace may not hold the logs: the command could change them there
 * @throws UserError when a directory cannot be created, is in the workspace, or has another use
 */
export function createLogDirectories(
  chosen: string | undefined,
  temporary: string,
  workspace: string,
  owner: { readonly uid: number; readonly gid: number },
): LogDirectories {
  if (chosen !== undefined) {
    const directories = { squid: chosen, apiProxy: join(dirname(chosen), 'api-proxy-logs') };
    for (const directory of Object.values(directories)) {
      if (isInside(directory, workspace)) {
        throw new UserError(
          `--proxy-logs-dir: ${directory} is in the workspace, where the command could change the logs.`,
          { hint: 'Name a directory outside it.' },
        );
      }
    }
    for (const directory of Object.values(directories)) make(directory, owner, true);
    return directories;
  }
  for (let time = Date.now(); ; time++) {
    const directories = {
      squid: join(temporary, `squid-logs-${String(time)}`),
      apiProxy: join(temporary, `api-proxy-logs-${String(time)}`),
    };
    // A run that starts in the same millisecond has taken the name.
    if (!make(directories.squid, owner, false)) continue;
    make(directories.apiProxy, owner, true);
    return directories;
  }
}

/** @returns false when the directory exists and must not */
function make(directory: string, owner: { uid: number; gid: number }, mayExist: boolean): boolean {
  try {
    if (mayExist) mkdirSync(dirname(directory), { recursive: true });
    if (!create(directory)) {
      if (!mayExist) return false;
      // The caller's, who has set its mode; only root writes for somebody else.
      if (process.getuid?.() !== 0 || statSync(directory).uid === owner.uid) return true;
      if (readdirSync(directory).length > 0) {
        throw new UserError(`--proxy-logs-dir: ${directory} has files of somebody else's.`, {
          hint: 'Name a directory that does not exist yet, is empty, or has the logs of an earlier run.',
        });
      }
    }
    chmodSync(directory, 0o755);
    if (process.getuid?.() === 0) chownSync(directory, owner.uid, owner.gid);
    return true;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`The log directory ${basename(directory)} cannot be created in ${dirname(directory)}.`, {
      cause,
    });
  }
}

/** Creates `directory`. @returns false when it is there already */
function create(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
