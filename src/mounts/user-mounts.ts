import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { UserMount } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import { listeningSockets } from '../host/sockets.ts';

/** A place of the host with the reason why a mount must not open it. */
export interface Guarded {
  readonly path: string;
  /** Completes "it cannot be mounted: …". */
  readonly why: string;
}

/** Where on the host is what a mount could give away. */
export interface HostPlaces {
  /** The caller's home directory. */
  readonly home: string;
  /** The run's own files. */
  readonly workDirectory: string;
  /** Where the engine keeps images and containers, and its socket, where it says so. */
  readonly engine: { readonly dataRoot: string | undefined; readonly socket: string | undefined };
  /** The caller's environment: it names the runner's files. */
  readonly environment: NodeJS.ProcessEnv;
  /** What runs outside the sandbox, now or later: toolchain, actions, the runner. */
  readonly programs: readonly string[];
}

/** What no run may open to the agent. */
const FORBIDDEN: readonly Guarded[] = [
  { path: '/proc', why: "it shows the host's processes" },
  { path: '/sys', why: 'it controls the kernel' },
  { path: '/dev', why: 'it holds the devices' },
  { path: '/run', why: "it holds the engine's socket" },
  { path: '/var/run', why: "it holds the engine's socket" },
  { path: '/var/lib/docker', why: "it is the engine's data root" },
  { path: '/var/lib/containerd', why: "it is the engine's data root" },
];

/** The runner's files by which a step acts on the job. */
const COMMAND_FILES: readonly string[] = [
  ...['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'],
];

/** Where the system keeps what it acts on. Nobody's cache is there. */
const SYSTEM: readonly string[] = [
  '/bin',
  '/boot',
  '/etc',
  '/lib',
  '/opt',
  '/sbin',
  '/snap',
  '/usr',
  '/var/lib',
  '/var/spool',
];

/** What a shell, git, ssh or a package manager of the caller's reads and then acts on; below the home. */
const START_FILES: readonly string[] = [
  ...['.bashrc', '.bash_profile', '.bash_login', '.bash_logout', '.profile', '.zshrc', '.zshenv', '.zprofile'],
  ...['.config', '.ssh', '.gnupg', '.docker', '.gitconfig', '.npmrc', '.netrc', '.local/bin', '.cargo/bin'],
  ...['.cargo/config.toml', '.m2/settings.xml', '.gradle/init.d', '.gradle/gradle.properties', '.claude', 'bin'],
];

/**
 * The mounts that `mounts` asks for. Links are followed here, so that what was looked at is what is mounted.
 *
 * @throws UserError for a path that is missing, that would open the host to the agent, or that is mounted twice
 */
export function userMounts(mounts: readonly UserMount[], places: HostPlaces): MountSpec[] {
  const sockets = mounts.length === 0 ? [] : listeningSockets();
  return mounts.map(({ source, target, writable, origin }, index) => {
    const refuse = (why: string, hint = 'Name the directory that is needed.'): never => {
      throw new UserError(`${origin}: ${source} cannot be mounted: ${why}.`, { hint });
    };
    if (!existsSync(source)) return refuse('it does not exist', 'Make it in an earlier step, or correct the path.');
    const real = realpathSync(source);
    const kind = statSync(real);
    if (!kind.isDirectory() && !kind.isFile()) return refuse('it is neither a directory nor a file');
    const refuseAny = (guarded: readonly Guarded[]): void => {
      for (const { path, why } of guarded) {
        if (isInside(real, path)) refuse(why);
        if (isInside(path, real)) refuse(`${path} is in it, and ${why}`);
      }
    };
    refuseAny(always(places));
    if (isInside(places.home, real)) {
      return refuse('it holds the home directory and its credentials', 'Name the directory in it that is needed.');
    }
    if (writable) refuseAny(whenWritable(places));
    const socket = sockets.find((path) => isInside(path, real)) ?? socketIn(real);
    if (socket !== undefined) return refuse(`${socket} in it leads to a program outside the sandbox`);
    const first = mounts.findIndex((other) => other.target === target);
    if (first < index)
      return refuse(`${mounts[first]?.source ?? ''} is mounted at ${target} already`, 'Mount it once.');
    return { kind: 'bind', source: real, target, writable };
  });
}

function always({ workDirectory, engine, environment }: HostPlaces): Guarded[] {
  const { dataRoot, socket } = engine;
  return [
    ...FORBIDDEN,
    ...(dataRoot === undefined ? [] : [{ path: dataRoot, why: "it is the engine's data root" }]),
    ...(socket === undefined ? [] : [{ path: socket, why: "it is the engine's socket" }]),
    { path: workDirectory, why: "it is the run's own" },
    ...COMMAND_FILES.flatMap((name) => {
      const path = environment[name];
      return path === undefined || path === '' ? [] : [{ path, why: `the job acts on what it says (${name})` }];
    }),
  ];
}

/** What may be read, and not changed. */
function whenWritable({ home, environment, programs }: HostPlaces): Guarded[] {
  const event = environment['GITHUB_EVENT_PATH'] ?? '';
  return [
    ...SYSTEM.map((path) => ({ path, why: 'it belongs to the system; leave :rw out' })),
    ...programs.map((path) => ({ path, why: 'it holds programs that run outside the sandbox; leave :rw out' })),
    ...START_FILES.map((name) => ({
      path: join(home, name),
      why: 'programs outside the sandbox act on it; leave :rw out',
    })),
    ...(event === '' ? [] : [{ path: event, why: 'later steps read it; leave :rw out' }]),
  ];
}

/** One that nobody listens on now, or that a program in another network namespace has made. */
function socketIn(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return undefined;
  try {
    const found = readdirSync(path, { withFileTypes: true }).find((entry) => entry.isSocket());
    return found && join(path, found.name);
  } catch {
    // It cannot be read by us, nor by the command, which is the same user.
    return undefined;
  }
}
