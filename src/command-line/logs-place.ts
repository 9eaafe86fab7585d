import { basename } from 'node:path';
import type { Config } from '../config/config.ts';
import { describeError } from '../errors.ts';
import { versionOf } from '../host/installation.ts';
import { makeRunDirectory, prune, writeRunRecord, type RunRecord } from '../host/run-logs.ts';
import { attempt, type Reporter } from '../reporter.ts';
import type { RunResult } from '../run/report.ts';
import { Cancelled, exitCodeOf } from '../run/signals.ts';
import type { CommandContext } from './subcommand.ts';

/** The directory of a run in the user's own place for logs. */
export class LogsPlace {
  readonly #reporter: Reporter;
  readonly #runId: string;
  readonly #started = new Date();
  #path: string | undefined;

  constructor(runId: string, reporter: Reporter) {
    [this.#runId, this.#reporter] = [runId, reporter];
  }

  /** Makes the directory. @returns undefined if there can be none, and the logs have to go elsewhere */
  readonly make = (workspace: string): string | undefined => {
    try {
      this.#path = makeRunDirectory(this.#runId, workspace);
    } catch (error) {
      this.#reporter.info(`The logs go to the temporary directory. ${describeError(error)}`);
    }
    return this.#path;
  };

  /** Says in `run.json` how the run ended, and removes the logs of old runs. */
  async finish(
    { command }: Config,
    result: RunResult,
    { root, signal }: Pick<CommandContext, 'root' | 'signal'>,
  ): Promise<void> {
    const path = this.#path;
    if (path === undefined) return;
    await attempt(this.#reporter, 'write run.json', () => {
      writeRunRecord(path, this.#started, {
        ...{ awf: versionOf(root), runId: this.#runId, ...endOf(result, signal) },
        program: command.kind === 'argv' ? basename(command.argv[0] ?? '') : '',
        durationMs: Date.now() - this.#started.getTime(),
      });
    });
    await attempt(this.#reporter, 'remove the logs of old runs', () => {
      prune();
    });
  }
}

/** How the run ended for the shell: `awf` itself ends by the signal that cancelled it. */
function endOf(
  { outcome, exitCode }: RunResult,
  { reason }: { readonly reason: unknown },
): Pick<RunRecord, 'outcome' | 'exitCode'> {
  if (!(reason instanceof Cancelled) || exitCode === 0) return { outcome, exitCode };
  return { outcome: outcome === 'error' ? 'cancelled' : outcome, exitCode: exitCodeOf(reason.by) };
}
