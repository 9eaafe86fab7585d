import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { DockerEngine } from '../docker/docker-engine.ts';
import type { Engine } from '../docker/engine.ts';
import { logPaths, type LogDirectories } from '../host/log-directories.ts';
import { stepTemporaryDirectory, workDirectoryOf } from '../host/paths.ts';
import { lockWorkspace } from '../host/workspace-lock.ts';
import { aftermathMarkdown, aftermathWarnings } from '../report/aftermath.ts';
import { unlessMissing } from '../report/lines.ts';
import { NOTHING_READ, readUsage, writeUsage } from '../report/usage.ts';
import { attempt } from '../reporter.ts';
import { KILLED_STEP_SETTLING_MS, SURVEY_LIMIT_MS } from '../run/limits.ts';
import { removeRun } from '../run/removal.ts';
import { answered } from '../run/within.ts';
import { inProcess, type LookThrough } from '../workspace/look-through.ts';
import { lazyPricing } from '../shared/prices.ts';
import { readBaseline } from '../workspace/baseline.ts';
import { isUploaded } from './artifact-settings.ts';
import { uploadLogs } from './artifacts.ts';
import { actionReporter } from './reporter.ts';
import { appending } from './runner-file.ts';
import { readState, type State } from './state.ts';

/** How long the post step waits for others. */
export interface PostLimits {
  readonly engineMs?: number;
  readonly uploadMs?: number;
}

/**
 * The post step: removes what the main step could not, and uploads the logs. Each part has its own guard, and none of
 * them fails the job.
 *
 * @param root the action's own directory
 * @param engine the one that the main step used
 * @param limits time limits, in milliseconds
 * @returns the exit code of the process, always 0
 */
export async function postStep(
  root: string,
  engine: Engine = new DockerEngine(core.debug),
  limits: PostLimits = {},
): Promise<number> {
  const read = await guarded('read what the main step left', () => ({ state: readState() }));
  if (read === undefined) return 0;
  const { state } = read;
  if (state === undefined) {
    actionReporter.info('The main step ended before it started anything; there is nothing to clean up.');
    return 0;
  }
  // Without an engine, nothing was started, and the main step has said that there is none.
  if (state.started !== false)
    await guarded('remove the containers', () => removeLeftOvers(state, engine, limits.engineMs));
  await guarded('write usage.json and requests.jsonl', () => completeLogs(state));
  // The logs first: what the command left may be meant to stop what comes after.
  await guarded('upload the logs', () => upload(state, limits.uploadMs));
  const workDirectory = workDirectoryOf(state.runId, stepTemporaryDirectory());
  await guarded('search the workspace', () => searchWorkspace(workDirectory, inProcess(root)));
  await guarded('remove the temporary files', () => rmRF(workDirectory));
  return 0;
}

const guarded = <T>(what: string, work: () => T | Promise<T>): Promise<T | undefined> =>
  attempt(actionReporter, what, work);

/** The main step does this itself and removes the baseline, unless it was killed or could not finish. */
async function searchWorkspace(workDirectory: string, lookThrough: LookThrough): Promise<void> {
  const baseline = readBaseline(workDirectory);
  if (baseline === undefined) return;
  const lock = await lockWorkspace(baseline.workspace);
  const aftermath = await lookThrough(workDirectory, SURVEY_LIMIT_MS).finally(lock.release);
  for (const warning of aftermathWarnings(aftermath)) actionReporter.warning(warning);
  const markdown = aftermathMarkdown(aftermath);
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (markdown.length === 0 || file === '') return;
  await guarded('write the job summary to GITHUB_STEP_SUMMARY', () => {
    appending('GITHUB_STEP_SUMMARY', () => appendFileSync(file, `${markdown.join('\n\n')}\n`));
  });
}

/** What the main step writes last, and did not when it was killed. */
async function completeLogs({ logs, succeeded, prices }: State): Promise<void> {
  if (logs === undefined || succeeded !== undefined) return;
  const { usage, unwritten } = await unlessMissing(readUsage(logs, 0, lazyPricing(prices)), NOTHING_READ);
  writeUsage(logs, usage);
  if (unwritten !== undefined) throw unwritten;
}

async function removeLeftOvers({ runId, succeeded }: State, engine: Engine, limitMs?: number): Promise<void> {
  const killed = succeeded === undefined;
  const until = performance.now() + (killed ? KILLED_STEP_SETTLING_MS : 0);
  const isSettled = (): boolean => !killed || performance.now() > until;
  const { containers, networks } = await answered(removeRun(engine, runId, isSettled), limitMs);
  if (containers + networks > 0) {
    actionReporter.info(`Removed ${containers} containers and ${networks} networks that the main step left behind.`);
  }
}

async function upload(state: State, limitMs: number | undefined): Promise<void> {
  const { upload: settings, logs, runId, succeeded, started } = state;
  if (started === false) return;
  if (logs === undefined) {
    actionReporter.info('The main step ended before it wrote any logs; nothing is uploaded.');
  } else if (settings.when === 'never') {
    actionReporter.info(`The logs stay on this machine, because upload-logs is never: ${pathsOf(logs)}`);
  } else if (!isUploaded(settings, succeeded === true)) {
    actionReporter.info('The command succeeded and upload-logs is on-failure: the logs stay on the runner.');
  } else {
    const staging = join(workDirectoryOf(runId, stepTemporaryDirectory()), 'artifact');
    const result = await uploadLogs(logs, staging, settings, runId, limitMs);
    if ('uploaded' in result) {
      for (const warning of result.warnings) actionReporter.warning(warning);
      actionReporter.info(`Uploaded ${result.files} log files as the artifact ${result.uploaded}.`);
    } else if (result.skipped === 'no service')
      actionReporter.info(`The logs stay on this machine: ${pathsOf(logs)} (This runner cannot upload artifacts.)`);
    else actionReporter.info('There are no log files; nothing is uploaded.');
  }
}

const pathsOf = (logs: LogDirectories): string => logPaths(logs, true).join(', ');
