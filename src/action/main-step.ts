import { DockerEngine } from '../docker/docker-engine.ts';
import type { Engine } from '../docker/engine.ts';
import { builtImageNames } from '../docker/images.ts';
import { documentLink } from '../host/installation.ts';
import { logPaths } from '../host/log-directories.ts';
import { stepTemporaryDirectory } from '../host/paths.ts';
import { notBegunMarkdown, type NotBegun } from '../report/error-summary.ts';
import type { About, LogPlace } from '../report/summary-facts.ts';
import { attempt, filtered, recording } from '../reporter.ts';
import { limited } from '../run/output.ts';
import { priceSource } from '../run/pricing.ts';
import type { RunResult } from '../run/report.ts';
import { aboutStep, runSummary } from '../run/run-summary.ts';
import { newRunId, run } from '../run/run.ts';
import { announce, announceFailure } from './announce.ts';
import { artifactName, hasArtifactService, isUploaded } from './artifact-settings.ts';
import { loadInputs, stepName, type Inputs } from './inputs.ts';
import { publish, publishFailure } from './publish.ts';
import { StoppedCommands } from './relay.ts';
import { actionReporter } from './reporter.ts';
import { writeState, type State } from './state.ts';
import { inProcess } from '../workspace/look-through.ts';

/**
 * The main step.
 *
 * @param root the action's own directory
 * @param signal ends the run
 * @param engineWith makes the engine, given where its debug messages go
 * @returns the exit code of the process: the command's own
 */
export async function mainStep(
  root: string,
  signal: AbortSignal,
  engineWith: (debug: (message: string) => void) => Engine = (debug) => new DockerEngine(debug),
): Promise<number> {
  const start = await begin(root);
  if (start === undefined) return 1;
  const { config, secrets, upload, runId } = start;
  const prices = priceSource(config);
  const { reporter, warnings } = recording(filtered(actionReporter, config.logLevel));
  const relay = new StoppedCommands();
  const deferring = relay.deferring(reporter);
  let state: State = { runId, upload, prices };
  const result = await run(config, secrets, {
    runId,
    engine: engineWith(deferring.debug),
    reporter: deferring,
    warnNow: relay.warningNow(reporter),
    output: limited(relay),
    root,
    images: () => builtImageNames(`${root}/dist`),
    lookThrough: inProcess(root),
    temporary: stepTemporaryDirectory(),
    environment: process.env,
    signal,
    hasPostStep: true,
    onLogs: (logs) => {
      state = { ...state, logs };
      writeState(state);
    },
  });
  // Nothing that the runner should read as a command may be printed before this.
  relay.end();
  await attempt(reporter, 'save the state for the post step', () => {
    writeState({ ...state, succeeded: result.outcome === 'success', started: result.engineAnswered });
  });
  const logs = placeOfLogs(result, start);
  announce(config, result, { logs, page: documentLink(LOG_PAGE, root) }, reporter);
  const summary = (): string => runSummary(result, config, secrets, { root, environment: process.env, logs, warnings });
  await publish(result, secrets, reporter, summary);
  return result.exitCode;
}

/** About the log, below the installation's directory. */
const LOG_PAGE = 'docs/troubleshooting.md#the-steps-log-line-by-line';

/** What a run needs before it can begin. */
interface Start extends Inputs {
  readonly runId: string;
}

/** Reads the inputs and saves what the post step needs. @returns undefined when that failed, which the job then knows */
async function begin(root: string): Promise<Start | undefined> {
  let failed: NotBegun = 'inputs';
  try {
    const inputs = loadInputs();
    failed = 'start';
    const runId = newRunId();
    writeState({ runId, upload: inputs.upload, prices: priceSource(inputs.config) });
    return { ...inputs, runId };
  } catch (error) {
    const about = (): About => aboutStep(stepName(), { root, environment: process.env });
    announceFailure(error);
    await publishFailure(actionReporter, () => notBegunMarkdown(error, failed, about()));
    return undefined;
  }
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
