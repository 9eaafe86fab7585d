import * as core from '@actions/core';
import { loadInputs } from './inputs.ts';
import type { Secrets } from '../config/secrets.ts';
import { DockerCli } from '../docker/cli.ts';
import { builtImageNames } from '../docker/images.ts';
import { describeError } from '../errors.ts';
import { stepTemporaryDirectory } from '../host/paths.ts';
import { filtered, type Reporter } from '../reporter.ts';
import { agentOutputs } from '../report/agent-outputs.ts';
import { agentSummary } from '../report/agent-summary.ts';
import { flush, limited } from '../run/output.ts';
import { StoppedCommands } from './relay.ts';
import { summaryMarkdown } from '../report/summary.ts';
import { newRunId, run, type RunResult } from '../run/run.ts';
import { cancellation } from '../run/signals.ts';
import { writeState } from './state.ts';

/** Messages as log commands of the runner. */
const actionReporter: Reporter = {
  debug: core.info,
  info: core.info,
  warning: (message) => {
    core.warning(message);
  },
  error: (message) => {
    core.error(message);
  },
};

/**
 * The main step.
 *
 * @param root the action's own directory
 * @returns the exit code of the process: the command's own
 */
export async function runAction(root: string): Promise<number> {
  const signal = cancellation();
  try {
    const { config, secrets, upload } = loadInputs();
    const runId = newRunId();
    writeState({ runId, upload });
    const reporter = filtered(actionReporter, config.logLevel);
    const relay = new StoppedCommands();
    const result = await run(config, secrets, {
      runId,
      engine: new DockerCli(reporter.debug),
      reporter: relay.deferring(reporter),
      output: limited(relay),
      root,
      images: builtImageNames(`${root}/dist`),
      temporary: stepTemporaryDirectory(),
      environment: process.env,
      signal,
      onLogs: (logs) => {
        writeState({ runId, upload, logs });
      },
    });
    relay.end();
    writeState({ runId, upload, ...(result.logs && { logs: result.logs }), succeeded: result.outcome === 'success' });
    await report(result, secrets);
    return result.exitCode;
  } catch (error) {
    core.setFailed(describeError(error));
    core.setOutput('exit-code', '1');
    core.setOutput('outcome', 'error');
    return 1;
  } finally {
    await flush(signal);
  }
}

async function report(result: RunResult, secrets: Secrets): Promise<void> {
  const { traffic, outcome, exitCode, timings, logs, written } = result;
  const outputs = agentOutputs(written.output, secrets);
  for (const warning of outputs.warnings) core.warning(warning);
  core.setOutput('exit-code', String(exitCode));
  core.setOutput('outcome', outcome);
  core.setOutput('allowed-domains', JSON.stringify(traffic.allowed.map(({ domain }) => domain)));
  core.setOutput('blocked-domains', JSON.stringify(traffic.blocked.map(({ domain }) => domain)));
  core.setOutput('requests', String(traffic.usage.requests));
  core.setOutput('input-tokens', String(traffic.usage.inputTokens));
  core.setOutput('output-tokens', String(traffic.usage.outputTokens));
  core.setOutput('agent-outputs', JSON.stringify(outputs.values));
  core.setOutput('logs-path', logs?.squid ?? '');
  core.setOutput('startup-ms', timings.startupMs === undefined ? '' : String(Math.round(timings.startupMs)));
  const error = result.error === undefined ? undefined : describeError(result.error);
  if (error !== undefined) core.setFailed(error);
  else if (exitCode !== 0) core.setFailed(`The command ended with exit code ${String(exitCode)}.`);
  if ((process.env['GITHUB_STEP_SUMMARY'] ?? '') === '') return;
  const ofCommand = agentSummary(written.summary, secrets);
  const facts = {
    outcome,
    exitCode,
    error,
    traffic,
    aftermath: result.aftermath,
    startupMs: timings.startupMs,
    logs,
    ofCommand,
  };
  await core.summary.addRaw(summaryMarkdown(facts)).write();
}
