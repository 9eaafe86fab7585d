import { tmpdir } from 'node:os';
import { loadCliArgs } from './args.ts';
import { DockerCli } from '../docker/cli.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { filtered, stderrReporter } from '../reporter.ts';
import { flush, writeTo } from '../run/output.ts';
import { newRunId, run, type RunResult } from '../run/run.ts';
import { cancellation } from '../run/signals.ts';

/** Exit code for a command line that was not understood; a sandbox that failed has 1. */
const USAGE = 2;

/**
 * `awf [options] -- COMMAND [ARG...]`.
 *
 * @param argv without the interpreter and the script
 * @param root the installation's directory
 * @returns the exit code of the process: the command's own
 */
export async function runCommandLine(argv: readonly string[], root: string): Promise<number> {
  const signal = cancellation();
  try {
    const request = loadCliArgs(argv);
    if ('text' in request) {
      process.stdout.write(request.text);
      return 0;
    }
    const reporter = filtered(stderrReporter, request.config.logLevel);
    const runId = newRunId();
    const result = await run(request.config, request.secrets, {
      runId,
      engine: new DockerCli(reporter.debug),
      reporter,
      // Without the limit of a job's log: the output may be what the command is for.
      output: { stdout: writeTo(process.stdout), stderr: writeTo(process.stderr) },
      root,
      images: builtImageNames(`${root}/dist`),
      temporary: tmpdir(),
      environment: process.env,
      signal,
    });
    report(result, reporter);
    if (request.config.keepContainers)
      reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
    return result.exitCode;
  } catch (error) {
    stderrReporter.error(describeError(error));
    return USAGE;
  } finally {
    await flush(signal);
  }
}

function report({ error, traffic, logs }: RunResult, reporter: ReturnType<typeof filtered>): void {
  if (error !== undefined) reporter.error(describeError(error));
  const names = (list: RunResult['traffic']['allowed']): string => list.map(({ domain }) => domain).join(', ');
  if (traffic.allowed.length > 0) reporter.info(`allowed: ${names(traffic.allowed)}`);
  if (traffic.blocked.length > 0) reporter.info(`refused: ${names(traffic.blocked)}`);
  if (logs !== undefined) reporter.info(`logs: ${logs.squid}, ${logs.apiProxy}`);
}
