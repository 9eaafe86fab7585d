import type { LogDirectories } from '../host/log-directories.ts';
import { UPLOAD_LIMIT_MS } from '../run/limits.ts';
import { within } from '../run/within.ts';
import { artifactFiles } from './artifact-files.ts';
import { artifactName, hasArtifactService } from './artifact-settings.ts';
import type { UploadSettings } from './inputs.ts';

/** What became of the upload. */
export type UploadResult =
  | {
      readonly uploaded: string;
      readonly files: number;
      readonly bytes: number | undefined;
      /** What the artifact does not have as it should. */
      readonly warnings: readonly string[];
    }
  | { readonly skipped: 'no service' | 'no files' };

/**
 * Uploads the logs as one artifact.
 *
 * @param staging a directory that is created for the arranged logs; the caller removes it
 * @param limitMs time limit
 * @throws Error when the service refuses, or does not answer in time
 */
export async function uploadLogs(
  logs: LogDirectories,
  staging: string,
  settings: UploadSettings,
  runId: string,
  limitMs = UPLOAD_LIMIT_MS,
): Promise<UploadResult> {
  if (!hasArtifactService()) {
    return { skipped: 'no service' };
  }
  const { root, files, warnings } = artifactFiles(logs, staging);
  if (files.length === 0) return { skipped: 'no files' };
  const name = artifactName(settings, runId);
  const options = settings.retentionDays === undefined ? {} : { retentionDays: settings.retentionDays };
  const { DefaultArtifactClient } = await import(/* webpackIgnore: true */ './artifact-package.ts');
  const upload = new DefaultArtifactClient().uploadArtifact(name, [...files], root, options);
  const { size } = await within(
    upload,
    limitMs,
    () => new Error(`the artifact service did not take the logs within ${limitMs / 1000} s`),
  );
  return { uploaded: name, files: files.length, bytes: size, warnings };
}
