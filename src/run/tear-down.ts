import type { Config } from '../config/config.ts';
import { EngineGone } from '../docker/failure.ts';
import { UserError } from '../errors.ts';
import type { LookThrough } from '../workspace/look-through.ts';
import type { Aftermath } from '../workspace/inspect.ts';
import { SURVEY_LIMIT_MS } from './limits.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './context.ts';
import type { Sandbox } from './sandbox.ts';
import { answered } from './within.ts';

/**
 * Removes the containers, and searches the workspace as soon as nothing of the command runs any more. What fails fails the
 * run: a sandbox that outlives its step is no success.
 *
 * @returns what the command left in the workspace; undefined when that is not known
 */
export async function tearDown(
  { keepContainers }: Config,
  sandbox: Sandbox,
  { signal, lookThrough, reporter }: RunContext,
  progress: Progress,
): Promise<Aftermath | undefined> {
  let search: Promise<Aftermath | undefined> | undefined;
  let agentGone = !sandbox.agentAsked;
  const startSearch = (): Promise<Aftermath | undefined> => {
    // The search removes and unlocks what the command left, which may be the result.
    if (search === undefined && agentGone && sandbox.commandStarted) progress.result = progress.resultFile?.read();
    return (search ??= searchWorkspace(lookThrough, progress));
  };
  if (progress.engineAsked) {
    const interrupted = progress.error !== undefined || signal.aborted;
    try {
      const ending = sandbox.end({ interrupted, keep: keepContainers }, () => {
        agentGone = true;
        void startSearch();
      });
      await answered(ending);
      agentGone = true;
    } catch (error) {
      if (error instanceof EngineGone && sandbox.agentAsked) reporter.warning(MAY_RUN_ON);
      progress.fail(error);
    }
  }
  const aftermath = await startSearch();
  progress.isSearched = agentGone && aftermath !== undefined;
  return aftermath;
}

const MAY_RUN_ON =
  'The containers of this run could not be removed, because the Docker engine is gone. They may run on. The next run ' +
  'removes them, or docker rm once the engine is back (docker ps --filter label=awf.run).';

const NO_GIT = 'Do not run git there.';

async function searchWorkspace(lookThrough: LookThrough, progress: Progress): Promise<Aftermath | undefined> {
  const { baseline, workDirectory, timings } = progress;
  if (baseline === undefined || workDirectory === undefined) return undefined;
  try {
    const found = await timings.measure('workspace: search', () => lookThrough(workDirectory, SURVEY_LIMIT_MS));
    if (found.left > 0)
      progress.fail(new UserError('The workspace could not be searched to the end.', { hint: NO_GIT }));
    return found;
  } catch (cause) {
    progress.fail(
      new UserError(`What the command left in ${baseline.workspace} could not be searched.`, {
        hint: NO_GIT,
        cause,
      }),
    );
    return undefined;
  }
}
