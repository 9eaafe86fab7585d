import { memoryBytes } from '../config/memory.ts';
import type { UserIds } from '../host/user.ts';
import type { HostEntry } from '../shared/network.ts';
import { seccompProfile } from './seccomp.ts';

/**
 * Every object of a run carries this label with the run's id, so that a clean-up can find it without knowing its name.
 */
export const RUN_LABEL = 'awf.run';

/** The label with the process that a run belongs to, so that a later run can tell whether anybody still needs it. */
const OWNER_LABEL = 'awf.owner';
/** The label of what the user asked to keep: `true`. */
const KEPT_LABEL = 'awf.kept';

/** The run that an object of the engine belongs to. */
export interface RunMark {
  readonly runId: string;
  /** From `ownerOf`. Without one, only the run itself removes the object. */
  readonly owner?: string | undefined;
  /** True if the containers stay after the run. */
  readonly isKept?: boolean | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** The labels of what belongs to a run. */
function labelsOf({ runId, owner, isKept }: RunMark): Labels {
  return {
    [RUN_LABEL]: runId,
    ...(owner === undefined ? {} : { [OWNER_LABEL]: owner }),
    ...(isKept === true ? { [KEPT_LABEL]: 'true' } : {}),
  };
}

/** The run that an object with these labels belongs to. @returns undefined for what no run made */
export function markOf(labels: Labels | null | undefined): RunMark | undefined {
  const runId = labels?.[RUN_LABEL] ?? '';
  if (runId === '') return undefined;
  return { runId, owner: labels?.[OWNER_LABEL], isKept: labels?.[KEPT_LABEL] === 'true' };
}

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
  readonly mounts: readonly MountSpec[];
  readonly tmpfs: readonly TmpfsSpec[];
  /** Never put a secret here: the engine stores the environment on disk, and `docker inspect` shows it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly hosts?: readonly HostEntry[];
  /** The addresses of its DNS servers; empty for the engine's. */
  readonly dns?: readonly string[];
  /** The container's id by default. */
  readonly hostname?: string;
  /** Bytes of shared memory (`/dev/shm`). 64 MB by default. */
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
  /** Bytes of the largest file that its processes can write. A process that goes on writing is killed. By default any. */
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
 * What the engine is told to create a container from `spec`. Memory is in bytes.
 *
 * Hardening is the same for every container, and a spec cannot turn it off: no capabilities, no new privileges, a profile
 * of system calls, a read-only root, no core files, limits, and no copy of the output on the engine's disk. An engine that
 * cannot apply the profile refuses to start the container.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
export function containerBody(spec: ContainerSpec) {
  const { network, address, dns = [], sharedMemory = SHARED_MEMORY, healthCheck, entrypoint, command } = spec;
  return {
    Image: spec.image,
    Labels: labelsOf(spec),
    User: spec.user,
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    ...{ OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true },
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    ...(healthCheck === undefined ? {} : { Healthcheck: { Test: ['NONE'] } }),
    ...(spec.workingDirectory === undefined ? {} : { WorkingDir: spec.workingDirectory }),
    ...(entrypoint === undefined ? {} : { Entrypoint: [entrypoint] }),
    ...(command === undefined ? {} : { Cmd: command }),
    HostConfig: {
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${JSON.stringify(seccompProfile())}`],
      ReadonlyRootfs: true,
      LogConfig: { Type: 'none' },
      IpcMode: 'private',
      // The entrypoint is the first process. The engine's own, which a daemon may put before it, is not in the host's system.
      Init: false,
      RestartPolicy: { Name: 'no' },
      ...limitsOf(spec.limits),
      ...(spec.userNamespace === undefined ? {} : { UsernsMode: spec.userNamespace }),
      NetworkMode: network,
      Dns: dns,
      ShmSize: sharedMemory,
      Sysctls: spec.sysctls ?? {},
      ExtraHosts: (spec.hosts ?? []).map(({ name, address }) => `${name}:${address}`),
      Tmpfs: Object.fromEntries(spec.tmpfs.map((tmpfs) => [tmpfs.target, tmpfsOptions(tmpfs)])),
      Mounts: spec.mounts.map((mount) => mountBody(mount, spec)),
      VolumesFrom: spec.volumesFrom === undefined ? [] : [`${spec.volumesFrom}:ro`],
    },
    NetworkingConfig: {
      EndpointsConfig: address === undefined ? {} : { [network]: { IPAMConfig: { IPv4Address: address } } },
    },
  };
}

/** What a container has of it, unless it says otherwise. Squid needs some, and a daemon may give less. Bytes. */
const SHARED_MEMORY = 64 * 1024 ** 2;

/** As the engine's API has it. */
const UNLIMITED = -1;
/** What Linux gives the first process. Bytes. */
const STACK = 8 * 1024 ** 2;

/**
 * Limits that a daemon may set for containers that do not say what they want (`default-ulimits`), and with which the runtime
 * cannot start them, or programs end for no reason that they could tell. Memory and processes of a container are limited
 * as a whole. The number of a user's processes is left to the daemon: not every engine may raise it.
 */
const OWN_ULIMITS = [
  ...['as', 'cpu', 'data'].map((Name) => ({ Name, Soft: UNLIMITED, Hard: UNLIMITED })),
  { Name: 'stack', Soft: STACK, Hard: UNLIMITED },
];

function limitsOf({ memory, pids, openFiles, fileBytes = UNLIMITED, oomScoreAdjustment }: Limits) {
  const ulimit = (Name: string, limit: number) => ({ Name, Soft: limit, Hard: limit });
  return {
    Memory: memoryBytes(memory),
    // Memory and swap together. Without it, a container may take as much swap again as it has memory.
    MemorySwap: memoryBytes(memory),
    PidsLimit: pids,
    Ulimits: [
      ulimit('core', 0),
      ...(openFiles === undefined ? [] : [ulimit('nofile', openFiles)]),
      ulimit('fsize', fileBytes),
      ...OWN_ULIMITS,
    ],
    ...(oomScoreAdjustment === undefined ? {} : { OomScoreAdj: oomScoreAdjustment }),
  };
}

function tmpfsOptions({ mode, owner, executable, size, inodes }: TmpfsSpec): string {
  const options = ['rw', 'nosuid', 'nodev', executable ? 'exec' : 'noexec', `mode=${mode}`, `size=${size}`];
  if (inodes !== undefined) options.push(`nr_inodes=${inodes}`);
  if (owner) options.push(`uid=${owner.uid}`, `gid=${owner.gid}`);
  return options.join(',');
}

function mountBody(mount: MountSpec, mark: RunMark) {
  return mount.kind === 'bind'
    ? { Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: !mount.writable }
    : { Type: 'volume', Target: mount.target, VolumeOptions: { Labels: labelsOf(mark) } };
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
 * What the engine is told to create a network from `spec`.
 *
 * `Internal` alone leaves the host's own addresses reachable. Engines of the 20.10 line need `inhibit_ipv4` to prevent
 * that, and newer ones offer `gateway_mode_ipv4=isolated`. An engine ignores an option that it does not know, so an
 * internal network gets both.
 *
 * An engine may be set up to give new networks IPv6. None of these options is about IPv6, and the host's IPv6 listeners
 * would be reachable.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Network/operation/NetworkCreate
 */
export function networkBody(spec: NetworkSpec) {
  return {
    Name: spec.name,
    // Engines before 25.0 otherwise make a second network of the same name.
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: spec.internal,
    EnableIPv6: false,
    IPAM: { Config: [{ Subnet: spec.subnet }] },
    Labels: labelsOf(spec),
    Options: {
      // Whatever the daemon gives to networks by default (default-network-opts): our containers talk to each other, and the
      // way out leads out.
      'com.docker.network.bridge.enable_icc': 'true',
      ...(spec.internal ? {} : { 'com.docker.network.bridge.enable_ip_masquerade': 'true' }),
      'com.docker.network.bridge.inhibit_ipv4': String(spec.internal),
      'com.docker.network.bridge.gateway_mode_ipv4': spec.internal ? 'isolated' : 'nat',
      ...(spec.mtu === undefined ? {} : { 'com.docker.network.driver.mtu': String(spec.mtu) }),
    },
  };
}
