import { readdirSync, readFileSync } from 'node:fs';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { DockerCli } from '../docker/cli.ts';
import { describeError } from '../errors.ts';
import { stepTemporaryDirectory, workDirectoryOf } from '../host/paths.ts';
import { uploadLogs } from './artifacts.ts';
import { readRequests, totals, writeUsage } from '../report/usage.ts';
import { removeRun } from '../run/sandbox.ts';
import { readState, type State } from './state.ts';
import { aftermathMarkdown, aftermathWarnings } from '../report/aftermath.ts';
import { inspectWorkspace, readBaseline } from '../workspace/workspace.ts';

/**
 * The post step: removes what the main step could not, and uploads the logs. Each part has its own guard, and none of
 * them fails the job.
 *
 * @param uploadLimitMs time limit of the upload
 */
export async function cleanUp(uploadLimitMs?: number): Promise<void> {
  const state = await guarded('read what the main step left', () => readState());
  if (state === undefined) {
    core.info('The main step ended before it started anything; there is nothing to clean up.');
    return;
  }
  await guarded('remove the containers', () => removeLeftOvers(state));
  const workDirectory = workDirectoryOf(state.runId, stepTemporaryDirectory());
  await guarded('look through the workspace', () => lookThroughWorkspace(workDirectory));
  await guarded('remove the temporary files', () => rmRF(workDirectory));
  await guarded('write usage.json', () => {
    completeLogs(state);
  });
  await guarded('upload the logs', () => upload(state, uploadLimitMs));
}

/** The main step does this itself, and removes the file that tells what the workspace was like, unless it was killed. */
async function lookThroughWorkspace(workDirectory: string): Promise<void> {
  const baseline = readBaseline(workDirectory);
  if (baseline === undefined) return;
  const aftermath = await inspectWorkspace(baseline);
  for (const warning of aftermathWarnings(aftermath)) core.warning(warning);
  const markdown = aftermathMarkdown(aftermath);
  if (markdown.length > 0 && (process.env['GITHUB_STEP_SUMMARY'] ?? '') !== '') {
    await core.summary.addRaw(`${markdown.join('\n\n')}\n`).write();
  }
}

/** What the main step writes last, and did not when it was killed. */
function completeLogs({ logs, succeeded }: State): void {
  if (logs !== undefined && succeeded === undefined) writeUsage(logs, totals(readRequests(logs, 0)));
}

/** A main step that was killed may have left the engine with a request that it is still working on. Milliseconds. */
const ENGINE_PATIENCE = 2_000;

async function removeLeftOvers({ runId, succeeded }: State): Promise<void> {
  const killed = succeeded === undefined;
  const until = performance.now() + (killed ? ENGINE_PATIENCE : 0);
  const isSettled = (): boolean => !killed || (performance.now() > until && !hasClients(runId));
  const { containers, networks } = await removeRun(new DockerCli(core.debug), runId, isSettled);
  if (containers + networks > 0) {
    core.info(`Removed ${String(containers)} containers and ${String(networks)} networks that the main step had left.`);
  }
}

/**
 * True while a docker client works for the run: the signal that kills the main step does not kill its children, and they
 * go on creating what they were told to. Each carries the run's id in its arguments.
 */
function hasClients(runId: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(runId);
      } catch {
        return false; // it has ended since
      }
    });
}

async function upload({ upload: settings, logs, runId, succeeded }: State, limitMs: number | undefined): Promise<void> {
  if (logs === undefined) {
    core.info('The main step ended before it wrote any logs; nothing is uploaded.');
  } else if (settings.when === 'never') {
    core.info('upload-logs is never; the logs stay on the runner.');
  } else if (settings.when === 'on-failure' && succeeded === true) {
    core.info('upload-logs is on-failure and the command succeeded; the logs stay on the runner.');
  } else {
    const result = await uploadLogs(logs, settings, runId, limitMs);
    if ('skipped' in result) core.info(`The logs are not uploaded: ${result.skipped}.`);
    else core.info(`Uploaded ${String(result.files)} log files as the artifact ${result.uploaded}.`);
  }
}

async function guarded<T>(what: string, work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    core.warning(`Could not ${what}: ${describeError(error)}`);
    return undefined;
  }
}
