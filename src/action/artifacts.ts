import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import { UPLOAD_LIMIT_MS } from '../run/limits.ts';
import type { UploadSettings } from './inputs.ts';
import type { LogDirectories } from '../host/log-directories.ts';

/** What became of the upload. */
export type UploadResult =
  | { readonly uploaded: string; readonly files: number; readonly bytes: number | undefined }
  | { readonly skipped: 'no service' | 'no files' };

/** Whether the logs of a run are uploaded. @param succeeded whether the command did */
export function isUploaded({ when }: UploadSettings, succeeded: boolean): boolean {
  return when === 'always' || (when === 'on-failure' && !succeeded);
}

/** Whether the runner has an artifact service. `act` has one only if it is asked for. */
export const hasArtifactService = (): boolean => (process.env['ACTIONS_RESULTS_URL'] ?? '') !== '';

/** The name of a run's artifact, which is known before it is uploaded. */
export const artifactName = ({ artifactName: name }: UploadSettings, runId: string): string =>
  name ?? `awf-logs-${runId}`;

/**
 * Uploads the logs as one artifact.
 *
 * @param limitMs time limit
 * @throws Error when the service refuses, or does not answer in time
 */
export async function uploadLogs(
  logs: LogDirectories,
  settings: UploadSettings,
  runId: string,
  limitMs = UPLOAD_LIMIT_MS,
): Promise<UploadResult> {
  if (!hasArtifactService()) {
    return { skipped: 'no service' };
  }
  const files = Object.values(logs).flatMap(logFiles);
  if (files.length === 0) return { skipped: 'no files' };
  const name = artifactName(settings, runId);
  const options = settings.retentionDays === undefined ? {} : { retentionDays: settings.retentionDays };
  const upload = new DefaultArtifactClient().uploadArtifact(name, files, dirname(logs.squid), options);
  const { size } = await withLimit(upload, limitMs);
  return { uploaded: name, files: files.length, bytes: size };
}

/** Regular files with one name only: no link is followed, symbolic or hard, wherever it came from. */
function logFiles(directory: string): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => {
      const entry = lstatSync(path);
      return entry.isFile() && entry.nlink === 1;
    });
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`the artifact service did not take the logs within ${limitMs / 1000} s`));
  }, limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
