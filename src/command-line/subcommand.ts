import type { Engine } from '../docker/engine.ts';

/** What a subcommand prints, and how the process exits. */
export interface Answer {
  readonly text: string;
  readonly exitCode: number;
}

/** What a subcommand finds around it. */
export interface CommandContext {
  /** The installation's directory. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The current directory, where paths start. */
  readonly workspace: string;
  /** Fires when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Makes the engine, given where its debug messages go. */
  readonly engineWith: (debug: (message: string) => void) => Engine;
  /** Every subcommand, in the order of the help. */
  readonly subcommands: readonly Subcommand[];
}

/** A first word of the command line, with what it does. */
export interface Subcommand {
  readonly name: string;
  /** Follows the name in the usage line: `[options] -- COMMAND [ARG...]`. */
  readonly syntax: string;
  /** Those of its own, if it has any: each has a help too. */
  readonly commands?: readonly string[];
  /** A phrase for the list in `awf --help`: "lists ...". */
  readonly summary: string;
  /**
   * @param argv what follows the name
   * @returns what to print on standard output with the exit code, or the exit code alone of what has printed already
   * @throws UserError for a command line that was not understood; the process then exits with 2
   */
  readonly run: (argv: readonly string[], context: CommandContext) => Answer | number | Promise<Answer | number>;
}
