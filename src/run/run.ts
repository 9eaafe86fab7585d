import { randomBytes } from 'node:crypto';
import { CommandFiles } from '../agent/command-files.ts';
import { writeEvent } from '../agent/event-file.ts';
import { writeSystemFiles } from '../agent/files.ts';
import { TranscriptsFile } from '../agent/transcripts.ts';
import type { Config } from '../config/config.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';
import type { ContainerSpec } from '../docker/spec.ts';
import type { Lock } from '../host/lock.ts';
import { lockLogs } from '../host/log-lock.ts';
import { lockWorkspace } from '../host/workspace-lock.ts';
import { policyGroup, proposalNote, type Group } from '../log/policy.ts';
import { sandboxGroup } from '../log/start.ts';
import { checkMountTargets } from '../mounts/check.ts';
import { attempt } from '../reporter.ts';
import { writeBlanks } from '../mounts/blanks.ts';
import { ResultFile } from '../report/result-file.ts';
import { claim } from './claim.ts';
import type { RunContext } from './context.ts';
import { finishKilledRuns, killedRuns } from './killed-runs.ts';
import { removeLeftOverObjects } from './left-overs.ts';
import { Opening } from './opening.ts';
import { noticeReader } from './notices.ts';
import { planRun, type RunPlan } from './plan.ts';
import { prepare, type Prepared } from './prepare.ts';
import { lazyPricing } from '../shared/prices.ts';
import { priceSource } from './pricing.ts';
import { Progress } from './progress.ts';
import { writeProxyTrust } from './proxy-trust.ts';
import type { RunResult } from './report.ts';
import { KILLED_EXIT_CODE, Sandbox } from './sandbox.ts';
import { secondLook } from './second-look.ts';
import { openServices, type OpenServices } from './services.ts';
import { aborted } from './signals.ts';
import { tearDown } from './tear-down.ts';
import { watchLogs } from './log-watch.ts';
import { TimeLimit } from './time-limit.ts';
import { answered } from './within.ts';

/** Eight hexadecimal digits: part of names, unique among the runs of a host. */
export function newRunId(): string {
  return randomBytes(4).toString('hex');
}

/**
 * The whole story of a run: prepare, claim, plan, execute, tear down, report.
 *
 * It throws nothing: what failed is in the result, and whatever was made before is removed and reported.
 */
export async function run(config: Config, secrets: Secrets, given: RunContext): Promise<RunResult> {
  const progress = new Progress();
  const opening = new Opening(given.reporter, given.root, config.label && maskCredentials(config.label, secrets));
  const context = { ...given, reporter: opening.reporter };
  const limit = new TimeLimit(config.timeoutMinutes === undefined ? undefined : config.timeoutMinutes * 60_000);
  const loadPricing = lazyPricing(priceSource(config));
  const onNotice = noticeReader(config, {
    loadPricing,
    warnedModels: progress.warnedModels,
    warn: context.warnNow,
    end: (reason) => {
      limit.end(reason);
    },
  });
  const on = {
    sidecarLine: onNotice,
    start: () => {
      const { startupMs = 0, phases } = progress.timings;
      tell(sandboxGroup(startupMs, phases), context);
    },
  };
  const sandbox = new Sandbox(context.engine, context.runId, progress.timings, on, context.input);
  // While the command runs, the engine has time.
  const leftOvers = sandbox.started.then(() => removeLeftOverObjects(context));
  // The end of the run loads it again, and tells if it cannot be loaded.
  void sandbox.started.then(loadReport).catch(() => undefined);
  let lock: Lock | undefined;
  let logsLock: Lock | undefined;
  let services: OpenServices | undefined;
  try {
    const prepared = prepare(config, context, progress);
    if (config.proxyLogsDir !== undefined) logsLock = await claimLogs(prepared, progress);
    lock = await lockWorkspace(config.workspace);
    const claimed = await claim(config, secrets, prepared, context, progress, (facts) => {
      opening.print(facts);
    });
    const plan = await progress.timings.measure('plan', () => planRun(config, secrets, prepared, claimed));
    checkMountTargets(config.mounts, claimed.guards, plan.containers.agent, prepared.agentUser.home, plan);
    services = await openServices(config, prepared.workDirectory, context.engine, context.warnNow);
    const lookAgain = (refused: ContainerSpec): ContainerSpec | undefined =>
      secondLook(refused, [config, secrets], { prepared, claimed }, context, progress);
    await execute(config, plan, prepared, { sandbox, limit, lookAgain }, context, progress);
  } catch (caught) {
    // What failed because the run was ending is not the reason.
    progress.fail(context.signal.aborted ? context.signal.reason : caught);
    opening.print();
  }
  const aftermath = await tearDown(config, sandbox, context, progress);
  services?.close();
  lock?.release();
  await sweep(sandbox, leftOvers, context);
  const { report } = await loadReport();
  const result = await report(config, secrets, sandbox, aftermath, { ...context, loadPricing }, progress);
  logsLock?.release();
  return result;
}

