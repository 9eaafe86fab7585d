import { rmRF } from '@actions/io';
import { NOTHING_WRITTEN, type WrittenFiles } from '../agent/command-files.ts';
import { TRANSCRIPT_DIRECTORIES } from '../agent/transcripts.ts';
import type { Config } from '../config/config.ts';
import { presetsOn, thisMachine } from '../config/egress-build.ts';
import type { Secrets } from '../config/secrets.ts';
import { OptionError, USAGE_EXIT_CODE } from '../errors.ts';
import { removeEmpty, writeAftermath, writeTimings, type LogDirectories } from '../host/log-directories.ts';
import { aftermathWarnings } from '../report/aftermath.ts';
import { egressReport, writePolicy, type EgressReport } from '../report/egress.ts';
import { unlessMissing } from '../report/lines.ts';
import { keepTranscripts } from '../report/transcripts.ts';
import { API_REQUESTS_FILE, REQUESTS_FILE } from '../report/request-writer.ts';
import { NO_DOMAINS, readDomains, type Traffic } from '../report/traffic.ts';
import { modelKey, NO_MODEL_USAGE, NOTHING_READ, readUsage, writeUsage, type RunUsage } from '../report/usage.ts';
import type { SoughtProgram } from '../log/outcome.ts';
import { attempt, type Reporter } from '../reporter.ts';
import type { Aftermath } from '../workspace/inspect.ts';
import type { Pricing } from '../shared/prices.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { budgetWarning, noPriceText, transcriptsText } from './messages.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './context.ts';
import { resultOf } from './result.ts';
import type { Sandbox } from './sandbox.ts';
import { soughtPrograms } from './sought.ts';
import type { Timings } from './timings.ts';

/** `blocked`: the command succeeded, but `fail-on-blocked` is set and a request was refused. */
export type Outcome = 'success' | 'failure' | 'blocked' | 'timeout' | 'error';

/** What a report needs besides the run's results. */
export type ReportContext = RunContext & { readonly loadPricing: () => Promise<Pricing> };

/** How a run ended. */
export interface RunResult {
  readonly outcome: Outcome;
  /** The command's own; 124 when it ran out of time, 1 when it never ran, 2 if an option of the command line is wrong. */
  readonly exitCode: number;
  /** Why the sandbox failed. */
  readonly error: unknown;
  readonly traffic: Traffic;
  /** Undefined if the log could not be read. */
  readonly egress: EgressReport | undefined;
  /** What the command left in the workspace; undefined when the workspace could not be searched. */
  readonly aftermath: Aftermath | undefined;
  /** What the command wrote to its files for outputs and the summary. */
  readonly written: WrittenFiles;
  /** The text of the file that `result-file` names; empty without one. */
  readonly result: string;
  readonly logs: LogDirectories | undefined;
  /** True if there are transcripts of agent programs in `logs.agent`. */
  readonly hasAgentLogs: boolean;
  readonly timings: Timings;
  /** The memory limit of a command that was killed because memory ran out. */
  readonly outOfMemory: string | undefined;
  /** For a command that was not found. */
  readonly sought: readonly SoughtProgram[];
  /** False if the engine never answered, so that nothing was started. */
  readonly engineAnswered: boolean;
  readonly budget: SidecarBudget;
}

/**
 * Reads the logs, writes what belongs beside them, and removes the run's own files last. Each part has a guard of its own:
 * one that fails costs itself and a warning, never another part, the exit code or the outcome.
 */
