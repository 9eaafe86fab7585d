import type { UserIds } from '../host/user.ts';
import type { HostEntry } from '../shared/network.ts';

/**
 * Every object of a run carries this label with the run's id, so that a clean-up can find it without knowing its name.
 */
export const RUN_LABEL = 'awf.run';

/** The label with the process that a run belongs to, so that a later run can tell whether anybody still needs it. */
export const OWNER_LABEL = 'awf.owner';
/** The label of what the user asked to keep: `true`. */
export const KEPT_LABEL = 'awf.kept';

/** The run that an object of the engine belongs to. */
export interface RunMark {
  readonly runId: string;
  /** From `ownerOf`. Without one, only the run itself removes the object. */
  readonly owner?: string | undefined;
  /** True if the containers stay after the run. */
  readonly isKept?: boolean | undefined;
}

/** The labels of what belongs to a run: `name=value`. */
function labelsOf({ runId, owner, isKept }: RunMark): string[] {
  return [
    `${RUN_LABEL}=${runId}`,
    ...(owner === undefined ? [] : [`${OWNER_LABEL}=${owner}`]),
    ...(isKept === true ? [`${KEPT_LABEL}=true`] : []),
  ];
}

const labelArgs = (mark: RunMark): string[] => labelsOf(mark).map((label) => option('label', label));

/** Describes a container, independently of how the engine is asked to create it. */
export interface ContainerSpec extends RunMark {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  /** Fixed IPv4 address in `network`. Undefined for a container without a network. */
  readonly address?: string;
  /** A second network, which it joins before it starts, and on which the engine picks its address. */
  readonly wayOut?: string;
  /** `uid:gid` */
  readonly user: string;
  /** `host` makes the container's users the host's, on an engine that otherwise maps them to others. */
  readonly userNamespace?: 'host';
  readonly limits: Limits;
  /** The file with the profile of system calls, on the host: the client reads it and sends the engine its content. */
  readonly seccompProfile: string;
  readonly mounts: readonly MountSpec[];
  readonly tmpfs: readonly TmpfsSpec[];
  /** Never put a secret here: the engine stores the environment on disk, and `docker inspect` shows it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly hosts?: readonly HostEntry[];
  /** The addresses of its DNS servers; empty for the engine's. */
  readonly dns?: readonly string[];
  /** The container's id by default. */
  readonly hostname?: string;
  /** Bytes of shared memory (`/dev/shm`). The engine's default is 64 MB. */
  readonly sharedMemory?: number;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly volumesFrom?: string;
  /** `none` turns the image's own health check off. */
  readonly healthCheck?: 'none';
  readonly workingDirectory?: string;
  readonly entrypoint?: string;
  readonly command?: readonly string[];
}

export interface Limits {
  /** As for Docker's `--memory`: bytes, or a number with `k`, `m` or `g`. */
  readonly memory: string;
  readonly pids: number;
  /** Open files. Undefined for the engine's default. */
  readonly openFiles?: number;
  /** Bytes of the largest file that its processes can write. A process that goes on writing is killed. */
  readonly fileBytes?: number;
  /** From -1000 to 1000. If the machine runs out of memory, the kernel first kills processes with the highest number. */
  readonly oomScoreAdjustment?: number;
}

export type MountSpec =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly writable: boolean }
  /**
   * An anonymous volume, which the engine fills with the image's files at `target` and removes with the container. The
   * engine cannot make such a volume read-only. The owner and mode of the files protect them instead.
   */
  | { readonly kind: 'image-files'; readonly target: string };

export interface TmpfsSpec {
  readonly target: string;
  /** Octal, for example `1777`. */
  readonly mode: string;
  readonly owner?: UserIds;
  readonly executable: boolean;
  /** As for the option of tmpfs: bytes, or a number with `k`, `m` or `g`. */
  readonly size: string;
  /** Maximum number of files. By default, half as many as the host has pages of memory. */
  readonly inodes?: number;
}

/**
 * The arguments of `docker create` and `docker run` for `spec`, including image and command.
 *
 * Hardening is the same for every container, and a spec cannot turn it off: no capabilities, no new privileges, a profile
 * of system calls, a read-only root, no core files, limits, and no copy of the output on the engine's disk. An engine that
 * cannot apply the profile refuses to start the container.
 */
