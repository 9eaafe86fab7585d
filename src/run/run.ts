import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rmRF } from '@actions/io';
import { CommandFiles, NOTHING_WRITTEN, type WrittenFiles } from '../agent/command-files.ts';
import { refuseTakenTargets } from '../mounts/targets.ts';
import {
  checkWorkspace,
  hostPrograms,
  ownFilesInWorkspace,
  refuseWaysAround,
  socketWarnings,
} from '../mounts/host-guards.ts';
import { planAgent } from '../agent/plan.ts';
import { userMounts } from '../mounts/user-mounts.ts';
import { agentUser, caller, sidecarUser } from '../host/user.ts';
import type { Config } from '../config/config.ts';
import { credentialOf, type Secrets } from '../config/secrets.ts';
import type { Engine, Output } from '../docker/engine.ts';
import { ensureImages, refuseVolumes } from '../docker/ensure-images.ts';
import type { ImageNames } from '../docker/images.ts';
import { claimNetworks } from '../docker/networks.ts';
import type { MountSpec } from '../docker/spec.ts';
import { topology } from '../docker/topology.ts';
import { UserError } from '../errors.ts';
import { createLogDirectories, writeAftermath, writeTimings, type LogDirectories } from '../host/log-directories.ts';
import { budgetWarning, configWarnings, timeoutText } from './messages.ts';
import { workDirectoryOf } from '../host/paths.ts';
import { requireLinux } from '../host/platform.ts';
import { NO_TRAFFIC, readTraffic, type Traffic } from '../report/traffic.ts';
import { writeUsage } from '../report/usage.ts';
import type { Reporter } from '../reporter.ts';
import { Sandbox } from './sandbox.ts';
import { settleAll } from '../docker/settle.ts';
import { addressesIn, namesFor, squidUrl } from '../shared/network.ts';
import { DEFAULT_MAX_BODY_BYTES, type SidecarConfig } from '../shared/sidecar-config.ts';
import { aborted } from './signals.ts';
import { squidConfig } from '../squid/config.ts';
import { TimeLimit } from './time-limit.ts';
import { Timings } from './timings.ts';
import { aftermathWarnings } from '../report/aftermath.ts';
import { guardWorkspace, inspectWorkspace, type Aftermath, type Baseline } from '../workspace/workspace.ts';

/** What a run finds around it. */
export interface RunContext {
  readonly runId: string;
  readonly engine: Engine;
  readonly reporter: Reporter;
  readonly output: Output;
  /** The action's own directory: `containers/` and `dist/` are in it. */
  readonly root: string;
  readonly images: ImageNames;
  /** Holds the run's own files, and its logs unless told otherwise. */
  readonly temporary: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Told where the logs are as soon as they exist, for a post step that must find them whatever happens. */
  readonly onLogs?: (logs: LogDirectories) => void;
}

export type Outcome = 'success' | 'failure' | 'timeout' | 'error';

/** How a run ended. */
export interface RunResult {
  readonly outcome: Outcome;
  /** The command's own; 124 when its time was over, 1 when it never ran. */
  readonly exitCode: number;
  /** Why the sandbox failed. */
  readonly error: unknown;
  readonly traffic: Traffic;
  /** What the command left in the workspace; undefined when it could not be looked through. */
  readonly aftermath: Aftermath | undefined;
  /** What the command wrote to its files for outputs and the summary. */
  readonly written: WrittenFiles;
  readonly logs: LogDirectories | undefined;
  readonly timings: Timings;
}

/** Eight hexadecimal digits: part of names, unique among the runs of a host. */
export function newRunId(): string {
  return randomBytes(4).toString('hex');
}

