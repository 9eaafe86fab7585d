import type { User, UserIds } from '../host/user.ts';
import type { Config } from '../config/config.ts';
import { memoryBytes } from '../config/memory.ts';
import { hostNames } from '../config/named-hosts.ts';
import { serviceNames } from '../config/services.ts';
import { LOG_LIMIT_BYTES } from '../shared/log-limit.ts';
import {
  AGENT_HOSTNAME,
  HOST_PORTS,
  networkNames,
  squidUrl,
  TRANSPARENT_PORTS,
  type Addresses,
  type HostEntry,
  type Names,
} from '../shared/network.ts';
import {
  AGENT_LIB,
  API_PROXY_LOG_DIR,
  PEERS_VARIABLE,
  SQUID_LOG_DIR,
  SQUID_RUN_DIRECTORY,
} from '../shared/contract.ts';
import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import { READINESS_HOSTS } from '../squid/config.ts';
import { SIDECAR_OPEN_FILES } from '../squid/limits.ts';
import type { EngineFacts } from './engine-facts.ts';
import type { ImageNames } from './images.ts';
import { type ContainerSpec, type Limits, type MountSpec, type RunMark } from './spec.ts';

/** Everything that has to be known before the containers of a run can be described. */
export interface Claimed {
  readonly mark: RunMark;
  readonly names: Names;
  readonly addresses: Addresses;
  readonly images: ImageNames;
  readonly logs: { readonly squid: string; readonly apiProxy: string };
  readonly sidecarUser: UserIds;
  readonly agentUser: User;
  /** The toolchain, generated files, and the mounts that the user asked for. */
  readonly agentMounts: readonly MountSpec[];
  /** Directories of the host that the sandbox sees empty. */
  readonly emptyDirectories: readonly string[];
  /** Mounted over those parts of the workspace that the command must not change. */
  readonly guards: readonly MountSpec[];
  readonly engine: Pick<EngineFacts, 'memoryBytes' | 'mapsUsers'>;
  /** The name of the network that leads Squid out. */
  readonly outerName: string;
  /** The name of the network's own proxy with the address that the host has for it. */
  readonly upstreamHost?: HostEntry | undefined;
  /** Further files for Squid. */
  readonly squidMounts?: readonly MountSpec[];
  /** True if the kernel has IPv6. */
  readonly hasIpv6: boolean;
}

/** The containers of a run. `library` is never started: it lends its files to a foreign agent image. */
export interface Topology {
  readonly squid: ContainerSpec;
  readonly apiProxy: ContainerSpec | undefined;
  readonly agent: ContainerSpec;
  readonly library: ContainerSpec | undefined;
}

/** Nothing resolves names inside the internal network. Otherwise engines before 26.0 would leak DNS queries from it. */
const NO_DNS = ['127.0.0.1'];
/** Engines before 20.10 have no default that lets a user listen on the port of HTTPS, and a daemon may change it. */
const LOW_PORTS = {
  'net.ipv4.ip_unprivileged_port_start': String(Math.min(HOST_PORTS.direct, ...Object.values(TRANSPARENT_PORTS))),
};
/** By default, a container on two networks forwards packets between them. */
const NO_FORWARDING = { 'net.ipv4.ip_forward': '0' };
/**
 * A packet counts only if it comes from the network to which an answer would go. Other containers may be on the network
 * that leads out, and one that sends with the agent's address is not the agent.
 */
const NO_SPOOFING = { 'net.ipv4.conf.all.rp_filter': '1', 'net.ipv4.conf.default.rp_filter': '1' };
/** In addition to networks without IPv6. A kernel without IPv6 does not know the setting. */
const NO_IPV6 = { 'net.ipv6.conf.all.disable_ipv6': '1' };

/**
 * What the kernel may keep for one direction of a connection of the api-proxy. Its defaults of several megabytes are for far
 * networks, and both ends of these are on this machine. Since cgroups v2, such buffers count as the container's memory:
 * 430 WebSockets whose answers nobody reads took 700 MB (measured). Per network namespace since Linux 4.15.
 */
const SMALL_BUFFERS = {
  'net.ipv4.tcp_rmem': '4096 65536 131072',
  'net.ipv4.tcp_wmem': '4096 16384 131072',
};

/** What is the same for both sidecars. */
const SIDECAR_LIMITS: Omit<Limits, 'memory'> = {
  ...{ pids: 100, openFiles: SIDECAR_OPEN_FILES },
  // The api-proxy stops at the limit by itself, and a run in which Squid reaches it is ended. The kernel holds both to it.
  fileBytes: LOG_LIMIT_BYTES * 1.25,
};