/** @throws UserError if another run has the log directories. Then this one writes nothing there. */
async function claimLogs({ logs }: Prepared, progress: Progress): Promise<Lock> {
  progress.logs = undefined;
  const lock = await lockLogs(logs);
  progress.logs = logs;
  return lock;
}

/** The first call loads it, when the command has started: until then, the containers have the processors. */
const loadReport = (): Promise<typeof import('./report.ts')> => import('./report.ts');

/**
 * Writes the planned files and runs the command.
 *
 * @throws UserError when the command could not be started, or the sandbox failed under it
 */
async function execute(
  config: Config,
  plan: RunPlan,
  { workDirectory, agentUser, logs }: Prepared,
  {
    sandbox,
    limit,
    lookAgain,
  }: {
    readonly sandbox: Sandbox;
    readonly limit: TimeLimit;
    readonly lookAgain: (refused: ContainerSpec) => ContainerSpec | undefined;
  },
  context: RunContext,
  progress: Progress,
): Promise<void> {
  tell(policyGroup(config, plan.policy), context);
  const proposal = proposalNote(config);
  if (proposal !== undefined) context.reporter.info(proposal);
  for (const warning of plan.warnings) context.reporter.warning(warning);
  progress.agentAddress = plan.addresses.agent;
  progress.commandFiles = new CommandFiles(workDirectory, agentUser);
  if (config.resultFile !== undefined) {
    progress.resultFile = new ResultFile(config.workspace, config.resultFile, agentUser);
  }
  if (config.agentLogs) progress.transcripts = new TranscriptsFile(workDirectory, agentUser);
  writeEvent(workDirectory, plan.event);
  writeProxyTrust(workDirectory, plan.proxyTrust);
  writeSystemFiles(plan.systemFileDirectory, plan.systemFiles);
  writeBlanks(workDirectory);
  const watch = watchLogs(logs);
  try {
    const running = sandbox.execute(plan.containers, plan.documents, lookAgain, context.output, limit, context.signal);
    progress.ending = await Promise.race([running, watch.exceeded]);
  } finally {
    watch.stop();
  }
  if (limit.reason !== undefined) progress.fail(limit.reason);
  else if (progress.ending.exitCode === KILLED_EXIT_CODE && (await ranOutOfMemory(sandbox, context)))
    progress.outOfMemory = plan.containers.agent.limits.memory;
}

const tell = ({ title, lines }: Group, { reporter }: RunContext): void => {
  reporter.group(title, lines);
};

/** The command has ended, so an engine that does not tell costs the explanation, and not the exit code. */
async function ranOutOfMemory(sandbox: Sandbox, { reporter, signal }: RunContext): Promise<boolean> {
  const asking = (): Promise<boolean> => Promise.race([answered(sandbox.ranOutOfMemory()), aborted(signal)]);
  return (await attempt(reporter, 'find out whether the command ran out of memory', asking)) ?? false;
}

/**
 * Removes what killed runs left and was in nobody's way. A run that is cancelled or did not get as far as its command leaves
 * that to the next one.
 *
 * @param leftOvers the removal of their networks and volumes, which began with the command
 */
async function sweep(sandbox: Sandbox, leftOvers: Promise<void>, context: RunContext): Promise<void> {
  if (!sandbox.commandStarted || context.signal.aborted) return;
  const work = leftOvers.then(() => finishKilledRuns(killedRuns(context.temporary), context));
  await Promise.race([work, aborted(context.signal)]).catch(() => undefined);
}
