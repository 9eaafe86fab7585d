import { tmpdir } from 'node:os';
import type { Built } from '../config/build.ts';
import { DockerCli } from '../docker/cli.ts';
import type { Engine } from '../docker/engine.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { logPaths } from '../host/log-directories.ts';
import { costText } from '../report/money.ts';
import type { DomainCount } from '../report/tally.ts';
import { filtered, stderrReporter, type Reporter } from '../reporter.ts';
import { writeTo } from '../run/output.ts';
import type { RunResult } from '../run/report.ts';
import { newRunId, run } from '../run/run.ts';
import { tokensOf } from '../shared/usage.ts';
import { inProcess } from '../workspace/look-through.ts';

/** Names that a message lists. */
const MAX_NAMED = 50;

/**
 * Runs a command in a sandbox and reports the outcome on standard error.
 *
 * @param root the installation's directory
 * @param signal ends the run
 * @param engineWith makes the engine, given where its debug messages go
 * @returns the exit code of the process: the command's own
 */
export async function runCommand(
  { config, secrets }: Built,
  root: string,
  signal: AbortSignal,
  engineWith: (debug: (message: string) => void) => Engine = (debug) => new DockerCli(debug),
): Promise<number> {
  const reporter = filtered(stderrReporter, config.logLevel);
  const runId = newRunId();
  const result = await run(config, secrets, {
    runId,
    engine: engineWith(reporter.debug),
    reporter,
    warnNow: reporter.warning,
    // Without the limit of a job's log: the output may be what the command is for.
    output: { stdout: writeTo(process.stdout), stderr: writeTo(process.stderr) },
    root,
    images: () => builtImageNames(`${root}/dist`),
    lookThrough: inProcess(root),
    temporary: tmpdir(),
    environment: process.env,
    signal,
    hasPostStep: false,
  });
  report(result, reporter);
  if (config.keepContainers) {
    reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
  }
  return result.exitCode;
}

function report({ error, traffic: { domains, usage }, logs, hasAgentLogs }: RunResult, reporter: Reporter): void {
  if (error !== undefined) reporter.error(describeError(error));
  if (domains !== undefined && domains.allowed.length > 0) reporter.info(`allowed: ${named(domains.allowed)}`);
  if (domains !== undefined && domains.blocked.length > 0) reporter.info(`refused: ${named(domains.blocked)}`);
  if (usage !== undefined && usage.requests > 0) {
    reporter.info(`models: ${usage.requests} requests, ${tokensOf(usage)} tokens, ${costText(usage)}`);
  }
  if (logs !== undefined) reporter.info(`logs: ${logPaths(logs, hasAgentLogs).join(', ')}`);
}

/** The most requested names; the command can ask for any number of them. */
function named(list: readonly DomainCount[]): string {
  const names = list.slice(0, MAX_NAMED).map(({ domain }) => domain);
  return names.join(', ') + (list.length > MAX_NAMED ? ' and more names, which are in the log' : '');
}
