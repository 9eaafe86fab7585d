import { readAgentHost, type AgentHost } from '../agent/host.ts';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { ImageFacts } from '../docker/engine.ts';
import { ensureImages } from '../docker/ensure-images.ts';
import { claimNetworks } from '../docker/networks.ts';
import { settleAll } from '../docker/settle.ts';
import type { MountSpec } from '../docker/spec.ts';
import { ownFilesInWorkspace, socketWarnings } from '../mounts/host-guards.ts';
import { namesFor, type Names } from '../shared/network.ts';
import { writeBaseline } from '../workspace/baseline.ts';
import { guardWorkspace } from '../workspace/workspace.ts';
import { SURVEY_LIMIT_MS } from './limits.ts';
import { checkedMounts, type Prepared } from './prepare.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './context.ts';
import { aborted } from './signals.ts';

/** What a run has claimed of the engine, and found on the host. */
export interface Claimed {
  /** The internal network's subnet. */
  readonly subnet: string;
  readonly names: Names;
  /** What the image of `agent-image` says about itself; undefined without one. */
  readonly agentImage: ImageFacts | undefined;
  /** Mounts over what the command must not change in the workspace. */
  readonly guards: readonly MountSpec[];
  readonly userMounts: readonly MountSpec[];
  readonly host: AgentHost;
}

/**
 * Claims the networks, makes sure of the images, and looks at the host, all at once: the engine takes most of the time.
 *
 * @throws UserError naming what cannot be had and the remedy
 */
export async function claim(
  config: Config,
  secrets: Secrets,
  prepared: Prepared,
  context: RunContext,
  progress: Progress,
): Promise<Claimed> {
  const { engine, runId, reporter, signal } = context;
  const { timings } = progress;
  signal.throwIfAborted();
  progress.engineAsked = true;
  const places = engine.places();
  const [subnet, taken, agentImage, mounts, guards, host] = await settleAll([
    timings.measure('networks', () => claimNetworks(engine, runId)),
    timings.measure('names', () => engine.containerNames()),
    timings.measure('images', () =>
      // A build takes minutes; a cancelled step has seconds.
      Promise.race([ensureImages(engine, prepared.images, config.agentImage, context.root, reporter), aborted(signal)]),
    ),
    timings.measure('mounts', async () => checkedMounts(config, context, prepared, await places)),
    timings.measure('workspace', async () => {
      const own = ownFilesInWorkspace(context.root, config.workspace);
      const { environment, temporary } = context;
      return guardWorkspace(config, secrets, own, { ...prepared, environment, temporary }, SURVEY_LIMIT_MS);
    }),
    timings.measure('host', async () =>
      readAgentHost(config, prepared.agentUser, {
        ...{ ...prepared, ...context, workspace: config.workspace },
        engine: await places,
      }),
    ),
  ]);
  const visible = [...host.toolchain, ...mounts].map(({ target }) => target);
  const { hidden, credentials } = host.below;
  const closed = [...guards.baseline.closed, ...[...hidden, ...credentials].map(({ path }) => path)];
  progress.baseline = { ...guards.baseline, visible, closed };
  writeBaseline(prepared.workDirectory, progress.baseline);
  for (const warning of [...guards.warnings, ...socketWarnings(config.workspace)]) reporter.warning(warning);
  return { subnet, names: namesFor(runId, subnet, taken), agentImage, guards: guards.mounts, userMounts: mounts, host };
}
