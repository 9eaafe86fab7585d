import { thisMachine, type Machine } from '../host/machine.ts';
import { UserError } from '../errors.ts';
import { socketOf } from './engine-location.ts';
import type { Engine } from './engine.ts';

/** What a run depends on of the engine that it has. */
export interface EngineFacts {
  /** The engine's data directory; undefined where it does not tell. */
  readonly dataRoot: string | undefined;
  /** Its Unix socket; undefined where it is reached in another way. */
  readonly socket: string | undefined;
  /** Its version: `28.3.1`. */
  readonly version: string;
  /** As images name it: `linux/amd64`. */
  readonly platform: string;
  /** The memory of the machine, in bytes. */
  readonly memoryBytes: number;
  /** True if users of containers are other users of the host, unless a container asks for the host's. */
  readonly mapsUsers: boolean;
  /** What works less well than on other engines. */
  readonly warnings: readonly string[];
}

/** What is read of the engine's description of itself. Engines leave out what they do not know. */
interface Info {
  readonly ServerVersion?: string;
  readonly Name?: string;
  readonly OSType?: string;
  /** The name of the system whose files it sees, with ` (containerized)` in a container. */
  readonly OperatingSystem?: string;
  /** As the kernel names it. */
  readonly Architecture?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly IPv4Forwarding?: boolean;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly MemTotal?: number;
  readonly DockerRootDir?: string;
  readonly Plugins?: { readonly Log?: readonly string[] | null };
}

/** The names that images use, by those of the kernel. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** The first line of engines that this is made for. */
const OLDEST = [20, 10] as const;

/**
 * Refuses an engine on another machine without asking it: one that does not answer would keep the client for half a
 * minute.
 *
 * @returns the path of the engine's socket; undefined for a port of this machine, or if the client does not tell
 * @throws UserError
 */
export async function localSocket(engine: Engine): Promise<string | undefined> {
  const endpoint = await engine.endpoint();
  if (endpoint === undefined) return undefined;
  const socket = socketOf(endpoint);
  if (socket === undefined && !/^tcp:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\]):/.test(endpoint)) {
    throw elsewhere(`The Docker client is set to ${endpoint}.`);
  }
  return socket;
}

/**
 * Asks the engine what it is and what it can do.
 *
 * @param socket from {@link localSocket}
 * @throws UserError if it cannot keep what AWF promises, with the reason
 */
export async function engineFacts(engine: Engine, socket: string | undefined): Promise<EngineFacts> {
  return { socket, ...readInfo(await engine.info(), thisMachine()) };
}

/**
 * Reads the engine's description of itself.
 *
 * @param here where this process is
 * @throws UserError if the engine cannot keep what AWF promises, with the reason
 */
export function readInfo(described: unknown, here: Machine): Omit<EngineFacts, 'socket'> {
  const info = described as Info;
  const options = info.SecurityOptions ?? [];
  const has = (name: string): boolean => options.some((option) => option.split(',').includes(`name=${name}`));
  refuseProduct(info);
  if (has('rootless')) {
    throw new UserError('The Docker engine runs in rootless mode, which AWF does not support.', {
      hint: 'Users of its containers are other users of the host: the command could not write to the workspace. Use an engine that runs as root; hosted runners have one.',
    });
  }
  if (info.Name !== here.name)
    throw elsewhere(`The Docker engine runs on ${info.Name ?? 'an unknown machine'}, not on ${here.name}.`);
  refuseOtherFiles(info, here);
  refuseWithoutLimits(info);
  if (!has('seccomp')) {
    throw new UserError('The Docker engine cannot filter system calls.', {
      hint: 'Enable seccomp in the kernel, and use an engine that was built with it; docker info lists it among the security options.',
    });
  }
  return {
    dataRoot: info.DockerRootDir === '' ? undefined : info.DockerRootDir,
    version: info.ServerVersion ?? '',
    platform: `linux/${ARCHITECTURES[info.Architecture ?? ''] ?? info.Architecture ?? 'unknown'}`,
    // An engine that could not find out says 0, of which a share would be no limit at all.
    memoryBytes: info.MemTotal || here.memoryBytes,
    mapsUsers: has('userns'),
    warnings: [
      ...(info.IPv4Forwarding === false
        ? [
            'The machine forwards no packets (net.ipv4.ip_forward is 0), so nothing in a container reaches another host.',
          ]
        : []),
      ...(info.SwapLimit === false
        ? ['The engine cannot limit swap: the command may use swap beyond its memory limit.']
        : []),
      ...(has('selinux')
        ? ['The engine confines containers with SELinux, which may keep the command out of the workspace and of tools.']
        : []),
    ],
  };
}

/** The engine's own version, from what {@link readInfo} reads. */
export const engineVersion = (described: unknown): string => (described as Info).ServerVersion ?? 'of no known version';

function refuseProduct({ Plugins, OSType, ServerVersion = '' }: Info): void {
  // No version of Docker has this log driver, and every version of Podman has.
  if (Plugins?.Log?.includes('k8s-file') === true) {
    throw new UserError('The container engine is Podman, which AWF does not support.', {
      hint: 'Its networks do not isolate as AWF needs it. Install Docker 20.10 or later, or point DOCKER_HOST to it.',
    });
  }
  if (OSType !== 'linux') {
    throw new UserError(`The Docker engine runs ${OSType ?? 'unknown'} containers.`, {
      hint: 'AWF needs an engine for Linux containers.',
    });
  }
  const [major = 0, minor = 0] = ServerVersion.split('.').map((part) => Number.parseInt(part, 10));
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new UserError(`The Docker engine is too old: ${ServerVersion}.`, {
      hint: `Install version ${OLDEST.join('.')} or later.`,
    });
  }
}

/**
 * An engine in a pod beside the runner, or in a snap, has this machine's name and other files: the command would get the
 * programs of another system.
 */
function refuseOtherFiles({ OperatingSystem = UNKNOWN_SYSTEM }: Info, here: Machine): void {
  const system = OperatingSystem.replace(/ \(containerized\)$/, '');
  if (here.system === undefined || system === UNKNOWN_SYSTEM || system === here.system) return;
  throw new UserError(`The Docker engine has the files of ${system}, not those of this machine (${here.system}).`, {
    hint:
      'AWF mounts the workspace and the toolchain of this machine, but the engine runs in a container or a snap. Install ' +
      'Docker on the machine itself, and run AWF outside a container.',
  });
}

/** What an engine says that cannot tell. */
const UNKNOWN_SYSTEM = '<unknown>';

function refuseWithoutLimits({ MemoryLimit, PidsLimit }: Info): void {
  const missing = [...(MemoryLimit === true ? [] : ['memory']), ...(PidsLimit === true ? [] : ['processes'])];
  if (missing.length === 0) return;
  throw new UserError(`The Docker engine cannot limit the ${missing.join(' and ')} of a container.`, {
    hint: 'Enable these control groups (memory, pids) in the kernel; docker info shows what is missing.',
  });
}

function elsewhere(what: string): UserError {
  return new UserError(what, {
    hint:
      'AWF mounts the workspace and the toolchain of this machine, so the engine must run on it, and AWF not in a container. ' +
      'Unset DOCKER_HOST, or choose a context of this machine with docker context use.',
  });
}
