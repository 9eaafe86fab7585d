import { DockerEngine } from '../docker/docker-engine.ts';
import type { Engine } from '../docker/engine.ts';
import { builtImageNames } from '../docker/images.ts';
import { stepTemporaryDirectory } from '../host/paths.ts';
import type { NotBegun } from '../report/error-summary.ts';
import { attempt, filtered, recording } from '../reporter.ts';
import { limited } from '../run/output.ts';
import { priceSource } from '../run/pricing.ts';
import { newRunId, run } from '../run/run.ts';
import type { Start } from './conclude.ts';
import { loadInputs } from './inputs.ts';
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
  }).finally(() => {
    // Nothing that the runner should read as a command may be printed before this.
    relay.end();
  });
  await attempt(reporter, 'save the state for the post step', () => {
    writeState({ ...state, succeeded: result.outcome === 'success', started: result.engineAnswered });
  });
  await attempt(reporter, 'report how the run ended', async () => {
    const { conclude } = await loadConclusion();
    await conclude(result, start, { root, reporter, warnings });
  });
  return result.exitCode;
}

/** What nobody needs before a run has ended is not loaded before it. */
const loadConclusion = (): Promise<typeof import('./conclude.ts')> => import('./conclude.ts');

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
    const { concludeFailure } = await loadConclusion();
    await concludeFailure(error, failed, root);
    return undefined;
  }
}
