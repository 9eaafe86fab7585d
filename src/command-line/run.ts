import { tmpdir } from 'node:os';
import type { Built } from '../config/build.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { logPaths, writeSummaryFile } from '../host/log-directories.ts';
import { egressLines } from '../report/egress.ts';
import { costText } from '../report/money.ts';
import type { DomainCount } from '../report/tally.ts';
import type { DomainTraffic } from '../report/traffic.ts';
import { attempt, filtered, recording, stderrReporter, type Reporter } from '../reporter.ts';
import { pipedInput } from '../run/command-input.ts';
import { blockedText } from '../run/messages.ts';
import { writeTo } from '../run/output.ts';
import type { RunResult } from '../run/report.ts';
import { runSummary } from '../run/run-summary.ts';
import { newRunId, run } from '../run/run.ts';
import { tokensOf } from '../shared/usage.ts';
import { inProcess } from '../workspace/look-through.ts';
import { loadCliArgs } from './args.ts';
import { inputKind, surroundings, type InputKind } from './input-kind.ts';
import { LogsPlace } from './logs-place.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';
import { Terminal } from './terminal.ts';

/** Names that a message lists. */
const MAX_NAMED = 50;

/** `awf [run] [options] -- COMMAND [ARG...]` */
export const RUN: Subcommand = {
  name: 'run',
  syntax: '[options] -- COMMAND',
  summary: 'runs a command; the word run is optional',
  run: (argv, context): Answer | Promise<number> => {
    const request = loadCliArgs(argv, context.environment, context.workspace);
    if ('text' in request) return { text: request.text, exitCode: 0 };
    return runCommand(request, inputKind(request.values.tty, surroundings()), context);
  },
};

/**
 * Runs a command in a sandbox and reports the outcome on standard error.
 *
 * @returns the exit code of the process: the command's own
 */
async function runCommand({ config, secrets }: Built, input: InputKind, context: CommandContext): Promise<number> {
  const { root, signal, engineWith, environment } = context;
  const terminal = input === 'terminal' ? new Terminal(process.stdin, process.stdout, process.stderr.isTTY) : undefined;
  const told = filtered(terminal?.patient(stderrReporter) ?? stderrReporter, config.logLevel);
  const { reporter, warnings } = recording(told);
  const stdout = writeTo(process.stdout);
  const runId = newRunId();
  const logs = new LogsPlace(runId, reporter);
  const result = await run(config, secrets, {
    runId,
    engine: engineWith(reporter.debug),
    reporter,
    warnNow: reporter.warning,
    // Without the limit of a job's log: the output may be what the command is for.
    output: { stdout: terminal?.through(stdout) ?? stdout, stderr: writeTo(process.stderr) },
    input: terminal ?? (input === 'data' ? pipedInput(process.stdin) : undefined),
    root,
    images: () => builtImageNames(`${root}/dist`),
    lookThrough: inProcess(root),
    temporary: tmpdir(),
    logsPlace: logs.make,
    environment,
    signal,
    hasPostStep: false,
  });
  report(result, reporter);
  if (result.logs !== undefined) {
    const { logs: written, hasAgentLogs } = result;
    const about = { root, environment, logs: { paths: logPaths(written, hasAgentLogs) }, warnings };
    const write = (): void => writeSummaryFile(written, runSummary(result, config, secrets, about));
    await attempt(reporter, 'write summary.md', write);
  }
  await logs.finish(config, result, root);
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
