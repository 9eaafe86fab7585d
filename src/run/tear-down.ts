import type { Config } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { inspectWorkspace, type Aftermath } from '../workspace/workspace.ts';
import { SURVEY_LIMIT_MS } from './limits.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './context.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * Removes the containers, and searches the workspace as soon as nothing of the command runs any more. What fails fails the
 * run: a sandbox that outlives its step is no success.
 *
 * @returns what the command left in the workspace; undefined when that is not known
 */
export async function tearDown(
  { keepContainers }: Config,
  sandbox: Sandbox,
  { signal }: RunContext,
  progress: Progress,
): Promise<Aftermath | undefined> {
  let search: Promise<Aftermath | undefined> | undefined;
  const startSearch = (): Promise<Aftermath | undefined> => (search ??= searchWorkspace(progress));
  let agentGone = !progress.engineAsked;
  if (progress.engineAsked) {
    const interrupted = progress.error !== undefined || signal.aborted;
    try {
      await sandbox.end({ interrupted, keep: keepContainers }, () => {
        agentGone = true;
        void startSearch();
      });
      agentGone = true;
    } catch (error) {
      progress.fail(error);
    }
  }
  const aftermath = await startSearch();
  progress.isSearched = agentGone && aftermath !== undefined;
  return aftermath;
}

async function searchWorkspace(progress: Progress): Promise<Aftermath | undefined> {
  const { baseline, timings } = progress;
  if (baseline === undefined) return undefined;
  try {
    return await timings.measure('workspace: search', () => inspectWorkspace(baseline, SURVEY_LIMIT_MS));
  } catch (cause) {
    progress.fail(
      new UserError(`What the command left in ${baseline.workspace} could not be searched.`, {
        hint: 'Do not run git there.',
        cause,
      }),
    );
    return undefined;
  }
}
