import { aftermathMarkdown } from './aftermath.ts';
import { networkBlocks, refusedBlocks } from './egress-summary.ts';
import { errorBlocks, footer, link } from './error-summary.ts';
import { hostBlocks, refusedHostBlocks } from './host-summary.ts';
import { code, details, list } from './markdown.ts';
import { modelBlocks, modelNotices } from './model-summary.ts';
import { counted, countText } from './numbers.ts';
import { plainText } from './plain-text.ts';
import type { SummaryFacts } from './summary-facts.ts';
import { timelineBlocks } from './timeline-summary.ts';
import { heading, verdictBlocks } from './verdict-summary.ts';

/** What GitHub accepts as a step's summary; a longer one is dropped as a whole. Bytes. */
const SUMMARY_LIMIT = 1024 * 1024;

/**
 * The job summary of a run, as GitHub-flavoured Markdown: first what a reader has to see, then what one may open. Nothing
 * is said about what did not happen.
 *
 * @param limit bytes; what the command wrote is left out first, what one may open next
 */
export function summaryMarkdown(facts: SummaryFacts, limit = SUMMARY_LIMIT): string {
  const { commandSummary } = facts;
  const head = headOf(facts);
  const seen = seenBlocks(facts);
  const more = moreBlocks(facts);
  const command = commandSummary === undefined ? [] : ['### What the command says', commandSummary];
  const end = [footerOf(facts)];
  const dropped = (what: string): string => `⚠️ ${what}: the summary would have been longer than GitHub accepts.`;
  const candidates = [
    [...head, ...seen, ...more, ...command, ...end],
    [...head, ...seen, ...more, dropped('What the command wrote is left out'), ...end],
    [...head, ...seen, dropped('The details are left out'), ...end],
    [...head, dropped('Only the verdict is shown'), ...end],
  ].map((blocks) => `${blocks.join('\n\n')}\n`);
  return candidates.find((markdown) => Buffer.byteLength(markdown) <= limit) ?? candidates.at(-1) ?? '';
}

/** Whether the command ever ran. */
const hasRun = ({ timings }: SummaryFacts): boolean => timings.startupMs !== undefined;

function headOf(facts: SummaryFacts): string[] {
  const { error } = facts;
  if (!hasRun(facts)) {
    return [
      heading('❌', facts, 'the sandbox did not start'),
      ...errorBlocks(error ?? 'The run ended before its command started.', 'The command did not run.'),
    ];
  }
  return [...verdictBlocks(facts), ...(error === undefined ? [] : errorBlocks(error, ''))];
}

function seenBlocks(facts: SummaryFacts): string[] {
  const { traffic, egress, budget, aftermath } = facts;
  const { domains, usage } = traffic;
  return [
    ...(domains === undefined ? ["⚠️ Squid's log could not be read."] : []),
    ...(domains === undefined || egress === undefined ? [] : refusedBlocks(domains, egress)),
    ...(egress === undefined ? [] : refusedHostBlocks(egress.refusals.atHosts, usage?.otherRefused ?? 0)),
    ...(usage === undefined ? ["⚠️ The api-proxy's log could not be read."] : modelNotices(usage, budget)),
    ...neverAsked(facts),
    ...(aftermath === undefined ? [] : aftermathMarkdown(aftermath)),
  ];
}

/** A key that nobody used is a sign of a program that does not know where to ask. */
function neverAsked(facts: SummaryFacts): string[] {
  const { providers, traffic } = facts;
  const isUnused = hasRun(facts) && providers.length > 0 && traffic.usage?.models.length === 0;
  return isUnused ? ['The command never used the model.'] : [];
}

function moreBlocks(facts: SummaryFacts): string[] {
  const { traffic, egress, timings, warnings, version } = facts;
  const { domains, usage } = traffic;
  if (!hasRun(facts)) return warningBlocks(warnings);
  return [
    ...(domains === undefined || egress === undefined ? [] : networkBlocks(domains, egress)),
    ...(usage === undefined ? [] : hostBlocks(usage)),
    ...(usage === undefined || usage.models.length === 0 ? [] : modelBlocks(usage, version)),
    ...timelineBlocks(timings, egress, endingOf(facts)),
    ...warningBlocks(warnings),
  ];
}

function endingOf({ outcome, exitCode }: SummaryFacts): string {
  if (outcome === 'timeout') return 'stopped: the time was over';
  if (outcome === 'error') return 'the command ends';
  return `exit code ${outcome === 'blocked' ? 0 : exitCode}`;
}

function warningBlocks(warnings: readonly string[]): string[] {
  return details(`<b>Warnings</b>: ${countText(warnings.length)}`, list(warnings.map((warning) => plainText(warning))));
}

function footerOf(facts: SummaryFacts): string {
  const { logs, egress } = facts;
  const isRefused = (egress?.unexpected.length ?? 0) > 0;
  const help = !hasRun(facts)
    ? link('More on this message', 'docs/troubleshooting.md#the-sandbox-does-not-start', facts)
    : isRefused
      ? link('Why was a domain refused?', 'docs/troubleshooting.md#a-download-or-another-request-fails', facts)
      : link('What do these numbers mean?', 'docs/troubleshooting.md#the-job-summary', facts);
  return footer([logs === undefined ? '' : logsText(logs), help], facts);
}

function logsText(logs: NonNullable<SummaryFacts['logs']>): string {
  if ('paths' in logs) return `Logs: ${logs.paths.map(code).join(', ')}`;
  const days = logs.days === undefined ? '' : `, ${counted(logs.days, 'day')}`;
  return `Logs: artifact ${code(logs.artifact)}${days}`;
}
