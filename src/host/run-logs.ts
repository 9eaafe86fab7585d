import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { UserError } from '../errors.ts';
import { makeDirectory } from './directories.ts';
import { isGone, ownerOf } from './owner.ts';
import { isInside } from './paths.ts';
import { caller } from './user.ts';

/** Runs of the command line whose logs are kept, and for how long at most. */
const KEPT_RUNS = 20;
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

/** In the directory of a run. */
export const RUN_FILE = 'run.json';

/** The name of the directory of a run: when it began, in UTC, and its id. */
const NAME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z-[0-9a-f]{8}$/;

/** The logs of a run of the command line. */
export interface LoggedRun {
  /** The directory. */
  readonly path: string;
  /** When the run began. */
  readonly time: Date;
}

/** What `run.json` says about a run that has ended. */
export interface RunRecord {
  /** AWF's own. */
  readonly awf: string;
  readonly runId: string;
  /** The name of the command's program, without its directory and arguments, which may hold a secret. */
  readonly program: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly durationMs: number;
}

/** Where the command line keeps the logs of a user's runs: the place for state of the XDG Base Directory Specification. */
export function runLogsDirectory(environment: NodeJS.ProcessEnv = process.env, home = caller().home): string {
  const state = environment['XDG_STATE_HOME'] ?? '';
  // "If an implementation encounters a relative path [...] it should consider the path invalid and ignore it."
  return join(isAbsolute(state) ? state : join(home, '.local', 'state'), 'awf', 'runs');
}

/** The runs whose logs are there, newest first. */
export function runs(directory = runLogsDirectory()): LoggedRun[] {
  return namesIn(directory)
    .flatMap((name): LoggedRun[] => {
      const [, ...parts] = NAME.exec(name) ?? [];
      if (parts.length === 0 || !lstatSync(join(directory, name)).isDirectory()) return [];
      const [year, month, day, hour, minute, second, millisecond] = parts.map(Number);
      const time = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, millisecond);
      return [{ path: join(directory, name), time: new Date(time) }];
    })
    .sort((a, b) => b.time.getTime() - a.time.getTime() || (a.path < b.path ? 1 : -1));
}

export function lastRun(directory = runLogsDirectory()): LoggedRun | undefined {
  return runs(directory)[0];
}

/**
 * Makes the directory for the logs of a run. Its parents are the user's alone; it holds directories that the sidecars write
 * to.
 *
 * @param workspace must not contain it: the command could change the logs
 * @throws UserError saying why there can be none, and what decides about the place
 */
export function makeRunDirectory(
  runId: string,
  workspace: string,
  directory = runLogsDirectory(),
  time = new Date(),
): string {
  if (isInside(directory, workspace)) throw new UserError(`${directory} is in the workspace.`, { hint: PLACE_HINT });
  const path = join(directory, `${time.toISOString().replaceAll(/[-:]/g, '')}-${runId}`);
  try {
    makeDirectory(directory, 0o700);
    mkdirSync(path, { mode: 0o700 });
    writeJson(path, { owner: ownerOf() });
  } catch (cause) {
    discard(path);
    throw new UserError(`Nothing can be written to ${directory}.`, { hint: PLACE_HINT, cause });
  }
  return path;
}

/** Removes what was begun, if the reason that it was not finished permits that. */
function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The first error is the one to show.
  }
}

const PLACE_HINT = 'To keep them, name another place in XDG_STATE_HOME; without it, the place is in your home (HOME).';

/** Writes `run.json`. The run needs its logs no longer. */
export function writeRunRecord(path: string, time: Date, record: RunRecord): void {
  writeJson(path, { version: 1, startedAt: time.toISOString(), ...record });
}

/** Removes the logs of old runs: all but the newest, and the very old. Those of a run that is still going on stay. @returns what was removed */
export function prune(directory = runLogsDirectory(), now = Date.now()): LoggedRun[] {
  const old = runs(directory).filter(
    ({ path, time }, index) => now - time.getTime() > KEPT_MS || (index >= KEPT_RUNS && !isInUse(path)),
  );
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
  return old;
}

function isInUse(path: string): boolean {
  try {
    const { owner } = JSON.parse(readFileSync(join(path, RUN_FILE), 'utf8')) as { owner?: string };
    return owner !== undefined && !isGone(owner);
  } catch {
    return false;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(join(path, RUN_FILE), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
