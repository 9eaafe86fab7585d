import { tmpdir } from 'node:os';
import type { Writable } from 'node:stream';
import type { Built } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import type { Sink } from '../docker/engine.ts';
import { builtImageNames } from '../docker/images.ts';
import { documentLink } from '../host/installation.ts';
import { logPaths, writeSummaryFile } from '../host/log-directories.ts';
import { endingOf } from '../log/ending.ts';
import { policyFileNote } from '../log/policy.ts';
import { paintFor } from '../log/paint.ts';
import { attempt, filtered, recording, stderrReporter, usesColour, type RunReporter } from '../reporter.ts';
import { pipedInput } from '../run/command-input.ts';
import { blockedText } from '../run/messages.ts';
import { writeTo } from '../run/output.ts';
import type { RunResult } from '../run/report.ts';
import { runSummary } from '../run/run-summary.ts';
import { newRunId, run } from '../run/run.ts';
import { inProcess } from '../workspace/look-through.ts';
import { loadCliArgs } from './args.ts';
import { inputKind, surroundings, type InputKind } from './input-kind.ts';
import { Legible } from './legible.ts';
import { LogsPlace } from './logs-place.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';
import { Terminal } from './terminal.ts';

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
  const legible = process.stderr.isTTY ? new Legible() : undefined;
  const own = legible?.in(stderrReporter) ?? stderrReporter;
  // On a laptop, the policy and the start are no news.
  const told = filtered(terminal?.patient(own) ?? own, config.logLevel, 'debug');
  const { reporter, warnings } = recording(told);
  const note = policyFileNote(config);
  if (note !== undefined) reporter.info(note);
  const sinkFor = (stream: Writable): Sink => legible?.through(writeTo(stream)) ?? writeTo(stream);
  const stdout = sinkFor(process.stdout);
  const runId = newRunId();
  const logs = new LogsPlace(runId, reporter);
  const result = await run(config, secrets, {
    runId,
    engine: engineWith(reporter.debug),
    reporter,
    warnNow: reporter.warning,
    // Without the limit of a job's log: the output may be what the command is for.
    output: { stdout: terminal?.through(stdout) ?? stdout, stderr: sinkFor(process.stderr) },
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
  await attempt(reporter, 'report how the run ended', () => {
    report(config, result, root, reporter);
  });
  if (result.logs !== undefined) {
    const { logs: written, hasAgentLogs } = result;
    const about = { root, environment, logs: { paths: logPaths(written, hasAgentLogs) }, warnings };
    const write = (): void => writeSummaryFile(written, runSummary(result, config, secrets, about));
    await attempt(reporter, 'write summary.md', write);
  }
  await logs.finish(config, result, context);
  if (config.keepContainers) {
    reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
  }
  return result.exitCode;
}

/**
 * What the caller does not know yet: a run that only ends as its command did says nothing. The rest is for those who debug.
 *
 * @param root the installation's directory
 */
function report(config: Config, result: RunResult, root: string, reporter: RunReporter): void {
  const { outcome, exitCode, traffic, egress, logs, hasAgentLogs } = result;
  const paint = paintFor(usesColour(process.env, process.stderr.isTTY));
  const ended = { ...result, commandMs: result.timings.commandMs };
  const { status, failure, reached, blocks } = endingOf(config, ended, traffic, egress, paint);
  const why = outcome === 'blocked' ? blockedText('cli', egress) : failure?.text;
  const error = outcome === 'failure' && !TOLD_EXIT_CODES.includes(exitCode) ? undefined : why;
  const usesModel = (traffic.usage?.requests ?? 0) > 0;
  const isTold = usesModel || blocks.length > 0;
  if (error === undefined || usesModel) (isTold ? reporter.info : reporter.debug)(status);
  if (error !== undefined) reporter.error(error);
  if (reached !== undefined) reporter.group(reached.title, reached.lines);
  for (const block of blocks) reporter.info(block);
  const paths = logs === undefined ? [] : logPaths(logs, hasAgentLogs);
  if (paths.length > 0) {
    (isTold || error !== undefined ? reporter.info : reporter.debug)(`logs: ${paths.join(', ')}`);
  }
  reporter.debug(`what each line means: ${documentLink('docs/troubleshooting.md', root)}`);
}

/** Exit codes of shells that need an explanation: not executable, not found, killed. */
const TOLD_EXIT_CODES: readonly number[] = [126, 127, 137];
