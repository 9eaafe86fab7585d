import { readAgentHost, type AgentHost } from '../agent/host.ts';
import { createAuthority, type RunAuthority } from '../authority/authority.ts';
import type { Config } from '../config/config.ts';
import { hostNames } from '../config/named-hosts.ts';
import { optionName } from '../config/options.ts';
import type { Secrets } from '../config/secrets.ts';
import type { FoundContainer, ImageFacts } from '../docker/engine.ts';
import { engineFacts, localSocket, type EngineFacts } from '../docker/engine-facts.ts';
import { ensureImages } from '../docker/ensure-images.ts';
import { settleAll } from '../docker/settle.ts';
import type { MountSpec } from '../docker/spec.ts';
import type { ForeignImage, ImageSource } from '../docker/wanted-images.ts';
import { hasIpv6, hostAddresses } from '../host/addresses.ts';
import { withReal } from '../host/paths.ts';
import { atOnce, inSlices, type Slices } from '../host/slices.ts';
import { writeEtc } from '../mounts/etc-files.ts';
import { hidesPlaces } from '../mounts/hidden.ts';
import { ownFilesInWorkspace, socketWarnings } from '../mounts/host-guards.ts';
import type { HostPlaces } from '../mounts/user-mounts.ts';
import { namesFor, type HostEntry, type Names } from '../shared/network.ts';
import { writeBaseline, type Baseline } from '../workspace/baseline.ts';
import { guardWorkspace } from '../workspace/workspace.ts';
import { finishKilledRun, killedRuns } from './killed-runs.ts';
import { removeLeftOverContainers } from './left-overs.ts';
import { SURVEY_LIMIT_MS } from './limits.ts';
import { claimRunNetwork } from './network.ts';
import { checkedMounts, systemFileDirectory, type Prepared } from './prepare.ts';
import type { Progress } from './progress.ts';
import { readProxyTrust } from './proxy-trust.ts';
import type { RunContext } from './context.ts';
import { aborted } from './signals.ts';

/** What a run has claimed of the engine, and found on the host. */
export interface Claimed {
  /** The internal network's subnet. */
  readonly subnet: string;
  /** That of the network that leads out. */
  readonly outerSubnet: string;
  readonly outerName: string;
  /** The name of the network's own proxy with its address. */
  readonly upstreamHost: HostEntry | undefined;
  /** The authorities that may vouch for that proxy, in PEM; undefined if it does not speak TLS. */
  readonly proxyTrust: string | undefined;
  readonly names: Names;
  /** What the image of `agent-image` says about itself; undefined without one. */
  readonly agentImage: ImageFacts | undefined;
  /** Mounts over what the command must not change in the workspace. */
  readonly guards: readonly MountSpec[];
  readonly userMounts: readonly MountSpec[];
  readonly host: AgentHost;
  /** The host's own addresses. */
  readonly hostAddresses: readonly string[];
  readonly hasIpv6: boolean;
  readonly engine: EngineFacts;
  /** Signs for named hosts; undefined for a run without them. */
  readonly authority: RunAuthority | undefined;
}

/**
 * Claims the networks, makes sure of the images, and looks at the host, all at once: the engine takes most of the time.
 *
 * @param onEngine is called as soon as the engine has told what it is
 * @throws UserError naming what cannot be had and the remedy
 */
export async function claim(
  config: Config,
  secrets: Secrets,
  prepared: Prepared,
  context: RunContext,
  progress: Progress,
  onEngine: (facts: EngineFacts) => void,
): Promise<Claimed> {
  const { engine, runId, reporter, signal } = context;
  const { timings } = progress;
  signal.throwIfAborted();
  const socket = await timings.measure('endpoint', () => localSocket(engine));
  progress.engineAsked = true;
  const answered = noting(progress);
  // A network takes longest, so that the engine gets that first.
  const claiming = timings.measure('networks', () => claimRunNetwork(engine, prepared.mark, config, reporter));
  const asking = timings.measure('engine', () => engineFacts(engine, socket)).then(answered);
  asking.then(onEngine, () => undefined);
  // The engine's facts come first: if it cannot be used, that is the error to show.
  const listing = timings.measure('names', () => engine.containers()).then(answered);
  const mounting = timings.measure('mounts', async () => checkedMounts(config, context, prepared, await asking));
  const [facts, network, found, agentImage, mounts, guards, host, authority] = await settleAll([
    asking,
    claiming.then(answered),
    listing,
    timings.measure('images', () => {
      const source = { ...imageSource(config, context), usable: asking };
      const ensured = ensureImages(engine, prepared.images, foreignImage(config), source, reporter);
      // A build takes minutes; a cancelled step has seconds.
      return Promise.race([ensured, aborted(signal)]);
    }),
    mounting,
    timings.measure('workspace', async () => {
      await clearWorkspace(config.workspace, await listing, context);
      const own = ownFilesInWorkspace(context.root, config.workspace);
      const { environment, temporary } = context;
      return guardWorkspace(config, secrets, own, { ...prepared, environment, temporary }, SURVEY_LIMIT_MS);
    }),
    timings.measure('host', () => claimHost(config, prepared, context, { asking, mounting })),
    // Last, so that the engine has its questions.
    timings.measure('authority', () => Promise.resolve(authorityFor(config, context))),
  ]);
  const names = namesFor(runId, network.internal, namesOf(found));
  noteBaseline({ ...guards.baseline, visible: [] }, { host, userMounts: mounts }, prepared, progress);
  for (const warning of [...guards.warnings, ...socketWarnings(config.workspace), ...facts.warnings])
    reporter.warning(warning);
  const { internal: subnet, outer: outerSubnet, outerName, upstreamHost } = network;
  return {
    ...{ subnet, outerSubnet, outerName, upstreamHost, proxyTrust: readProxyTrust(config) },
    ...{ names, agentImage, guards: guards.mounts, userMounts: mounts, host },
    ...{ hostAddresses: hostAddresses(), hasIpv6: hasIpv6(), engine: facts, authority },
  };
}

