import * as core from '@actions/core';
import { DockerCli } from './docker/cli.ts';
import { describeError } from './errors.ts';
import { uploadLogs } from './report/artifacts.ts';
import { removeRun } from './sandbox.ts';
import { readState, type State } from './state.ts';

/**
 * The post step: removes what the main step could not, and uploads the logs. Each part has its own guard, and none of
 * them fails the job.
 */
export async function cleanUp(): Promise<void> {
  const state = await guarded('read what the main step left', () => readState());
  if (state === undefined) {
    core.info('The main step ended before it started anything; there is nothing to clean up.');
    return;
  }
  await guarded('remove the containers', () => removeLeftOvers(state));
  await guarded('upload the logs', () => upload(state));
}

async function removeLeftOvers({ runId }: State): Promise<void> {
  const { containers, networks } = await removeRun(new DockerCli(core.debug), runId);
  if (containers + networks > 0) {
    core.info(`Removed ${String(containers)} containers and ${String(networks)} networks that the main step had left.`);
  }
}

async function upload({ upload: settings, logs, runId, succeeded }: State): Promise<void> {
  if (logs === undefined) {
    core.info('The main step ended before it wrote any logs; nothing is uploaded.');
  } else if (settings.when === 'never') {
    core.info('upload-logs is never; the logs stay on the runner.');
  } else if (settings.when === 'on-failure' && succeeded === true) {
    core.info('upload-logs is on-failure and the command succeeded; the logs stay on the runner.');
  } else {
    const result = await uploadLogs(logs, settings, runId);
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
