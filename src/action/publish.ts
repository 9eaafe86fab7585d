import { appendFileSync, existsSync } from 'node:fs';
import * as core from '@actions/core';
import type { Secrets } from '../config/secrets.ts';
import { describeError } from '../errors.ts';
import { writeSummaryFile } from '../host/log-directories.ts';
import { agentOutputs } from '../report/agent-outputs.ts';
import { decimalUsd } from '../report/money.ts';
import type { DomainCount } from '../report/tally.ts';
import type { DomainTraffic } from '../report/traffic.ts';
import { attempt, type Reporter } from '../reporter.ts';
import { DOMAINS_OUTPUT_LIMIT } from '../run/limits.ts';
import type { RunResult } from '../run/report.ts';
import { appending } from './runner-file.ts';

/**
 * Tells the job how the run ended: outputs and job summary. Each part has a guard of its own, and none of them
 * changes the exit code or the outcome.
 *
 * @param summary makes the summary, when everything else is told
 */
export async function publish(
  result: RunResult,
  secrets: Secrets,
  reporter: Reporter,
  summary: () => string,
): Promise<void> {
  const { logs } = result;
  const outputs = { ...runOutputs(result), ...(await commandOutputs(result, secrets, reporter)) };
  setOutputs(outputs, reporter);
  for (const warning of cutWarnings(result)) reporter.warning(warning);
  const markdown = await attempt(reporter, 'make the job summary', summary);
  if (markdown === undefined) return;
  await attempt(reporter, 'write the job summary to GITHUB_STEP_SUMMARY', () => {
    writeSummary(markdown);
  });
  // That a directory is gone was said before.
  if (logs !== undefined && existsSync(logs.squid))
    await attempt(reporter, 'write summary.md', () => writeSummaryFile(logs, markdown));
}

/**
 * For a step whose run never began.
 *
 * @param summary says so to a reader of the job's page
 */
export async function publishFailure(reporter: Reporter, summary: () => string): Promise<void> {
  setOutputs({ 'exit-code': '1', outcome: 'error' }, reporter);
  await attempt(reporter, 'write the job summary to GITHUB_STEP_SUMMARY', () => {
    writeSummary(summary());
  });
}

/** What could not be read is left out, never shown as empty. */
function runOutputs({
  traffic: { domains, usage },
  outcome,
  exitCode,
  timings,
  logs,
  result,
}: RunResult): Record<string, string> {
  return {
    'exit-code': String(exitCode),
    outcome,
    'startup-ms': timings.startupMs === undefined ? '' : String(Math.round(timings.startupMs)),
    'logs-path': logs?.squid ?? '',
    result,
    ...(usage && {
      requests: String(usage.requests),
      'input-tokens': String(usage.inputTokens),
      'output-tokens': String(usage.outputTokens),
      // A part of the cost must not pass for the whole.
      'cost-usd': usage.costUsd === null ? '' : decimalUsd(usage.costUsd),
    }),
    ...(domains && {
      'allowed-domains': domainNames(reached(domains)),
      'blocked-domains': domainNames(byName(domains.blocked)),
    }),
  };
}

/** The names that the command reached, whether an entry allows them or an audit let them through. */
const reached = ({ allowed, audited }: DomainTraffic): DomainCount[] => byName([...allowed, ...audited]);

/** Each name once, most requested first. */
function byName(list: readonly DomainCount[]): DomainCount[] {
  const counts = new Map<string, number>();
  for (const { domain, requests } of list) counts.set(domain, (counts.get(domain) ?? 0) + requests);
  return [...counts].map(([domain, requests]) => ({ domain, requests })).sort((a, b) => b.requests - a.requests);
}

/** A JSON array of the names that fit, most requested first. */
function domainNames(list: readonly DomainCount[]): string {
  return JSON.stringify(fitting(list));
}

/** The command can ask for any number of names, but a variable of a later step has limits. */
function fitting(list: readonly DomainCount[]): string[] {
  let length = 2;
  return list
    .map(({ domain }) => domain)
    .filter((name) => (length += JSON.stringify(name).length + 1) <= DOMAINS_OUTPUT_LIMIT);
}

/** A shortened list must not pass for a whole one. */
function cutWarnings({ traffic: { domains } }: RunResult): string[] {
  if (domains === undefined) return [];
  const { others } = domains;
  return [
    { output: 'allowed-domains', list: reached(domains), uncounted: others.allowed + others.audited },
    { output: 'blocked-domains', list: byName(domains.blocked), uncounted: others.blocked },
  ].flatMap(({ output, list, uncounted }) => {
    const left = list.length - fitting(list).length;
    if (left === 0 && uncounted === 0) return [];
    const more = uncounted === 0 ? '' : `, and ${uncounted} requests for names beyond those`;
    return [
      `The output ${output} has the ${list.length - left} most requested names. ${left} names are left out${more}; they are in Squid's log.`,
    ];
  });
}

async function commandOutputs(
  { written }: RunResult,
  secrets: Secrets,
  reporter: Reporter,
): Promise<Record<string, string>> {
  const outputs = await attempt(reporter, "read the command's outputs", () => agentOutputs(written.output, secrets));
  for (const warning of outputs?.warnings ?? []) reporter.warning(warning);
  return { 'agent-outputs': JSON.stringify(outputs?.values ?? {}) };
}

function setOutputs(outputs: Readonly<Record<string, string>>, reporter: Reporter): void {
  const failed: string[] = [];
  let reason: unknown;
  for (const [name, value] of Object.entries(outputs)) {
    try {
      appending('GITHUB_OUTPUT', () => core.setOutput(name, value));
    } catch (error) {
      failed.push(name);
      reason ??= error;
    }
  }
  if (failed.length > 0)
    reporter.warning(`Could not write the outputs ${failed.join(', ')} to GITHUB_OUTPUT: ${describeError(reason)}`);
}

function writeSummary(markdown: string): void {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file !== '') appending('GITHUB_STEP_SUMMARY', () => appendFileSync(file, markdown));
}
