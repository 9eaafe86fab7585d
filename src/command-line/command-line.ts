import { DockerCli } from '../docker/cli.ts';
import type { Engine } from '../docker/engine.ts';
import { describeError } from '../errors.ts';
import { stderrReporter } from '../reporter.ts';
import { loadCliArgs, type CliRequest } from './args.ts';
import { DOCTOR } from './doctor.ts';
import { EXAMPLES } from './examples.ts';
import { LOGS } from './logs.ts';
import { policyCommand } from './policy.ts';
import { PULL } from './pull.ts';
import type { Subcommand } from './subcommand.ts';
import { runCommand } from './run.ts';

/** Exit code for a command line that was not understood; a sandbox that failed has 1. */
const USAGE = 2;

const SUBCOMMANDS: readonly Subcommand[] = [LOGS, DOCTOR, PULL, EXAMPLES];

/**
 * `awf [options] -- COMMAND [ARG...]`, or `awf policy ...`.
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
  engineWith?: (debug: (message: string) => void) => Engine,
): Promise<number> {
  let request: CliRequest;
  try {
    if (argv[0] === 'policy') {
      const { text, exitCode } = policyCommand(argv.slice(1));
      process.stdout.write(text);
      return exitCode;
    }
    const subcommand = SUBCOMMANDS.find(({ name }) => name === argv[0]);
    if (subcommand !== undefined) {
      const answer = await subcommand.run(argv.slice(1), {
        ...{ root, environment: process.env, workspace: process.cwd(), signal, subcommands: SUBCOMMANDS },
        engineWith: engineWith ?? ((debug) => new DockerCli(debug)),
      });
      if (typeof answer === 'number') return answer;
      process.stdout.write(answer.text);
      return answer.exitCode;
    }
    request = loadCliArgs(argv);
  } catch (error) {
    stderrReporter.error(describeError(error));
    return USAGE;
  }
  if (!('text' in request)) return runCommand(request, root, signal, engineWith);
  process.stdout.write(request.text);
  return 0;
}