export async function report(
  config: Config,
  secrets: Secrets,
  sandbox: Sandbox,
  aftermath: Aftermath | undefined,
  context: ReportContext,
  progress: Progress,
): Promise<RunResult> {
  const { reporter } = context;
  const { timings, error, ending } = progress;
  const logs = await logsOf(config, progress, reporter);
  const warnings = aftermath === undefined ? [] : aftermathWarnings(aftermath);
  for (const warning of warnings) reporter.warning(warning);
  const written = await readWritten(progress, reporter);
  const result = resultOf(config, secrets, progress, reporter);
  const hasAgentLogs = await readTranscripts(secrets, progress, reporter);
  const traffic = await readTraffic(config, sandbox, progress, context);
  const egress = await readEgress(config, traffic, context);
  if (logs !== undefined)
    await writeBesideLogs(
      config,
      logs,
      { traffic, egress, aftermath: warnings.length > 0 ? aftermath : undefined },
      context,
      progress,
    );
  if (traffic.usage !== undefined) reportBudget(config, traffic.usage, reporter, progress);
  await removeWorkDirectory(context, progress);
  const exitCode = ending?.exitCode ?? exitCodeOf(error, config);
  const outcome = outcomeOf(config, progress, egress);
  return {
    outcome,
    // A sandbox that failed is no success, whatever the command's exit code.
    exitCode: ['error', 'blocked'].includes(outcome) && exitCode === 0 ? 1 : exitCode,
    ...{ error, traffic, egress, aftermath, written, result, logs, hasAgentLogs, timings, budget: config.budget },
    ...{ outOfMemory: progress.outOfMemory, engineAnswered: progress.engineAnswered },
    sought: exitCode === NOT_FOUND_EXIT_CODE ? await programsSought(config, progress, context) : [],
  };
}

/** Of a run without a command. Only the command line has a code of its own for wrong options. */
const exitCodeOf = (error: unknown, { frontEnd }: Config): number =>
  frontEnd === 'cli' && error instanceof OptionError ? USAGE_EXIT_CODE : 1;

/** Shells report with it that there is no such program. */
const NOT_FOUND_EXIT_CODE = 127;

/** A run that started nothing leaves no directories behind, unless the user has named them. */
async function logsOf(
  { proxyLogsDir }: Config,
  { logs, engineAnswered }: Progress,
  reporter: Reporter,
): Promise<LogDirectories | undefined> {
  if (engineAnswered || logs === undefined || proxyLogsDir !== undefined) return logs;
  await attempt(reporter, 'remove the log directories', () => {
    removeEmpty(logs);
  });
  return undefined;
}

/** What was refused, by what there is to do about it. The settings of this machine's tools say what a preset allows. */
async function readEgress(
  config: Config,
  { domains, usage }: Traffic,
  { environment, reporter }: RunContext,
): Promise<EgressReport | undefined> {
  if (domains === undefined) return undefined;
  return attempt(reporter, 'sort what was refused', () =>
    egressReport(config, domains, usage, presetsOn(thisMachine(config.env, environment, config.workspace))),
  );
}

async function programsSought(
  config: Config,
  { baseline }: Progress,
  { environment, reporter }: RunContext,
): Promise<readonly SoughtProgram[]> {
  const look = (): SoughtProgram[] => soughtPrograms(config, environment, baseline?.visible);
  return (await attempt(reporter, 'look for the program', look)) ?? [];
}

function reportBudget(config: Config, usage: RunUsage, reporter: Reporter, { warnedModels }: Progress): void {
  const unpriced = usage.unpriced.filter((model) => !warnedModels.has(modelKey(model)));
  if (unpriced.length > 0) reporter.warning(noPriceText(config, unpriced));
  if (usage.overBudget > 0) reporter.warning(budgetWarning(config, usage));
}

function outcomeOf({ failOnBlocked }: Config, { error, ending }: Progress, egress: EgressReport | undefined): Outcome {
  if (error !== undefined || ending === undefined) return 'error';
  if (ending.timedOut) return 'timeout';
  if (ending.exitCode !== 0) return 'failure';
  // What was refused is unknown without a log, and an unknown is no success.
  const isBlocked = egress === undefined || egress.unexpected.length > 0;
  return failOnBlocked && isBlocked ? 'blocked' : 'success';
}

async function readWritten({ commandFiles }: Progress, reporter: Reporter): Promise<WrittenFiles> {
  const written =
    commandFiles &&
    (await attempt(reporter, 'read what the command wrote for outputs and summary', () => commandFiles.finish()));
  return written ?? { output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN };
}

