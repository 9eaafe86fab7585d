import { tmpdir } from 'node:os';
import type { Built } from '../config/build.ts';
import { DockerCli } from '../docker/cli.ts';
import type { Engine } from '../docker/engine.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { logPaths, writeSummaryFile } from '../host/log-directories.ts';
import { egressLines } from '../report/egress.ts';
import { costText } from '../report/money.ts';
import type { DomainCount } from '../report/tally.ts';
import type { DomainTraffic } from '../report/traffic.ts';
import { attempt, filtered, recording, stderrReporter, type Reporter } from '../reporter.ts';
import { blockedText } from '../run/messages.ts';
import { writeTo } from '../run/output.ts';
import type { RunResult } from '../run/report.ts';
import { runSummary } from '../run/run-summary.ts';
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
  const { reporter, warnings } = recording(filtered(stderrReporter, config.logLevel));
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
  const { logs, hasAgentLogs } = result;
  if (logs !== undefined) {
    const context = { root, environment: process.env, logs: { paths: logPaths(logs, hasAgentLogs) }, warnings };
    const write = (): void => writeSummaryFile(logs, runSummary(result, config, secrets, context));
    await attempt(reporter, 'write summary.md', write);
  }
  if (config.keepContainers) {
    reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
  }
  return result.exitCode;
}

function report(
  { error, outcome, traffic: { domains, usage }, egress, logs, hasAgentLogs }: RunResult,
  reporter: Reporter,
): void {
  if (error !== undefined) reporter.error(describeError(error));
  if (outcome === 'blocked') reporter.error(blockedText('cli', egress));
  if (domains !== undefined) reportDomains(domains, reporter);
  for (const line of egress === undefined ? [] : egressLines(egress, '--allow-domains')) reporter.info(line);
  if (usage !== undefined && usage.requests > 0) {
    reporter.info(`models: ${usage.requests} requests, ${tokensOf(usage)} tokens, ${costText(usage)}`);
  }
  if (logs !== undefined) reporter.info(`logs: ${logPaths(logs, hasAgentLogs).join(', ')}`);
}

function reportDomains({ allowed, blocked, audited, unresolvable }: DomainTraffic, reporter: Reporter): void {
  const lists = {
    allowed,
    refused: blocked,
    'would be refused': audited,
    'allowed, but without an address': unresolvable,
  };
  for (const [title, list] of Object.entries(lists)) {
    if (list.length > 0) reporter.info(`${title}: ${named(list)}`);
  }
}

/** The most requested names; the command can ask for any number of them. */
function named(list: readonly DomainCount[]): string {
  const names = list.slice(0, MAX_NAMED).map(({ domain }) => domain);
  return names.join(', ') + (list.length > MAX_NAMED ? ' and more names, which are in the log' : '');
}
