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

/** What a run has claimed or found out before its containers can be described. */
export interface Claimed {
  readonly runId: string;
  readonly names: Names;
  readonly addresses: Addresses;
  readonly images: ImageNames;
  readonly logs: { readonly squid: string; readonly apiProxy: string };
  readonly sidecarUser: UserIds;
  readonly agentUser: User;
  /** Toolchain, generated files, what the user asked for. */
  readonly agentMounts: readonly MountSpec[];
  /** Parts of the workspace that the command must not change, mounted over it. */
  readonly guards: readonly MountSpec[];
}

/** The containers of a run. `library` is created and never started; it lends its files to a foreign agent image. */
export interface Topology {
  readonly squid: ContainerSpec;
  readonly apiProxy: ContainerSpec | undefined;
  readonly agent: ContainerSpec;
  readonly library: ContainerSpec | undefined;
}

/** Nothing resolves names inside the internal network: engines before 26.0 leak DNS from it otherwise. */
const NO_DNS = '127.0.0.1';
/** A container on two networks forwards packets unless told not to. */
const NO_FORWARDING = { 'net.ipv4.ip_forward': '0' };

export function topology(config: Config, claimed: Claimed): Topology {
  const { runId, names, addresses, images } = claimed;
  const sidecar = `${String(claimed.sidecarUser.uid)}:${String(claimed.sidecarUser.gid)}`;
  const common = { runId, network: networkNames(runId).internal };

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
  { runId, names, addresses, images, agentUser, agentMounts, guards }: Claimed,
): ContainerSpec {
  const foreign = config.agentImage !== undefined;
  // What is in these file systems counts as memory. They are full before the memory is: a program that is told so can say
  // it, one that is killed cannot. An empty file takes about a kilobyte.
  const share = (part: number): { size: string; inodes: number } => {
    const bytes = Math.floor(bytesOf(config.memory) * part);
    return { size: String(bytes), inodes: Math.max(1_024, Math.floor(bytes / PAGE)) };
  };
  // runc 1.0 gives a file system the mode that the image's directory has, and one without /tmp gets a /tmp of 0755 when the
  // volume in it is prepared. Its owner can put that right, which is the first thing the entrypoint does.
  const owner = foreign ? { owner: agentUser } : {};
  return {
    runId,
    network: networkNames(runId).internal,
    name: names.container.agent,
    image: config.agentImage ?? images.agent,
    address: addresses.agent,
    user: `${String(agentUser.uid)}:${String(agentUser.gid)}`,
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
    // A foreign image's health check would run its programs beside the command, in the image's environment.
    healthCheck: 'none',
    ...(foreign ? { volumesFrom: names.library } : {}),
    workingDirectory: config.workingDirectory,
    entrypoint: `${AGENT_LIB}/entrypoint`,
  };
}

/** Bytes. */
const PAGE = 4096;

/** @param size as Docker's `--memory` */
function bytesOf(size: string): number {
  const exponent = ['k', 'm', 'g'].indexOf(size.at(-1) ?? '') + 1;
  return Number.parseInt(size, 10) * 1024 ** exponent;
}

function librarySpec({ runId, names, images, sidecarUser }: Claimed): ContainerSpec {
  return {
    runId,
    network: 'none',
    name: names.library,
    image: images.agent,
    user: `${String(sidecarUser.uid)}:${String(sidecarUser.gid)}`,
    limits: { memory: '16m', pids: 1 },
    mounts: [{ kind: 'image-files', target: AGENT_LIB }],
    tmpfs: [],
    environment: {},
  };
}