/** The image that the user names for the command. */
export function foreignImage({ agentImage: name, frontEnd }: Config): ForeignImage | undefined {
  return name === undefined ? undefined : { name, option: optionName(frontEnd, 'agent-image') };
}

/** Where the images come from that the engine lacks. */
function imageSource({ imageRegistry: registry, frontEnd }: Config, { root }: RunContext): ImageSource {
  return registry === undefined
    ? { root }
    : { root, registry: { path: registry, option: optionName(frontEnd, 'image-registry') } };
}

const namesOf = (found: readonly FoundContainer[]): string[] => found.map(({ name }) => name);

/** Notes that the engine has answered. */
const noting =
  (progress: Progress) =>
  <T>(answer: T): T => {
    progress.engineAnswered = true;
    return answer;
  };

/** The run's authority, unless nobody needs one. */
function authorityFor({ namedHosts }: Config, { authority }: RunContext): RunAuthority | undefined {
  const hosts = hostNames(namedHosts);
  return authority ?? (hosts.length === 0 ? undefined : createAuthority(hosts));
}

/** Notes for the search after the command what it sees of the host, and what it must not. */
export function noteBaseline(
  before: Baseline,
  { host, userMounts }: Pick<Claimed, 'host' | 'userMounts'>,
  { workDirectory }: Prepared,
  progress: Progress,
): void {
  const { hidden, credentials } = host.below;
  const visible = [...before.visible, ...userMounts.map(({ target }) => target), ...visibleOf(host)];
  const closed = [...before.closed, ...[...hidden, ...credentials].map(({ path }) => path)];
  progress.baseline = { ...before, visible: withReal(visible), closed: withReal(closed) };
  writeBaseline(workDirectory, progress.baseline);
}

/** What the sandbox shows of the host, apart from the user's mounts. */
function visibleOf({ toolchain, etc }: AgentHost): string[] {
  const { mounts = [], files = [], links = [] } = etc ?? {};
  return [...[...toolchain, ...mounts].map(({ target }) => target), ...[...files, ...links].map(({ path }) => path)];
}

/** What is known of an engine's places before it has told them. */
const UNTOLD = { dataRoot: undefined, socket: undefined };

/** Reads the host, and writes the sandbox's `/etc`, in what time the engine leaves. */
async function claimHost(
  config: Config,
  prepared: Prepared,
  context: RunContext,
  { asking, mounting }: { readonly asking: Promise<EngineFacts>; readonly mounting: Promise<readonly MountSpec[]> },
): Promise<AgentHost> {
  const look = (engine: HostPlaces['engine'], userMounts: readonly MountSpec[]): Slices<AgentHost> =>
    lookAtHost(config, prepared, context, { engine, userMounts });
  const early = await inSlices(look(UNTOLD, checkedMounts(config, context, prepared, UNTOLD)));
  const [engine, userMounts] = [await asking, await mounting];
  const host = hidesPlaces(early.below, engine) ? early : atOnce(look(engine, userMounts));
  if (host.etc !== undefined) await inSlices(writeEtc(systemFileDirectory(prepared), host.etc));
  return host;
}

function lookAtHost(
  config: Config,
  prepared: Prepared,
  context: RunContext,
  { engine, userMounts }: { readonly engine: HostPlaces['engine']; readonly userMounts: readonly MountSpec[] },
): Slices<AgentHost> {
  const surroundings = { ...prepared, ...context, workspace: config.workspace, engine };
  const hasAuthority = context.authority !== undefined || hostNames(config.namedHosts).length > 0;
  return readAgentHost(config, prepared.agentUser, surroundings, { userMounts, hasAuthority });
}

/** What the sandbox may see of the host, looked at once more. Its `/etc` has been written, and stays as it was. */
export function lookAgain(config: Config, prepared: Prepared, context: RunContext, claimed: Claimed): Claimed {
  const { etc } = claimed.host;
  return { ...claimed, host: { ...atOnce(lookAtHost(config, prepared, context, claimed)), etc } };
}

/**
 * Ends what killed runs left running, and finishes those that were in this workspace: nothing else may change it from here
 * on, and what their commands committed has to be there before this run copies the repository. Most often, there is nothing
 * to do, and the engine is not asked again.
 */
async function clearWorkspace(workspace: string, found: readonly FoundContainer[], context: RunContext): Promise<void> {
  await removeLeftOverContainers(found, context);
  const here = killedRuns(context.temporary).filter((killed) => killed.workspace === workspace);
  for (const killed of here) await finishKilledRun(killed, context);
}
