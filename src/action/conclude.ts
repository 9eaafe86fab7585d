import { documentLink } from '../host/installation.ts';
import { logPaths } from '../host/log-directories.ts';
import { notBegunMarkdown, type NotBegun } from '../report/error-summary.ts';
import type { About, LogPlace } from '../report/summary-facts.ts';
import { attempt, type RunReporter } from '../reporter.ts';
import type { RunResult } from '../run/report.ts';
import { aboutStep, runSummary } from '../run/run-summary.ts';
import { announce, announceFailure } from './announce.ts';
import { artifactName, hasArtifactService, isUploaded } from './artifact-settings.ts';
import { stepName, type Inputs } from './inputs.ts';
import { publish, publishFailure } from './publish.ts';
import { actionReporter } from './reporter.ts';

/** About the log, below the installation's directory. */
const LOG_PAGE = 'docs/troubleshooting.md#the-steps-log-line-by-line';

/** What a run was started with. */
export interface Start extends Inputs {
  readonly runId: string;
}

/**
 * Tells the log and the job how the run ended, each with a guard of its own.
 *
 * @param surroundings `root` is the action's own directory; `warnings` is everything that the run warned about
 */
export async function conclude(
  result: RunResult,
  start: Start,
  { root, reporter, warnings }: { root: string; reporter: RunReporter; warnings: readonly string[] },
): Promise<void> {
  const { config, secrets } = start;
  const logs = placeOfLogs(result, start);
  await attempt(reporter, 'end the log', () => {
    announce(config, result, { logs, page: documentLink(LOG_PAGE, root) }, reporter);
  });
  const summary = (): string => runSummary(result, config, secrets, { root, environment: process.env, logs, warnings });
  await publish(result, secrets, reporter, summary);
}

/** The same for a step whose run never began. */
export async function concludeFailure(error: unknown, failed: NotBegun, root: string): Promise<void> {
  const about = (): About => aboutStep(stepName(), { root, environment: process.env });
  announceFailure(error);
  await publishFailure(actionReporter, () => notBegunMarkdown(error, failed, about()));
}

/** The artifact, which the post step makes; without one, the paths of what there is. */
function placeOfLogs(
  { logs, hasAgentLogs, outcome, timings }: RunResult,
  { upload, runId }: Start,
): LogPlace | undefined {
  if (logs === undefined) return undefined;
  if (hasArtifactService() && isUploaded(upload, outcome === 'success'))
    return { artifact: artifactName(upload, runId), days: upload.retentionDays };
  return timings.startupMs === undefined ? undefined : { paths: logPaths(logs, hasAgentLogs) };
}
