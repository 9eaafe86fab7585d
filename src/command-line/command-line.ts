import { loadCliArgs } from './args.ts';
import { runCommand } from './run.ts';
import { describeError } from '../errors.ts';
import { stderrReporter } from '../reporter.ts';
import { flush } from '../run/output.ts';
import { cancellation } from '../run/signals.ts';

/** Exit code for a command line that was not understood; a sandbox that failed has 1. */
const USAGE = 2;

/**
 * `awf [options] -- COMMAND [ARG...]`.
 *
 * @param argv without the interpreter and the script
 * @param root the installation's directory
 * @returns the exit code of the process
 */
export async function runCommandLine(argv: readonly string[], root: string): Promise<number> {
  const signal = cancellation();
  try {
    const request = loadCliArgs(argv);
    if (!('text' in request)) return await runCommand(request, root, signal);
    process.stdout.write(request.text);
    return 0;
  } catch (error) {
    stderrReporter.error(describeError(error));
    return USAGE;
  } finally {
    await flush(signal);
  }
}