/** The whole story of a run: plan, up, command, down, report. It throws nothing; what failed is in the result. */
export async function run(config: Config, secrets: Secrets, context: RunContext): Promise<RunResult> {
  const { reporter, engine, runId } = context;
  const timings = new Timings();
  const sandbox = new Sandbox(engine, runId, timings);
  const limit = new TimeLimit(config.timeoutMinutes === undefined ? undefined : config.timeoutMinutes * 60_000);
  const since = Date.now();
  const by = caller();
  const addresses = { current: addressesIn('0.0.0.0/24') };
  let made: string | undefined;
  let started = false;
  let files: CommandFiles | undefined;
  let logs: LogDirectories | undefined;
  let baseline: Baseline | undefined;
  let exitCode = 1;
  let error: unknown;
  try {
    requireLinux(process.platform);
    const workDirectory = makeWorkDirectory(workDirectoryOf(runId, context.temporary));
    made = workDirectory;
    checkWorkspace(config, by.home, workDirectory);
    const sidecarOwner = sidecarUser(by);
    logs = createLogDirectories(config.proxyLogsDir, context.temporary, config.workspace, sidecarOwner);
    context.onLogs?.(logs);
    for (const warning of configWarnings(config)) reporter.warning(warning);
    const mountsOnEngine = checkMounts(config, context, by.home, workDirectory);

    context.signal.throwIfAborted();
    started = true;
    const [subnet, image, guards, mounts] = await settleAll([
      timings.measure('networks', () => claimNetworks(engine, runId)),
      timings.measure('images', () =>
        // A build takes minutes; a cancelled step has seconds.
        Promise.race([
          ensureImages(engine, context.images, config.agentImage, context.root, reporter),
          aborted(context.signal),
        ]),
      ),
      timings.measure('workspace', () =>
        guardWorkspace(config, secrets, ownFilesInWorkspace(context.root, config.workspace), workDirectory),
      ),
      mountsOnEngine && timings.measure('mounts', mountsOnEngine),
    ]);
    baseline = guards.baseline;
    for (const warning of [...guards.warnings, ...socketWarnings(config.workspace)]) reporter.warning(warning);
    addresses.current = addressesIn(subnet);
    const user = agentUser(by, config.workspace);
    files = new CommandFiles(workDirectory, user);
    const agent = await timings.measure('plan', () =>
      planAgent(config, secrets, addresses.current, user, context.environment, workDirectory, mounts ?? []),
    );
    for (const warning of agent.warnings) reporter.warning(warning);
    refuseWaysAround(config.mounts, guards.mounts);
    const containers = topology(config, {
      runId,
      names: namesFor(runId, subnet),
      addresses: addresses.current,
      images: context.images,
      logs,
      sidecarUser: sidecarOwner,
      agentUser: user,
      agentMounts: [...agent.mounts, ...files.mounts],
      guards: guards.mounts,
    });
    refuseVolumes(config.agentImage, image, containers.agent);
    refuseTakenTargets(config.mounts, containers.agent, user.home);
    exitCode = await sandbox.execute(
      containers,
      {
        squid: squidConfig({
          addresses: addresses.current,
          allow: config.allow,
          targets: config.providers.map(({ target, isPermitted }) => ({ ...target, permitted: isPermitted })),
          hosts: config.addHosts,
        }),
        apiProxy: JSON.stringify(sidecarConfig(config, secrets, squidUrl(addresses.current))),
        agent: agent.document,
      },
      context.output,
      limit,
      context.signal,
    );
    if (limit.isReached) reporter.error(timeoutText(config));
    if (sandbox.outOfMemory) {
      reporter.error('The command was killed: it needed more memory than the limit. Raise the option memory.');
    }
  } catch (caught) {
    // A terminal's Ctrl-C also ends the docker clients; what they say of it is not the reason.
    error = context.signal.aborted ? context.signal.reason : caught;
  }
  let inspection: Promise<Aftermath | undefined> | undefined;
  const inspect = (): Promise<Aftermath | undefined> =>
    (inspection ??= inspectAfter(baseline, timings).catch((caught: unknown) => {
      error ??= caught;
      return undefined;
    }));
  if (started && !config.keepContainers) {
    try {
      await sandbox.remove(error !== undefined, () => void inspect());
    } catch (caught) {
      error ??= caught;
    }
  }
  const aftermath = await inspect();
  if (aftermath !== undefined) for (const warning of aftermathWarnings(aftermath)) reporter.warning(warning);
  const written = files?.finish() ?? { output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN };
  // A sandbox that outlives its step is no success, whatever the command said.
  if (error !== undefined && exitCode === 0) exitCode = 1;
  if (made !== undefined) await rmRF(made);
  const traffic = logs === undefined ? NO_TRAFFIC : readTraffic(logs, addresses.current, since);
  if (logs !== undefined) {
    writeTimings(logs, timings);
    writeUsage(logs, traffic.usage);
    if (aftermath !== undefined && aftermathWarnings(aftermath).length > 0) writeAftermath(logs, aftermath);
  }
  if (traffic.usage.overBudget > 0) reporter.warning(budgetWarning(config.budget, traffic.usage));
  return {
    outcome: outcomeOf(error, limit.isReached, exitCode),
    exitCode,
    error,
    traffic,
    aftermath,
    written,
    logs,
    timings,
  };
}

/**
 * What can be refused without the engine is refused at once. It is asked where its own files are only if somebody wants a
 * mount, beside the creation of the networks.
 */
function checkMounts(
  { mounts }: Config,
  { engine, environment, root }: RunContext,
  home: string,
  workDirectory: string,
): (() => Promise<MountSpec[]>) | undefined {
  if (mounts.length === 0) return undefined;
  const programs = hostPrograms(root, process.execPath, home, environment);
  const places = { home, workDirectory, environment, programs };
  userMounts(mounts, { ...places, engine: { dataRoot: undefined, socket: undefined } });
  return async () => userMounts(mounts, { ...places, engine: await engine.places() });
}

/** Looks through the workspace when the command is gone. @throws UserError when that failed: nobody knows then */
async function inspectAfter(baseline: Baseline | undefined, timings: Timings): Promise<Aftermath | undefined> {
  if (baseline === undefined) return undefined;
  try {
    return await timings.measure('workspace: look through', () => inspectWorkspace(baseline));
  } catch (cause) {
    throw new UserError(`What the command left in ${baseline.workspace} could not be looked through.`, {
      hint: 'Do not run git there.',
      cause,
    });
  }
}

function outcomeOf(error: unknown, timedOut: boolean, exitCode: number): Outcome {
  if (error !== undefined) return 'error';
  if (timedOut) return 'timeout';
  return exitCode === 0 ? 'success' : 'failure';
}

/** For the caller alone; one that exists is somebody else's. */
function makeWorkDirectory(path: string): string {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (cause) {
    throw new UserError(`The directory for temporary files cannot be used: ${path} cannot be created.`, {
      hint: 'Point RUNNER_TEMP (on the command line TMPDIR) to a directory that exists and that you may write to.',
      cause,
    });
  }
}

function sidecarConfig(config: Config, secrets: Secrets, proxyUrl: string): SidecarConfig {
  return {
    proxyUrl,
    providers: Object.fromEntries(
      config.providers.map(({ provider, given, target }) => [
        provider.id,
        { credential: credentialOf(given[0], secrets), target },
      ]),
    ),
    ...(config.upstreamCa === undefined ? {} : { upstreamCa: config.upstreamCa }),
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
    allowEndpoints: config.allowEndpoints,
    budget: config.budget,
    logLevel: config.logLevel,
  };
}