/** @returns true if there were any */
async function readTranscripts(
  secrets: Secrets,
  { transcripts, logs }: Progress,
  reporter: Reporter,
): Promise<boolean> {
  if (transcripts === undefined || logs === undefined) return false;
  const kept = await attempt(reporter, 'keep what agent programs wrote about their work', () =>
    keepTranscripts(transcripts.read(), logs.agent, TRANSCRIPT_DIRECTORIES, secrets),
  );
  if (kept === undefined) return false;
  if (kept.leftOut > 0 || kept.isCut) reporter.warning(transcriptsText(kept));
  return kept.files > 0;
}

/** Once the command has started, a missing log is a lost one. Before that there is nothing to read, and nothing to miss. */
async function readTraffic(
  { apiProxy, egress: rules }: Config,
  { commandStarted }: Sandbox,
  { logs, agentAddress, since }: Progress,
  { reporter, loadPricing }: ReportContext,
): Promise<Traffic> {
  if (logs === undefined || agentAddress === undefined) return { domains: NO_DOMAINS, usage: NO_MODEL_USAGE };
  return {
    domains: await attempt(reporter, "read Squid's log", async () => {
      const reading = readDomains(logs, { agent: agentAddress, rules }, since);
      const nothing = { domains: NO_DOMAINS, unwritten: undefined };
      const { domains, unwritten } = await (commandStarted ? reading : unlessMissing(reading, nothing));
      await sayUnwritten(REQUESTS_FILE, unwritten, reporter);
      return domains;
    }),
    usage: await attempt(reporter, "read the api-proxy's log", async () => {
      const reading = readUsage(logs, since, loadPricing);
      const { usage, unwritten } = await (commandStarted && apiProxy ? reading : unlessMissing(reading, NOTHING_READ));
      await sayUnwritten(API_REQUESTS_FILE, unwritten, reporter);
      return usage;
    }),
  };
}

async function sayUnwritten(file: string, error: Error | undefined, reporter: Reporter): Promise<void> {
  if (error !== undefined) await attempt(reporter, `write ${file}`, () => Promise.reject(error));
}

/** What is written beside the logs. */
interface Findings extends Pick<RunResult, 'traffic' | 'egress'> {
  /** Undefined if there is nothing to tell. */
  readonly aftermath: Aftermath | undefined;
}

async function writeBesideLogs(
  config: Config,
  logs: LogDirectories,
  { traffic: { usage, domains }, egress, aftermath }: Findings,
  { reporter }: RunContext,
  { timings }: Progress,
): Promise<void> {
  await attempt(reporter, 'write timings.json', () => writeTimings(logs, timings.record()));
  if (domains !== undefined && egress !== undefined) {
    await attempt(reporter, 'write policy.json', () => {
      writePolicy(logs, config, domains, egress);
    });
  }
  if (usage !== undefined && config.apiProxy)
    await attempt(reporter, 'write usage.json', () => writeUsage(logs, usage));
  if (aftermath !== undefined)
    await attempt(reporter, 'write workspace.json', () => writeAftermath(logs, recordOf(aftermath)));
}

/** What `workspace.json` has: null for a name that there is not. */
function recordOf({ disarmed, ...rest }: Aftermath): object {
  return { disarmed: disarmed.map(({ path, what, movedTo = null }) => ({ path, what, movedTo })), ...rest };
}

/** The post step repeats a search that failed or came too early, and needs the baseline for it. */
async function removeWorkDirectory(
  { reporter, hasPostStep }: RunContext,
  { workDirectory, baseline, isSearched }: Progress,
): Promise<void> {
  const isNeeded = hasPostStep && baseline !== undefined && !isSearched;
  if (workDirectory === undefined || isNeeded) return;
  await attempt(reporter, `remove ${workDirectory}`, () => rmRF(workDirectory));
}