/**
 * The sidecars must survive everything that they accept. For the api-proxy, that is 2,048 requests: 2,000 whose answers nobody
 * reads take 800 MB, and the kernel's buffers for them 275 MB (measured).
 *
 * For Squid, it is every connection. A client that reads nothing fills its buffers, 64 KB for each half of a tunnel: as many
 * tunnels as the agent may have take 680 MB (measured), and the api-proxy may have as many again.
 */
const SIDECAR_MEMORY = 2 * 1024 ** 3;

/**
 * The kernel's buffers of Squid's connections count too since cgroups v2. They have to be large, since servers may be far: those
 * tunnels fill 1.8 GB on a machine of 24 GB (measured). They end where all connections of the machine together may have no
 * more, by default at 9.4 % of its memory (tcp_mem in https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html).
 */
const SHARE_OF_TCP = 0.1;

/** If the machine itself runs out of memory, the agent goes first, not a sidecar, the engine or the runner. */
const FIRST_TO_BE_KILLED = 1_000;

export function topology(config: Config, claimed: Claimed): Topology {
  const { names, addresses, images } = claimed;
  const sidecar = `${claimed.sidecarUser.uid}:${claimed.sidecarUser.gid}`;
  const common = commonSpec(claimed);

  const squid: ContainerSpec = {
    ...common,
    name: names.container.squid,
    image: images.squid,
    address: addresses.squid,
    wayOut: claimed.outerName,
    user: sidecar,
    limits: { ...SIDECAR_LIMITS, memory: megabytes(SIDECAR_MEMORY + SHARE_OF_TCP * claimed.engine.memoryBytes) },
    mounts: [
      { kind: 'bind', source: claimed.logs.squid, target: SQUID_LOG_DIR, writable: true },
      ...(claimed.squidMounts ?? []),
    ],
    tmpfs: [
      { target: SQUID_RUN_DIRECTORY, mode: '0700', owner: claimed.sidecarUser, executable: false, size: '16m' },
      { target: '/tmp', mode: '1777', executable: false, size: '16m' },
    ],
    environment: { [PEERS_VARIABLE]: `${addresses.agent} ${addresses['api-proxy']}` },
    hosts: [
      ...config.addHosts,
      ...(claimed.upstreamHost === undefined ? [] : [claimed.upstreamHost]),
      ...READINESS_HOSTS,
    ],
    dns: config.network.dnsServers,
    sysctls: { ...common.sysctls, ...NO_FORWARDING, ...NO_SPOOFING },
  };
  const proxyUrl = squidUrl(addresses);
  const apiProxy: ContainerSpec = {
    ...common,
    name: names.container['api-proxy'],
    image: images['api-proxy'],
    address: addresses['api-proxy'],
    user: sidecar,
    limits: { ...SIDECAR_LIMITS, memory: megabytes(SIDECAR_MEMORY) },
    mounts: [{ kind: 'bind', source: claimed.logs.apiProxy, target: API_PROXY_LOG_DIR, writable: true }],
    tmpfs: [],
    environment: {
      [PROXY_VARIABLE.http]: proxyUrl,
      [PROXY_VARIABLE.https]: proxyUrl,
      [PEERS_VARIABLE]: `${addresses.agent} ${addresses.squid}`,
    },
    dns: NO_DNS,
    sysctls: { ...common.sysctls, ...LOW_PORTS, ...SMALL_BUFFERS },
  };
  return {
    squid,
    apiProxy: config.apiProxy ? apiProxy : undefined,
    agent: agentSpec(config, claimed),
    library: config.agentImage === undefined ? undefined : librarySpec(claimed),
  };
}

/** What all containers of a run have in common. */
function commonSpec({ mark, engine, hasIpv6 }: Claimed) {
  return {
    ...mark,
    network: networkNames(mark.runId).internal,
    sysctls: hasIpv6 ? NO_IPV6 : {},
    ...(engine.mapsUsers ? { userNamespace: 'host' as const } : {}),
  };
}

