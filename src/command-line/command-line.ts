import { DockerEngine } from '../docker/docker-engine.ts';
import type { Engine } from '../docker/engine.ts';
import { describeError, USAGE_EXIT_CODE, UserError } from '../errors.ts';
import { harmless, stderrReporter } from '../reporter.ts';
import { usage } from './args.ts';
import { COMPLETION } from './completion.ts';
import { DOCTOR } from './doctor.ts';
import { EXAMPLES } from './examples.ts';
import { help, HELP } from './help.ts';
import { LOGS } from './logs.ts';
import { notASubcommand } from './not-a-subcommand.ts';
import { POLICY } from './policy.ts';
import { PULL } from './pull.ts';
import { RUN } from './run.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';
import { VERSION } from './version.ts';

/** Every first word that means something, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [RUN, LOGS, DOCTOR, POLICY, PULL, EXAMPLES, COMPLETION, HELP, VERSION];

/** Flags that are subcommands elsewhere, by habit. They count as the first word only. */
const SYNONYMS: Readonly<Record<string, string>> = { '--version': 'version', '-V': 'version' };

/**
 * `awf [options] -- COMMAND [ARG...]`, or `awf SUBCOMMAND ...`.
 *
 * @param argv without the interpreter and the script
 * @param root the installation's directory
 * @param signal ends the run
 * @param engineWith makes the engine, given where its debug messages go; Docker's by default
 * @returns the exit code of the process
 */
export async function commandLine(
  argv: readonly string[],
  root: string,
  signal: AbortSignal,
  engineWith: (debug: (message: string) => void) => Engine = (debug) => new DockerEngine(debug),
): Promise<number> {
  try {
    const surroundings = { environment: process.env, workspace: currentDirectory() };
    const context: CommandContext = { root, signal, engineWith, subcommands: SUBCOMMANDS, ...surroundings };
    const answer = await dispatch(argv, context);
    if (typeof answer === 'number') return answer;
    process.stdout.write(harmless(answer.text));
    return answer.exitCode;
  } catch (error) {
    stderrReporter.error(describeError(error));
    return USAGE_EXIT_CODE;
  }
}

/** @throws UserError if the directory was removed since the shell changed to it, or a parent is closed to this user */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UserError('The current directory does not exist any more, or cannot be read.', {
      hint: 'Change to a directory that exists. If this one was made anew, run: cd "$PWD"',
      cause,
    });
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<Answer | number> {
  const [first, ...rest] = argv;
  if (first === undefined) {
    process.stderr.write(usage());
    return USAGE_EXIT_CODE;
  }
  // `awf --help` is the help about everything; `awf run --help` is about its options.
  if (first === '--help' || first === '-h') return { text: help(context), exitCode: 0 };
  const name = SYNONYMS[first] ?? first;
  const subcommand = SUBCOMMANDS.find((one) => one.name === name);
  if (subcommand !== undefined) return subcommand.run(rest, context);
  if (!first.startsWith('-')) throw notASubcommand(argv, SUBCOMMANDS);
  return RUN.run(argv, context);
}
