import { commandFileMounts } from '../agent/command-files.ts';
import { planAgent } from '../agent/plan.ts';
import { eventMounts } from '../agent/event-file.ts';
import { transcriptsMount } from '../agent/transcripts.ts';
import type { Config } from '../config/config.ts';
import { hostNames } from '../config/named-hosts.ts';
import { UPSTREAM_PROXY_SECRET } from '../config/network-build.ts';
import type { NetworkConfig } from '../config/network.ts';
import type { Secrets } from '../config/secrets.ts';
import { refuseVolumes } from '../docker/ensure-images.ts';
import type { MountSpec } from '../docker/spec.ts';
import type { PolicyFacts } from '../log/policy.ts';
import type { EtcPlan } from '../mounts/etc-files.ts';
import { topology, type Topology } from '../docker/topology.ts';
import { coverMounts } from '../mounts/hidden.ts';
import { addressesIn, type Addresses } from '../shared/network.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { squidConfig } from '../squid/config.ts';
import type { Upstream } from '../squid/upstream.ts';
import { foreignImage, type Claimed } from './claim.ts';
import { systemFileDirectory, type Prepared } from './prepare.ts';
import type { StartDocuments } from './sandbox.ts';
import { proxyTrustMounts } from './proxy-trust.ts';
import { serviceMounts } from './services.ts';
import { egressTargets, sidecarConfig } from './sidecar-document.ts';

/** Everything that a run starts, as data. */
export interface RunPlan {
  readonly addresses: Addresses;
  readonly containers: Topology;
  /** For the containers' standard input; the api-proxy's holds the credentials. */
  readonly documents: StartDocuments;
  /** Generated system files of the agent, container path to content, and the directory that they belong in. */
  readonly systemFiles: Readonly<Record<string, string | Buffer>>;
  readonly systemFileDirectory: string;
  /** What is written beside them; undefined where an image has its own. */
  readonly etc: EtcPlan | undefined;
  /** The command's copy of the job's event; undefined if there is none. */
  readonly event: string | undefined;
  /** The authorities that may vouch for the network's own proxy, in PEM; undefined if it does not speak TLS. */
  readonly proxyTrust: string | undefined;
  /** What the log tells of the policy. */
  readonly policy: PolicyFacts;
  readonly warnings: readonly string[];
}

/**
 * Plans a run. Reads and writes nothing.
 *
 * @throws UserError when something that the user gave cannot work, or would put a credential into the sandbox
 */
export function planRun(config: Config, secrets: Secrets, prepared: Prepared, claimed: Claimed): RunPlan {
  const { mark, workDirectory, agentUser, sidecarUser, logs, images, input } = prepared;
  const addresses = addressesIn(claimed.subnet);
  const directory = systemFileDirectory(prepared);
  const { host, userMounts, guards } = claimed;
  const authority = claimed.authority?.rootPem;
  const place = { addresses, user: agentUser, host, directory, userMounts, input, authority };
  const agent = planAgent(config, secrets, place);
  const covered = coverMounts(agent.mounts, userMounts, host.below, workDirectory);
  const workspace: MountSpec = { kind: 'bind', source: config.workspace, target: config.workspace, writable: true };
  // What is in the workspace is the command's, apart from what the host shows there once more.
  const views = { ...host.below, hidden: [], credentials: [] };
  const inWorkspace = coverMounts([workspace, ...guards], [], views, workDirectory);
  const transcripts = config.agentLogs ? [transcriptsMount(workDirectory)] : [];
  const containers = topology(config, {
    ...{ mark, names: claimed.names, addresses, images, logs, sidecarUser, agentUser },
    ...{ engine: claimed.engine, hasIpv6: claimed.hasIpv6, outerName: claimed.outerName },
    ...{ upstreamHost: claimed.upstreamHost, squidMounts: proxyTrustMounts(workDirectory, claimed.proxyTrust) },
    guards: inWorkspace.mounts.filter((mount) => mount !== workspace),
    agentMounts: [
      ...covered.mounts,
      ...commandFileMounts(workDirectory),
      ...transcripts,
      ...eventMounts(workDirectory, agent.event),
      ...serviceMounts(config, workDirectory),
    ],
    emptyDirectories: [...covered.empty, ...inWorkspace.empty],
  });
  refuseVolumes(foreignImage(config), claimed.agentImage, containers.agent);
  return {
    addresses,
    containers,
    documents: {
      squid: squidDocument(config, secrets, addresses, claimed),
      apiProxy: JSON.stringify(
        sidecarConfig(config, secrets, {
          addresses,
          questions: agent.modelQuestions,
          authority: claimed.authority,
        }),
      ),
      agent: agent.document,
    },
    systemFiles: agent.systemFiles,
    systemFileDirectory: directory,
    etc: agent.etc,
    event: agent.event,
    proxyTrust: claimed.proxyTrust,
    policy: {
      passed: agent.passed,
      ...{ guards, userMounts, toolchain: host.toolchain },
      memory: containers.agent.limits.memory,
    },
    warnings: agent.warnings,
  };
}

function squidDocument(config: Config, secrets: Secrets, addresses: Addresses, claimed: Claimed): string {
  return squidConfig({
    addresses,
    egress: config.egress,
    targets: egressTargets(config),
    namedHosts: hostNames(config.namedHosts),
    hosts: config.addHosts,
    hostAddresses: claimed.hostAddresses,
    permittedNetworks: config.network.allowPrivate,
    ownSubnets: [claimed.subnet, claimed.outerSubnet],
    upstream: upstreamOf(config.network, secrets),
    transparent: config.transparent,
    modelPorts: config.apiProxy ? PROVIDERS.map(({ port }) => port) : [],
  });
}

/** The network's own proxy for Squid's document, which is the only one with the password. */
function upstreamOf({ upstreamProxy }: NetworkConfig, secrets: Secrets): Upstream | undefined {
  if (upstreamProxy === undefined) return undefined;
  const { host, port, isSecure, user, direct } = upstreamProxy;
  return {
    ...{ host, port, isSecure, direct },
    login: user === undefined ? undefined : { user, password: secrets.get(UPSTREAM_PROXY_SECRET) ?? '' },
  };
}
