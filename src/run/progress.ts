import type { CommandFiles } from '../agent/command-files.ts';
import type { TranscriptsFile } from '../agent/transcripts.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import type { Baseline } from '../workspace/baseline.ts';
import { explained } from '../host/shortage.ts';
import type { ResultFile, ResultReading } from '../report/result-file.ts';
import type { Ending } from './sandbox.ts';
import { Timings } from './timings.ts';

/**
 * How far a run has come. Each field is set as soon as its thing exists, so that the end of a run that failed halfway
 * finds everything there is to remove and to report.
 */
export class Progress {
  readonly timings = new Timings();
  /** Milliseconds since the epoch. */
  readonly since = Date.now();
  workDirectory: string | undefined;
  logs: LogDirectories | undefined;
  /** True once the engine was asked for something that would outlive this process. */
  engineAsked = false;
  /** True once the engine has answered anything. Before that, it has made nothing. */
  engineAnswered = false;
  /** The memory limit of a command that was killed because memory ran out. */
  outOfMemory: string | undefined;
  /** What the workspace was like before the command. */
  baseline: Baseline | undefined;
  /** True once the workspace was searched while nothing of the command ran any more. */
  isSearched = false;
  /** The agent's address. */
  agentAddress: string | undefined;
  commandFiles: CommandFiles | undefined;
  transcripts: TranscriptsFile | undefined;
  /** The file with the command's result, if the user wants one. */
  resultFile: ResultFile | undefined;
  /** What it was, once nothing of the command ran any more. */
  result: ResultReading | undefined;
  /** Models without a known price that the user was warned about while the command ran. */
  readonly warnedModels = new Set<string>();
  ending: Ending | undefined;
  #error: unknown;

  /** Why the run failed: the first error, which caused the others. */
  get error(): unknown {
    return this.#error;
  }

  fail(error: unknown): void {
    this.#error ??= explained(error);
  }
}