function agentSpec(config: Config, claimed: Claimed): ContainerSpec {
  const { names, addresses, images, agentUser, agentMounts, emptyDirectories, guards } = claimed;
  const memory = memoryLimit(config.memory, claimed.engine.memoryBytes);
  const common = commonSpec(claimed);
  const foreign = config.agentImage !== undefined;
  // Files in a tmpfs count as memory. These file systems are full before memory runs out: a program can report a full
  // disk, but not that it was killed. Inodes are limited too, because even an empty file takes about a kilobyte.
  const share = (part: number): { size: string; inodes: number } => {
    const bytes = Math.floor(memoryBytes(memory) * part);
    return { size: String(bytes), inodes: Math.max(1_024, Math.floor(bytes / PAGE)) };
  };
  // runc 1.0 gives a tmpfs the mode of the image's directory. In an image without /tmp, the engine creates one with
  // mode 0755 for the volume below it. The agent's user owns it, so that the entrypoint can correct the mode first of
  // all.
  const owner = foreign ? { owner: agentUser } : {};
  return {
    ...common,
    name: names.container.agent,
    image: config.agentImage ?? images.agent,
    address: addresses.agent,
    user: `${agentUser.uid}:${agentUser.gid}`,
    limits: { memory, pids: config.pids, oomScoreAdjustment: FIRST_TO_BE_KILLED },
    mounts: [
      ...agentMounts,
      { kind: 'bind', source: config.workspace, target: config.workspace, writable: true },
      ...guards,
      ...(foreign ? [] : [{ kind: 'image-files', target: AGENT_LIB } as const]),
    ],
    tmpfs: [
      { target: '/tmp', mode: '1777', ...owner, executable: true, ...share(1 / 3) },
      { target: '/var/tmp', mode: '1777', ...owner, executable: true, ...share(1 / 12) },
      { target: '/run', mode: '0755', executable: false, size: '16m' },
      { target: agentUser.home, mode: '0700', owner: agentUser, executable: true, ...share(1 / 3) },
      // runc 1.0 gives such a file system the mode of the directory below it, which the user must be able to enter.
      ...emptyDirectories.map((target) => ({
        ...{ target, mode: '0755', owner: agentUser, executable: false, size: '64k' },
      })),
    ],
    environment: {},
    // For programs that ask no proxy. Without `transparent`, nothing else in the sandbox resolves a name.
    hosts: [
      ...hostNames(config.namedHosts).map((name) => ({ name, address: addresses['api-proxy'] })),
      ...serviceNames(config.services).map((name) => ({ name, address: LOOPBACK })),
    ],
    dns: NO_DNS,
    sysctls: { ...common.sysctls, ...portSettings(config) },
    hostname: AGENT_HOSTNAME,
    sharedMemory: Math.floor(memoryBytes(memory) / 6),
    // A health check of a foreign image would run programs beside the command, with the image's own environment.
    healthCheck: 'none',
    ...(foreign ? { volumesFrom: names.library } : {}),
    workingDirectory: config.workingDirectory,
    entrypoint: `${AGENT_LIB}/entrypoint`,
  };
}

/** Services are joined with ports of the sandbox's own loopback. */
const LOOPBACK = '127.0.0.1';

/** A service may be at a port for which a user would need a capability where an engine or a daemon sets it so. */
function portSettings({ services }: Config): Record<string, string> {
  const lowest = Math.min(...services.map(({ port }) => port));
  return lowest >= 1_024 ? {} : { 'net.ipv4.ip_unprivileged_port_start': String(lowest) };
}

/** The size of a page of memory, in bytes. */
const PAGE = 4096;

/** The command's memory limit unless the user sets one: 6 GiB, but never so much that the machine itself runs out of memory. */
const DEFAULT_MEMORY = '6g';
const LARGEST_SHARE = 0.75;

export function memoryLimit(chosen: string | undefined, machineBytes: number): string {
  if (chosen !== undefined) return chosen;
  const share = Math.floor(machineBytes * LARGEST_SHARE);
  return share < memoryBytes(DEFAULT_MEMORY) ? megabytes(share) : DEFAULT_MEMORY;
}

/** The engine's notation, rounded down. */
function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)}m`;
}

function librarySpec(claimed: Claimed): ContainerSpec {
  const { names, images, sidecarUser } = claimed;
  return {
    ...commonSpec(claimed),
    network: 'none',
    sysctls: {},
    name: names.library,
    image: images.agent,
    user: `${sidecarUser.uid}:${sidecarUser.gid}`,
    limits: { memory: '16m', pids: 1 },
    mounts: [{ kind: 'image-files', target: AGENT_LIB }],
    tmpfs: [],
    environment: {},
  };
}
