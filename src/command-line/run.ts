import { tmpdir } from 'node:os';
import type { Built } from '../config/build.ts';
import { DockerCli } from '../docker/cli.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { filtered, stderrReporter, type Reporter } from '../reporter.ts';
import { writeTo } from '../run/output.ts';
import { newRunId, run, type RunResult } from '../run/run.ts';

/**
 * Runs a command in a sandbox and says on standard error how that went.
 *
 * @param root the installation's directory
 * @param signal ends the run
 * @returns the exit code of the process: the command's own
 */
export async function runCommand({ config, secrets }: Built, root: string, signal: AbortSignal): Promise<number> {
  const reporter = filtered(stderrReporter, config.logLevel);
  const runId = newRunId();
  const result = await run(config, secrets, {
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
  if (config.keepContainers) {
    reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
  }
  return result.exitCode;
}

function report({ error, traffic, logs }: RunResult, reporter: Reporter): void {
  if (error !== undefined) reporter.error(describeError(error));
  const names = (list: RunResult['traffic']['allowed']): string => list.map(({ domain }) => domain).join(', ');
  if (traffic.allowed.length > 0) reporter.info(`allowed: ${names(traffic.allowed)}`);
  if (traffic.blocked.length > 0) reporter.info(`refused: ${names(traffic.blocked)}`);
  if (logs !== undefined) reporter.info(`logs: ${logs.squid}, ${logs.apiProxy}`);
}