export function containerArgs(spec: ContainerSpec): string[] {
  return [
    option('name', spec.name),
    ...labelArgs(spec),
    '--pull=never',
    '--interactive',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    option('security-opt', `seccomp=${spec.seccompProfile}`),
    '--read-only',
    '--ulimit=core=0',
    '--log-driver=none',
    '--ipc=private',
    '--restart=no',
    ...limitArgs(spec.limits),
    option('user', spec.user),
    ...(spec.userNamespace === undefined ? [] : [option('userns', spec.userNamespace)]),
    option('network', spec.network),
    ...(spec.address === undefined ? [] : [option('ip', spec.address)]),
    ...(spec.dns ?? []).map((server) => option('dns', server)),
    ...(spec.hostname === undefined ? [] : [option('hostname', spec.hostname)]),
    ...(spec.sharedMemory === undefined ? [] : [option('shm-size', String(spec.sharedMemory))]),
    ...Object.entries(spec.sysctls ?? {}).map(([name, value]) => option('sysctl', `${name}=${value}`)),
    ...(spec.hosts ?? []).map(({ name, address }) => option('add-host', `${name}:${address}`)),
    ...Object.entries(spec.environment).map(([name, value]) => option('env', `${name}=${value}`)),
    ...spec.tmpfs.map((tmpfs) => option('tmpfs', tmpfsValue(tmpfs))),
    ...spec.mounts.map((mount) => option('mount', mountValue(mount, spec))),
    ...(spec.volumesFrom === undefined ? [] : [option('volumes-from', `${spec.volumesFrom}:ro`)]),
    ...(spec.healthCheck === undefined ? [] : ['--no-healthcheck']),
    ...(spec.workingDirectory === undefined ? [] : [option('workdir', spec.workingDirectory)]),
    ...(spec.entrypoint === undefined ? [] : [option('entrypoint', spec.entrypoint)]),
    spec.image,
    ...(spec.command ?? []),
  ];
}

const option = (name: string, value: string): string => `--${name}=${value}`;

function limitArgs({ memory, pids, openFiles, fileBytes, oomScoreAdjustment }: Limits): string[] {
  return [
    option('memory', memory),
    // Memory and swap together. Without it, a container may take as much swap again as it has memory.
    option('memory-swap', memory),
    option('pids-limit', String(pids)),
    ...(openFiles === undefined ? [] : [option('ulimit', `nofile=${openFiles}:${openFiles}`)]),
    ...(fileBytes === undefined ? [] : [option('ulimit', `fsize=${fileBytes}`)]),
    ...(oomScoreAdjustment === undefined ? [] : [option('oom-score-adj', String(oomScoreAdjustment))]),
  ];
}

function tmpfsValue({ target, mode, owner, executable, size, inodes }: TmpfsSpec): string {
  const options = ['rw', 'nosuid', 'nodev', executable ? 'exec' : 'noexec', `mode=${mode}`, `size=${size}`];
  if (inodes !== undefined) options.push(`nr_inodes=${inodes}`);
  if (owner) options.push(`uid=${owner.uid}`, `gid=${owner.gid}`);
  return `${target}:${options.join(',')}`;
}

/** Docker reads `--mount` as a CSV record, so a field with a comma or a quote has to be quoted (RFC 4180). */
function mountValue(mount: MountSpec, mark: RunMark): string {
  const fields =
    mount.kind === 'bind'
      ? ['type=bind', `source=${mount.source}`, `target=${mount.target}`, ...(mount.writable ? [] : ['readonly'])]
      : ['type=volume', `target=${mount.target}`, ...labelsOf(mark).map((label) => `volume-label=${label}`)];
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** A network of one run. */
export interface NetworkSpec extends RunMark {
  readonly name: string;
  /** CIDR. */
  readonly subnet: string;
  readonly internal: boolean;
  /** The octets that a packet has at most. Undefined for the engine's default, that of Ethernet. */
  readonly mtu?: number;
}

/**
 * The arguments of `docker network create`.
 *
 * `--internal` alone leaves the host's own addresses reachable. Engines of the 20.10 line need `inhibit_ipv4` to
 * prevent that, and newer ones offer `gateway_mode_ipv4=isolated`. An engine ignores an option that it does not know,
 * so an internal network gets both.
 *
 * An engine may be set up to give new networks IPv6. None of these options is about IPv6, and the host's IPv6 listeners
 * would be reachable.
 */
export function networkArgs(spec: NetworkSpec): string[] {
  return [
    '--driver=bridge',
    '--ipv6=false',
    `--subnet=${spec.subnet}`,
    ...labelArgs(spec),
    ...(spec.mtu === undefined ? [] : [`--opt=com.docker.network.driver.mtu=${spec.mtu}`]),
    ...(spec.internal
      ? [
          '--internal',
          '--opt=com.docker.network.bridge.inhibit_ipv4=true',
          '--opt=com.docker.network.bridge.gateway_mode_ipv4=isolated',
        ]
      : []),
    spec.name,
  ];
}
