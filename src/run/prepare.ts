import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { ImageNames } from '../docker/images.ts';
import type { MountSpec, RunMark } from '../docker/spec.ts';
import { noTemporary } from '../host/directories.ts';
import { createLogDirectories, type LogDirectories } from '../host/log-directories.ts';
import { ownerOf } from '../host/owner.ts';
import { workDirectoryOf } from '../host/paths.ts';
import { requireLinux } from '../host/platform.ts';
import { agentUser, caller, sidecarUser, type User, type UserIds } from '../host/user.ts';
import { checkWorkspace, hostPrograms } from '../mounts/host-guards.ts';
import { userMounts, type HostPlaces } from '../mounts/user-mounts.ts';
import { writeMark } from './killed-runs.ts';
import { configWarnings, keyLines } from './messages.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './context.ts';

/** What is ready before the engine is asked for anything. */
export interface Prepared {
  readonly mark: RunMark;
  readonly images: ImageNames;
  readonly workDirectory: string;
  readonly logs: LogDirectories;
  readonly agentUser: User;
  readonly sidecarUser: UserIds;
  /** The caller's home directory. */
  readonly home: string;
  /** How the command gets a standard input, as words; empty for none. */
  readonly input: string;
}

/**
 * Refuses what can be refused without the engine, and makes the run's own directories.
 *
 * @throws UserError naming what is wrong and the remedy
 */
export function prepare(config: Config, context: RunContext, progress: Progress): Prepared {
  requireLinux(process.platform);
  const images = context.images();
  const user = caller();
  const workDirectory = makeWorkDirectory(workDirectoryOf(context.runId, context.temporary));
  progress.workDirectory = workDirectory;
  const mark = { runId: context.runId, owner: ownerOf(), isKept: config.keepContainers };
  if (!context.hasPostStep) writeMark(workDirectory, mark);
  checkWorkspace(config, user.home, workDirectory);
  const owner = sidecarUser(user);
  const place = config.proxyLogsDir === undefined ? context.logsPlace?.(config.workspace) : undefined;
  const logs = createLogDirectories(config.proxyLogsDir, place ?? context.temporary, config.workspace, owner);
  progress.logs = logs;
  context.onLogs?.(logs);
  for (const warning of configWarnings(config)) context.reporter.warning(warning);
  for (const line of keyLines(config)) context.reporter.info(line);
  const prepared = {
    mark,
    images,
    workDirectory,
    logs,
    agentUser: agentUser(user, config.workspace),
    sidecarUser: owner,
    home: user.home,
    input: context.input?.words ?? '',
  };
  // Most mistakes show without the engine's own places, and then nothing has been started.
  checkedMounts(config, context, prepared, { dataRoot: undefined, socket: undefined });
  return prepared;
}

/**
 * The mounts that the user asks for.
 *
 * @param engine where the engine keeps what it has
 * @throws UserError for a source that would open the host to the command
 */
export function checkedMounts(
  { mounts }: Config,
  { environment, root }: Pick<RunContext, 'environment' | 'root'>,
  { home, workDirectory }: Pick<Prepared, 'home' | 'workDirectory'>,
  engine: HostPlaces['engine'],
): MountSpec[] {
  if (mounts.length === 0) return [];
  const programs = hostPrograms(root, process.execPath, home, environment);
  return userMounts(mounts, { home, workDirectory, environment, programs, engine });
}

/** Where the agent's system files are on the host. */
export function systemFileDirectory({ workDirectory }: Pick<Prepared, 'workDirectory'>): string {
  return join(workDirectory, 'agent');
}

/** Mode 0700. Fails if the directory exists: it would not be ours. */
function makeWorkDirectory(path: string): string {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (cause) {
    throw noTemporary(path, cause);
  }
}
