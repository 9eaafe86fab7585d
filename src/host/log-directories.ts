import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OptionError, UserError } from '../errors.ts';
import { makeDirectory } from './directories.ts';
import { harmlessJson } from './harmless-json.ts';
import { isInside } from './paths.ts';
import type { UserIds } from './user.ts';

/** The directories of a run's logs on the host. They stay when the run is over. */
export interface LogDirectories {
  readonly squid: string;
  readonly apiProxy: string;
  /** What agent programs write about their work. It is created if there is anything. */
  readonly agent: string;
}

/** The directories in which there is something, for people. */
export function logPaths({ squid, apiProxy, agent }: LogDirectories, hasAgentLogs: boolean): string[] {
  return [squid, apiProxy, ...(hasAgentLogs ? [agent] : [])].filter(isFilled);
}

function isFilled(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}

/** Removes those log directories in which there is nothing. */
export function removeEmpty({ squid, apiProxy }: LogDirectories): void {
  for (const directory of [squid, apiProxy]) {
    if (!isFilled(directory)) rmSync(directory, { recursive: true, force: true });
  }
}

/** The durations of the phases, beside Squid's logs. */
export const TIMINGS_FILE = 'timings.json';

/** Writes `timings.json`. */
export function writeTimings({ squid }: Pick<LogDirectories, 'squid'>, timings: object): void {
  writeAnew(squid, TIMINGS_FILE, timings);
}

/** The job summary, which is gone from the job's page when somebody reads the logs elsewhere. */
export const SUMMARY_FILE = 'summary.md';

/** The complete list of what the command left in the workspace; the summary only has its first rows. */
export const AFTERMATH_FILE = 'workspace.json';

/** Writes `workspace.json`, beside `timings.json`. */
export function writeAftermath({ squid }: Pick<LogDirectories, 'squid'>, aftermath: object): void {
  writeAnew(squid, AFTERMATH_FILE, aftermath);
}

/** The version of each file that {@link writeAnew} writes. A reader may rely on what `schema/` says about it. */
const VERSION = 1;

/** Writes `summary.md`, beside `timings.json`. */
export function writeSummaryFile({ squid }: Pick<LogDirectories, 'squid'>, markdown: string): void {
  writeTextAnew(squid, SUMMARY_FILE, markdown);
}

/** Writes a value as JSON, with its version first, as {@link writeTextAnew} does. */
export function writeAnew(directory: string, name: string, value: object): void {
  writeTextAnew(directory, name, `${harmlessJson({ version: VERSION, ...value }, 2)}\n`);
}

/**
 * Writes a file. A sidecar can write to the directory too, so no link that stands there is followed. What cannot be written
 * in full is removed: half a file would be read as a whole one.
 */
function writeTextAnew(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  rmSync(path, { recursive: true, force: true });
  const file = openSync(path, 'wx');
  try {
    writeFileSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Creates the two log directories, which the sidecars' user can write to and the caller can read.
 *
 * @param chosen the value of `proxy-logs-dir`; undefined for new directories below `temporary`
 * @param workspace must not contain the logs: the command could change them there
 * @throws OptionError if the chosen directory cannot be created, is in the workspace, or is used for something else
 * @throws UserError if there can be none below `temporary`
 */
export function createLogDirectories(
  chosen: string | undefined,
  temporary: string,
  workspace: string,
  owner: UserIds,
): LogDirectories {
  if (chosen !== undefined) {
    const beside = (name: string): string => join(dirname(chosen), name);
    const directories = { squid: chosen, apiProxy: beside('api-proxy-logs'), agent: beside('agent-logs') };
    for (const directory of Object.values(directories)) {
      if (isInside(directory, workspace)) {
        throw new OptionError(
          `--proxy-logs-dir: ${directory} is in the workspace, where the command could change the logs.`,
          { hint: 'Use a directory outside the workspace.' },
        );
      }
    }
    for (const directory of [directories.squid, directories.apiProxy]) make(directory, owner, true);
    return directories;
  }
  for (let time = Date.now(); ; time++) {
    const directories = {
      squid: join(temporary, `squid-logs-${time}`),
      apiProxy: join(temporary, `api-proxy-logs-${time}`),
      agent: join(temporary, `agent-logs-${time}`),
    };
    // Another run that started in the same millisecond may have taken the name.
    if (!make(directories.squid, owner, false)) continue;
    if (make(directories.apiProxy, owner, false)) return directories;
    rmdirSync(directories.squid);
  }
}

/** @returns false if the directory exists although it must not */
function make(directory: string, owner: UserIds, isChosen: boolean): boolean {
  try {
    if (isChosen) makeDirectory(dirname(directory));
    if (!create(directory)) {
      if (!isChosen) return false;
      const { uid } = statSync(directory);
      // For a file, that throws.
      const isUsed = readdirSync(directory).length > 0;
      accessSync(directory, constants.W_OK | constants.X_OK);
      // The directory is the caller's, who has chosen its mode. Only root creates directories for another user.
      if (process.getuid?.() !== 0 || uid === owner.uid) return true;
      if (isUsed) {
        throw new OptionError(`--proxy-logs-dir: ${directory} has files of another user.`, {
          hint: 'Use a directory that does not exist yet, is empty, or has the logs of an earlier run.',
        });
      }
    }
    chmodSync(directory, 0o755);
    if (process.getuid?.() === 0) chownSync(directory, owner.uid, owner.gid);
    return true;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw isChosen
      ? new OptionError(`--proxy-logs-dir: the log directory ${directory} cannot be created or used.`, {
          hint: 'Name one where you may write, or leave out the option: each run then has a directory of its own.',
          cause,
        })
      : new UserError(`The log directory ${basename(directory)} cannot be created in ${dirname(directory)}.`, {
          hint: 'Make room there, or name another directory for temporary files (RUNNER_TEMP of a runner, TMPDIR elsewhere).',
          cause,
        });
  }
}

/** Creates `directory`. @returns false if it exists already */
function create(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
