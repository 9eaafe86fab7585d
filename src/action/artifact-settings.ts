/** What is known of a run's artifact before it is uploaded. */

import type { UploadSettings } from './inputs.ts';

/** Whether the logs of a run are uploaded. @param succeeded whether the command did */
export function isUploaded({ when }: UploadSettings, succeeded: boolean): boolean {
  return when === 'always' || (when === 'on-failure' && !succeeded);
}

/** Whether the runner has an artifact service. `act` has one only if it is asked for. */
export const hasArtifactService = (): boolean => (process.env['ACTIONS_RESULTS_URL'] ?? '') !== '';

/** The name of a run's artifact, which is known before it is uploaded. */
export const artifactName = ({ artifactName: name }: UploadSettings, runId: string): string =>
  name ?? `awf-logs-${runId}`;
