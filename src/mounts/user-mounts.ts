import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { UserMount } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { OptionError } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import { runLogsDirectory } from '../host/run-logs.ts';
import { listeningSockets } from '../host/sockets.ts';
import { words } from '../shared/words.ts';
import { holdsRunner } from './tool-search.ts';

/** A path of the host that a mount must not expose, and the reason. */
export interface Guarded {
  readonly path: string;
  /** Completes a sentence: "it …", "it contains PATH, which …". */
  readonly why: string;
}

/** The places of the host that a mount could expose. */
export interface HostPlaces {
  /** The caller's home directory. */
  readonly home: string;
  /** The directory of the run's own files. */
  readonly workDirectory: string;
  /** The engine's data directory and socket, as far as the engine tells. */
  readonly engine: { readonly dataRoot: string | undefined; readonly socket: string | undefined };
  /** The caller's environment, which names the runner's files. */
  readonly environment: NodeJS.ProcessEnv;
  /** Directories of programs that run outside the sandbox, now or later: toolchain, actions, the runner. */
  readonly programs: readonly string[];
}

/** Where engines keep their data unless they are told otherwise. */
export const ENGINE_DATA: readonly string[] = ['/var/lib/docker', '/var/lib/containerd'];

/** Paths that no run may expose to the agent. */
export const FORBIDDEN: readonly Guarded[] = [
  { path: '/proc', why: "shows the host's processes" },
  { path: '/sys', why: 'controls the kernel' },
  { path: '/dev', why: 'holds the devices' },
  { path: '/run', why: "holds the engine's socket" },
  { path: '/var/run', why: "holds the engine's socket" },
  ...ENGINE_DATA.map((path) => ({ path, why: "is the engine's data root" })),
];

/** Variables with the runner's files through which a step acts on the job. */
export const RUNNER_FILES = words('GITHUB_ENV GITHUB_PATH GITHUB_OUTPUT GITHUB_STATE GITHUB_STEP_SUMMARY');

/** System directories. They are never mounted read-write: no one keeps a cache there. */
const SYSTEM_DIRECTORIES = words('/bin /boot /etc /lib /opt /sbin /snap /usr /var/lib /var/spool');

/** Paths below the home that the caller's shell, git, ssh or package managers read and act on. */
const START_FILES = words(`
  .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile
  .config .ssh .gnupg .docker .gitconfig .npmrc .netrc .local/bin .cargo/bin
  .cargo/config.toml .m2/settings.xml .gradle/init.d .gradle/gradle.properties .claude bin
`);

/**
 * The mounts that the user asks for. Links are resolved here, so that the engine mounts the very path that was checked.
 *
 * @throws OptionError for a path that is missing, that would expose the host to the agent, or whose target is used twice
 */
export function userMounts(mounts: readonly UserMount[], places: HostPlaces): MountSpec[] {
  const sockets = mounts.length === 0 ? [] : listeningSockets();
  return mounts.map(({ source, target, writable, origin }, index) => {
    const refuse = (why: string, hint = 'Use only the directory that the command needs.'): never => {
      throw new OptionError(`${origin}: ${source} cannot be mounted: ${why}.`, { hint });
    };
    const real = resolved(source, refuse);
    const kind = statSync(real);
    if (!kind.isDirectory() && !kind.isFile()) return refuse('it is neither a directory nor a file');
    const refuseAny = (guarded: readonly Guarded[]): void => {
      for (const { path, why } of guarded) {
        if (isInside(real, path)) refuse(`it ${why}`);
        if (isInside(path, real)) refuse(`it contains ${path}, which ${why}`);
      }
    };
    refuseAny(always(places));
    if (isInside(places.home, real)) {
      return refuse(
        'it contains the home directory and its credentials',
        'Use only the directory in it that the command needs.',
      );
    }
    if (holdsRunner(real)) return refuse("it is a runner's directory, with its key");
    if (writable) refuseAny(whenWritable(places));
    const socket = sockets.find((path) => isInside(path, real)) ?? socketIn(real);
    if (socket !== undefined) return refuse(`it contains ${socket}, which leads to a program outside the sandbox`);
    const first = mounts.findIndex((other) => other.target === target);
    if (first < index)
      return refuse(
        `${mounts[first]?.source ?? ''} is already mounted at ${target}`,
        'Give each mount a target of its own.',
      );
    return { kind: 'bind', source: real, target, writable };
  });
}

/** The path without links, or a refusal that says what is in its way. */
function resolved(source: string, refuse: (why: string, hint: string) => never): string {
  try {
    return realpathSync(source);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('it does not exist', 'Create it in an earlier step, or correct the path.');
    if (code !== 'EACCES') return refuse(`it cannot be looked up (${code})`, 'Correct the path.');
    const user = process.geteuid?.() ?? 'of this process';
    return refuse(
      `the user ${user} may not look into a directory on the way to it`,
      'Give that user access, or use a path that it can reach.',
    );
  }
}

function always({ workDirectory, engine, environment }: HostPlaces): Guarded[] {
  const { dataRoot, socket } = engine;
  return [
    ...FORBIDDEN,
    ...(dataRoot === undefined ? [] : [{ path: dataRoot, why: "is the engine's data root" }]),
    ...(socket === undefined ? [] : [{ path: socket, why: "is the engine's socket" }]),
    { path: workDirectory, why: "holds the run's own files" },
    ...RUNNER_FILES.flatMap((name) => {
      const path = environment[name];
      return path === undefined || path === '' ? [] : [{ path, why: `tells the job what to do (${name})` }];
    }),
  ];
}

/** Paths that the agent may read but not change. */
function whenWritable({ home, environment, programs }: HostPlaces): Guarded[] {
  const event = environment['GITHUB_EVENT_PATH'] ?? '';
  return [
    ...SYSTEM_DIRECTORIES.map((path) => ({ path, why: 'belongs to the system; omit :rw' })),
    ...programs.map((path) => ({ path, why: 'holds programs that run outside the sandbox; omit :rw' })),
    ...START_FILES.map((name) => ({
      path: join(home, name),
      why: 'is read by programs outside the sandbox, which act on it; omit :rw',
    })),
    { path: runLogsDirectory(environment, home), why: 'holds the logs of runs; omit :rw' },
    ...(event === '' ? [] : [{ path: event, why: 'is read by later steps; omit :rw' }]),
  ];
}

/** A socket in a directory, even if nobody listens on it now, or if it belongs to another network namespace. */
function socketIn(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return undefined;
  try {
    const found = readdirSync(path, { withFileTypes: true }).find((entry) => entry.isSocket());
    return found && join(path, found.name);
  } catch {
    // The command cannot read the directory either: it runs as the same user.
    return undefined;
  }
}
