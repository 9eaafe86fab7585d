import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from './errors.ts';
import { isInside } from './paths.ts';

/** Where a run's logs are on the host. They stay when the run is over. */
export interface LogDirectories {
  readonly squid: string;
  readonly apiProxy: string;
}

/** The phases' durations, beside Squid's logs. */
export const TIMINGS_FILE = 'timings.json';

/**
 * Creates the two log directories, writable for the sidecars' user and readable for the caller.
 *
 * @param chosen `proxy-logs-dir`; undefined for new directories below `temporary`
 * @param workspace may not hold the logs: the command could change them there
 * @throws UserError when a directory cannot be created, or is in the workspace
 */
export function createLogDirectories(
  chosen: string | undefined,
  temporary: string,
  workspace: string,
  owner: { readonly uid: number; readonly gid: number },
): LogDirectories {
  if (chosen !== undefined) {
    if (isInside(chosen, workspace)) {
      throw new UserError(`proxy-logs-dir: ${chosen} is in the workspace, where the command could change the logs.`, {
        hint: 'Name a directory outside it.',
      });
    }
    const directories = { squid: chosen, apiProxy: join(dirname(chosen), 'api-proxy-logs') };
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
    if (mayExist) mkdirSync(directory, { recursive: true });
    else mkdirSync(directory);
    chmodSync(directory, 0o755);
    if (process.getuid?.() === 0) chownSync(directory, owner.uid, owner.gid);
    return true;
  } catch (cause) {
    if (!mayExist && (cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new UserError(`The log directory ${basename(directory)} cannot be created in ${dirname(directory)}.`, {
      cause,
    });
  }
}
