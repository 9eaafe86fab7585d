import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prune, runLogsDirectory, runs } from '../host/run-logs.ts';
import type { User } from '../host/user.ts';
import { SIDECAR_ID } from '../shared/contract.ts';

/** Where a user's runs left their logs. */
export interface LogPlaces {
  readonly environment: NodeJS.ProcessEnv;
  readonly user: Pick<User, 'uid' | 'home'>;
  /** Where runs of earlier versions left theirs. */
  readonly temporary: string;
}

/** A directory that has logs, and the bytes in it. */
export interface LogDirectory {
  readonly path: string;
  readonly bytes: number;
}

/** The logs of the last run, whatever became of it. @returns undefined if there are none */
export function lastRun({ environment, user, temporary }: LogPlaces): string | undefined {
  const [last] = runs(runLogsDirectory(environment, user.home));
  if (last !== undefined) return last.path;
  const [newest] = temporaryLogs(temporary, user)
    .filter(({ kind }) => kind === 'squid')
    .sort((a, b) => b.time - a.time);
  return newest?.path;
}

/** Log directories in the temporary directory, which nothing ever removes. */
export function abandonedLogs({ temporary, user }: LogPlaces): LogDirectory[] {
  const all = temporaryLogs(temporary, user);
  const running = all.filter(({ kind, path, time }) => kind === 'squid' && mayGoOn(path, time)).map(({ time }) => time);
  return all.filter(({ time }) => !running.includes(time)).map(({ path }) => ({ path, bytes: sizeOf(path) }));
}

/** Removes the logs of old runs. @returns what was removed */
export function pruneLogs(places: LogPlaces): LogDirectory[] {
  const directory = runLogsDirectory(places.environment, places.user.home);
  const sizes = new Map(runs(directory).map(({ path }) => [path, sizeOf(path)]));
  const old = prune(directory).map(({ path }) => ({ path, bytes: sizes.get(path) ?? 0 }));
  const abandoned = abandonedLogs(places);
  for (const { path } of abandoned) rmSync(path, { recursive: true, force: true });
  return [...old, ...abandoned];
}

/** A run without its last file may go on for a day. */
const LONGEST_RUN_MS = 24 * 60 * 60 * 1000;

const mayGoOn = (squid: string, time: number): boolean =>
  !existsSync(join(squid, 'timings.json')) && time > Date.now() - LONGEST_RUN_MS;

interface TemporaryLogs {
  readonly kind: string;
  readonly time: number;
  readonly path: string;
}

/** Those of the caller: in a shared directory, anybody may make a directory with such a name. */
function temporaryLogs(temporary: string, { uid }: Pick<User, 'uid'>): TemporaryLogs[] {
  // Root's sidecars have a user of their own.
  const owners = uid === 0 ? [0, SIDECAR_ID] : [uid];
  return namesIn(temporary).flatMap((name): TemporaryLogs[] => {
    const [, kind, time] = /^(squid|api-proxy|agent)-logs-(\d{13})$/.exec(name) ?? [];
    if (kind === undefined) return [];
    const path = join(temporary, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() === true && owners.includes(stats.uid) ? [{ kind, time: Number(time), path }] : [];
  });
}

/** A directory that is not there, or closed, has no logs of this user. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What cannot be read counts as nothing. */
function sizeOf(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true })
      .map((name) => lstatSync(join(directory, String(name)), { throwIfNoEntry: false }))
      .reduce((sum, stats) => sum + (stats?.isFile() === true ? stats.size : 0), 0);
  } catch {
    return 0;
  }
}
