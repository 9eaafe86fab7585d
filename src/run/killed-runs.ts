import { lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunMark } from '../docker/spec.ts';
import { isGone } from '../host/owner.ts';
import { runIdOf } from '../host/paths.ts';
import type { Lock } from '../host/lock.ts';
import { lockWorkspace } from '../host/workspace-lock.ts';
import { aftermathWarnings } from '../report/aftermath.ts';
import { attempt, type Reporter } from '../reporter.ts';
import { readBaseline } from '../workspace/baseline.ts';
import type { RunContext } from './context.ts';
import { endKilledRun } from './left-overs.ts';
import { SURVEY_LIMIT_MS } from './limits.ts';

/** In a work directory: the run that it belongs to. Only runs without a post step have it. */
const MARK_FILE = 'mark.json';

/** Lets a later run finish this one, should its process be killed. */
export function writeMark(workDirectory: string, mark: RunMark): void {
  writeFileSync(join(workDirectory, MARK_FILE), JSON.stringify(mark), { mode: 0o600 });
}

/** A run that was killed, and its work directory. */
export interface KilledRun {
  readonly mark: RunMark;
  readonly workDirectory: string;
  /** The workspace, if the command may have changed it. */
  readonly workspace: string | undefined;
}

/**
 * Finds the work directories of killed runs of this user.
 *
 * They say what becomes of a workspace, so a command must not be able to forge one: it writes as this user, in a workspace.
 * Therefore, nothing is looked for unless `temporary` is root's, like /tmp, where no other user can rename anything.
 */
export function killedRuns(temporary: string): KilledRun[] {
  const { uid, mode } = statSync(temporary);
  if (uid !== 0 || (mode & STICKY) === 0) return [];
  return readdirSync(temporary).flatMap((name) => {
    const runId = runIdOf(name);
    const workDirectory = join(temporary, name);
    if (runId === undefined || !isOwn(workDirectory)) return [];
    const mark = markIn(workDirectory);
    if (mark?.owner === undefined || !isGone(mark.owner)) return [];
    return [{ mark: { ...mark, runId }, workDirectory, workspace: workspaceOf(workDirectory) }];
  });
}

const STICKY = 0o1000;

function isOwn(directory: string): boolean {
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
}

/** Undefined for a run with a post step, and for one that is just starting. */
function markIn(workDirectory: string): RunMark | undefined {
  try {
    return JSON.parse(readFileSync(join(workDirectory, MARK_FILE), 'utf8')) as RunMark;
  } catch {
    return undefined;
  }
}

/** Undefined before the baseline was written in full: until then, no command had started. */
function workspaceOf(workDirectory: string): string | undefined {
  try {
    return readBaseline(workDirectory)?.workspace;
  } catch {
    return undefined;
  }
}

/** What finishing a killed run takes. */
type Surroundings = Pick<RunContext, 'engine' | 'lookThrough'> & { readonly reporter: Reporter };

/**
 * Finishes a killed run, as its own end would have: searches the workspace, brings back what the command committed, and
 * removes the work directory. The caller has the lock of the workspace.
 */
export async function finishKilledRun(
  { mark, workDirectory, workspace }: KilledRun,
  { engine, reporter, lookThrough }: Surroundings,
): Promise<void> {
  const { runId } = mark;
  await attempt(reporter, `finish the run ${runId}, which was killed`, async () => {
    await endKilledRun(engine, mark);
    if (workspace !== undefined && statSync(workspace, { throwIfNoEntry: false }) !== undefined) {
      reporter.info(`Finishing the run ${runId} in ${workspace}, which was killed.`);
      const aftermath = await lookThrough(workDirectory, SURVEY_LIMIT_MS);
      for (const warning of aftermathWarnings(aftermath)) reporter.warning(warning);
    }
    const { rmRF } = await import('@actions/io');
    await rmRF(workDirectory);
  });
}

/** Finishes killed runs, each in its own workspace. One whose workspace is in use is left to a later run. */
export async function finishKilledRuns(runs: readonly KilledRun[], surroundings: Surroundings): Promise<void> {
  for (const run of runs) {
    const lock = run.workspace === undefined ? NO_LOCK : await lockWorkspace(run.workspace).catch(() => undefined);
    if (lock === undefined) continue;
    await finishKilledRun(run, surroundings).finally(lock.release);
  }
}

const NO_LOCK: Lock = { release: () => undefined };
