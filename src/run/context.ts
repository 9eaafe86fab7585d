import type { RunAuthority } from '../authority/authority.ts';
import type { Engine, Output } from '../docker/engine.ts';
import type { ImageNames } from '../docker/images.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import type { CommandInput } from './command-input.ts';
import type { LookThrough } from '../workspace/look-through.ts';
import type { RunReporter } from '../reporter.ts';

/** What a run finds around it. */
export interface RunContext {
  readonly runId: string;
  readonly engine: Engine;
  readonly reporter: RunReporter;
  readonly output: Output;
  /** The command's standard input; empty if there is none. */
  readonly input?: CommandInput | undefined;
  /** Shows a warning while the command runs. */
  readonly warnNow: (message: string) => void;
  /** The action's own directory: `containers/` and `dist/` are in it. */
  readonly root: string;
  /** Names the images of this installation. It may throw, like everything that the run has to read. */
  readonly images: () => ImageNames;
  /** Holds the run's own files, and its logs unless there is another place for them. */
  readonly temporary: string;
  /** Makes a directory for the logs, which the user has named no place for. @returns undefined for `temporary` */
  readonly logsPlace?: (workspace: string) => string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** An authority made elsewhere. */
  readonly authority?: RunAuthority;
  /** Looks through the workspace after the command. */
  readonly lookThrough: LookThrough;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** True where a post step repeats what could not be finished, and needs what the work directory holds for that. */
  readonly hasPostStep: boolean;
  /** Called as soon as the log directories exist, for a post step that must find them whatever happens. */
  readonly onLogs?: (logs: LogDirectories) => void;
}
