import type { User, UserIds } from '../host/user.ts';
import type { Config } from '../config/config.ts';
import { networkNames, squidUrl, type Addresses, type Names } from '../shared/network.ts';
import {
  AGENT_LIB,
  API_PROXY_LOG_DIR,
  PEERS_VARIABLE,
  SQUID_LOG_DIR,
  SQUID_RUN_DIRECTORY,
} from '../shared/contract.ts';
import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import { READINESS_HOST } from '../squid/config.ts';
import type { ImageNames } from './images.ts';
import type { ContainerSpec, MountSpec } from './spec.ts';

/** Everything that has to be known before the containers of a run can be described. */
export interface Claimed {
  readonly runId: string;
  readonly names: Names;
  readonly addresses: Addresses;
  readonly images: ImageNames;
  readonly logs: { readonly squid: string; readonly apiProxy: string };
  readonly seccompProfile: string;
  readonly sidecarUser: UserIds;
  readonly agentUser: User;
  /** The toolchain, generated files, and the mounts that the user asked for. */
  readonly agentMounts: readonly MountSpec[];
  /** Mounted over those parts of the workspace that the command must not change. */
  readonly guards: readonly MountSpec[];
}

/** The containers of a run. `library` is never started: it lends its files to a foreign agent image. */
export interface Topology {
  readonly squid: ContainerSpec;
  readonly apiProxy: ContainerSpec | undefined;
  readonly agent: ContainerSpec;
  readonly library: ContainerSpec | undefined;
}

/** Nothing resolves names inside the internal network. Otherwise engines before 26.0 would leak DNS queries from it. */
const NO_DNS = '127.0.0.1';
/** By default, a container on two networks forwards packets between them. */
const NO_FORWARDING = { 'net.ipv4.ip_forward': '0' };

export function topology(config: Config, claimed: Claimed): Topology {
  const { runId, names, addresses, images, seccompProfile } = claimed;
  const sidecar = `${claimed.sidecarUser.uid}:${claimed.sidecarUser.gid}`;
  const common = { runId, seccompProfile, network: networkNames(runId).internal };

  const squid: ContainerSpec = {
    ...common,
    name: names.container.squid,
    image: images.squid,
    address: addresses.squid,
    user: sidecar,
    limits: { memory: '512m', pids: 100 },
    mounts: [{ kind: 'bind', source: claimed.logs.squid, target: SQUID_LOG_DIR, writable: true }],
    tmpfs: [
      { target: SQUID_RUN_DIRECTORY, mode: '0700', owner: claimed.sidecarUser, executable: false, size: '16m' },
      { target: '/tmp', mode: '1777', executable: false, size: '16m' },
    ],
    environment: { [PEERS_VARIABLE]: `${addresses.agent} ${addresses['api-proxy']}` },
    hosts: [...config.addHosts, READINESS_HOST],
    sysctls: NO_FORWARDING,
  };
  const proxyUrl = squidUrl(addresses);
  const apiProxy: ContainerSpec = {
    ...common,
    name: names.container['api-proxy'],
    image: images['api-proxy'],
    address: addresses['api-proxy'],
    user: sidecar,
    limits: { memory: '512m', pids: 100 },
    mounts: [{ kind: 'bind', source: claimed.logs.apiProxy, target: API_PROXY_LOG_DIR, writable: true }],
    tmpfs: [],
    environment: {
      [PROXY_VARIABLE.http]: proxyUrl,
      [PROXY_VARIABLE.https]: proxyUrl,
      [PEERS_VARIABLE]: addresses.agent,
    },
    dns: NO_DNS,
  };
  return {
    squid,
    apiProxy: config.apiProxy ? apiProxy : undefined,
    agent: agentSpec(config, claimed),
    library: config.agentImage === undefined ? undefined : librarySpec(claimed),
  };
}

function agentSpec(
  config: Config,
  { runId, seccompProfile, names, addresses, images, agentUser, agentMounts, guards }: Claimed,
): ContainerSpec {
  const foreign = config.agentImage !== undefined;
  // Files in a tmpfs count as memory. These file systems are full before memory runs out: a program can report a full
  // disk, but not that it was killed. Inodes are limited too, because even an empty file takes about a kilobyte.
  const share = (part: number): { size: string; inodes: number } => {
    const bytes = Math.floor(bytesOf(config.memory) * part);
    return { size: String(bytes), inodes: Math.max(1_024, Math.floor(bytes / PAGE)) };
  };
  // runc 1.0 gives a tmpfs the mode of the image's directory. In an image without /tmp, the engine creates one with
  // mode 0755 for the volume below it. The agent's user owns it, so that the entrypoint can correct the mode first of
  // all.
  const owner = foreign ? { owner: agentUser } : {};
  return {
    runId,
    seccompProfile,
    network: networkNames(runId).internal,
    name: names.container.agent,
    image: config.agentImage ?? images.agent,
    address: addresses.agent,
    user: `${agentUser.uid}:${agentUser.gid}`,
    limits: { memory: config.memory, pids: config.pids },
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
    ],
    environment: {},
    dns: NO_DNS,
    // A health check of a foreign image would run programs beside the command, with the image's own environment.
    healthCheck: 'none',
    ...(foreign ? { volumesFrom: names.library } : {}),
    workingDirectory: config.workingDirectory,
    entrypoint: `${AGENT_LIB}/entrypoint`,
  };
}

/** The size of a page of memory, in bytes. */
const PAGE = 4096;

/** @param size as for Docker's `--memory` */
function bytesOf(size: string): number {
  const exponent = ['k', 'm', 'g'].indexOf(size.at(-1) ?? '') + 1;
  return Number.parseInt(size, 10) * 1024 ** exponent;
}

function librarySpec({ runId, seccompProfile, names, images, sidecarUser }: Claimed): ContainerSpec {
  return {
    runId,
    seccompProfile,
    network: 'none',
    name: names.library,
    image: images.agent,
    user: `${sidecarUser.uid}:${sidecarUser.gid}`,
    limits: { memory: '16m', pids: 1 },
    mounts: [{ kind: 'image-files', target: AGENT_LIB }],
    tmpfs: [],
    environment: {},
  };
}
