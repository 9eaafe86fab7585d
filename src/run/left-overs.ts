import type { Engine, FoundContainer } from '../docker/engine.ts';
import type { RunMark } from '../docker/spec.ts';
import { isGone } from '../host/owner.ts';
import { attempt, type Reporter } from '../reporter.ts';
import type { RunContext } from './context.ts';
import { ENGINE_SETTLING_MS } from './limits.ts';
import { removeRun, stopRun } from './removal.ts';
import { now } from './timings.ts';
import { answered } from './within.ts';

/** What finishing a killed run takes. */
type Finishing = Pick<RunContext, 'engine'> & { readonly reporter: Reporter };

/**
 * Ends and removes the containers of runs whose process was killed, with their networks. A command among them may still
 * be writing to the workspace, so this run must not look at it before. What was kept on purpose stays, but ends.
 *
 * A killed step's post step finds less to remove afterwards, or nothing. Its work directory stays for it.
 */
export async function removeLeftOverContainers(found: readonly FoundContainer[], context: Finishing): Promise<void> {
  // What was kept and does not run any more is as it should be.
  const marks = found.flatMap(({ mark, isRunning }) => (mark?.isKept === true && !isRunning ? [] : (mark ?? [])));
  await removeRuns(marks, context);
}

/** Removes the networks and volumes of killed runs that had no containers yet, or whose containers somebody removed. */
export async function removeLeftOverObjects(context: Finishing): Promise<void> {
  const marks = await attempt(context.reporter, 'look for what killed runs left', () =>
    answered(context.engine.objectMarks()),
  );
  await removeRuns(
    (marks ?? []).filter(({ isKept }) => isKept !== true),
    context,
  );
}

/** Says nothing about runs whose process may be alive. */
async function removeRuns(marks: readonly RunMark[], { engine, reporter }: Finishing): Promise<void> {
  const runs = new Map(marks.map((mark) => [mark.runId, mark]));
  const killed = [...runs.values()].filter(({ owner }) => owner !== undefined && isGone(owner));
  await Promise.all(
    killed.map(({ runId, isKept }) =>
      attempt(reporter, `remove what the run ${runId} left when it was killed`, async () => {
        await endKilledRun(engine, { runId, isKept });
        reporter.info(`The run ${runId} was killed; ${isKept === true ? 'stopped' : 'removed'} what it had left.`);
      }),
    ),
  );
}

/** Removes a run whose process is gone, or stops it if its containers were to be kept. */
export async function endKilledRun(engine: Engine, { runId, isKept }: RunMark): Promise<void> {
  const until = now() + ENGINE_SETTLING_MS;
  const isSettled = (): boolean => now() > until;
  await answered<unknown>(
    isKept === true ? stopRun(engine, runId, isSettled, () => undefined) : removeRun(engine, runId, isSettled),
  );
}
