import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The logs of one run of the command line. */
export interface RunLogs {
  /** The directory, which has `run.json` and the log directories. */
  readonly path: string;
  /** When the run began, in milliseconds since the epoch. */
  readonly time: number;
}

/** Runs that {@link prune} keeps. */
const KEPT_RUNS = 20;

/**
 * Where the logs of a user's runs are: `$XDG_STATE_HOME/awf/runs`.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function runLogsDirectory(environment: NodeJS.ProcessEnv, home: string): string {
  const state = environment['XDG_STATE_HOME'] ?? '';
  // The specification has relative paths ignored.
  return join(state.startsWith('/') ? state : join(home, '.local/state'), 'awf/runs');
}

/** The runs in the directory, the newest first. */
export function runs(directory: string): RunLogs[] {
  return namesIn(directory)
    .flatMap((name): RunLogs[] => {
      const time = Number(/^(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? Number.NaN);
      const path = join(directory, name);
      const isRun = !Number.isNaN(time) && lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
      return isRun ? [{ path, time }] : [];
    })
    .sort((a, b) => b.time - a.time);
}

/** Removes the logs of old runs. @returns what was removed */
export function prune(directory: string): RunLogs[] {
  const old = runs(directory).slice(KEPT_RUNS);
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
  return old;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // nobody has run anything yet
  }
}
