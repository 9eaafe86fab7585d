import { PROVIDERS } from '../shared/providers.ts';
import { domainBlocks, linesText, unreadNote } from './egress-summary.ts';
import type { EgressReport } from './egress.ts';
import { isSideRequest, SIDE_TRAFFIC } from './side-traffic.ts';
import { logPaths, type LogDirectories } from '../host/log-directories.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { aftermathMarkdown } from './aftermath.ts';
import { budgetUseText, nearLimits } from './budget.ts';
import type { Aftermath } from '../workspace/inspect.ts';
import type { HostTraffic, RefusedRequest } from './hosts.ts';
import { code, table } from './markdown.ts';
import { costText, dollars } from './money.ts';
import type { DomainTraffic, Traffic } from './traffic.ts';
import type { ModelUsage, RunUsage } from './usage.ts';
import { tokensOf } from '../shared/usage.ts';

/** What GitHub accepts as a step's summary; a longer one is dropped as a whole. Bytes. */
const SUMMARY_LIMIT = 1024 * 1024;

/** What the summary says about a run. */
export interface SummaryFacts {
  readonly outcome: string;
  readonly exitCode: number;
  /** One paragraph; undefined when the sandbox did not fail. */
  readonly error: string | undefined;
  readonly traffic: Traffic;
  /** Undefined if Squid's log could not be read. */
  readonly egress: EgressReport | undefined;
  /** What the run was allowed to use. */
  readonly budget: SidecarBudget;
  readonly aftermath: Aftermath | undefined;
  readonly startupMs: number | undefined;
  readonly logs: LogDirectories | undefined;
  readonly hasAgentLogs: boolean;
  /** Safe Markdown of what the command wrote; undefined when it wrote nothing. */
  readonly commandSummary: string | undefined;
}

/**
 * The job summary of a run, as GitHub-flavoured Markdown.
 *
 * @param limit bytes; what the command wrote is left out first, the tables next
 */
export function summaryMarkdown(facts: SummaryFacts, limit = SUMMARY_LIMIT): string {
  const { commandSummary } = facts;
  const head = ['## Agentic Workflow Firewall', verdict(facts)];
  const tables = tablesOf(facts);
  const commandPart = commandSummary === undefined ? [] : ["### The command's own summary", commandSummary];
  const dropped = (what: string): string => `⚠️ ${what}: the summary would have been longer than GitHub accepts.`;
  const candidates = [
    [...head, ...tables, ...commandPart],
    [...head, ...tables, dropped('What the command wrote is left out')],
    [...head, dropped('Only the verdict is shown')],
  ].map((blocks) => `${blocks.join('\n\n')}\n`);
  return candidates.find((markdown) => Buffer.byteLength(markdown) <= limit) ?? candidates.at(-1) ?? '';
}

function tablesOf({ error, traffic, egress, budget, aftermath, logs, hasAgentLogs }: SummaryFacts): string[] {
  return [
    ...(error === undefined ? [] : [quoteBlock(error)]),
    '### Domains',
    ...(traffic.domains === undefined
      ? ['⚠️ The log of Squid could not be read.']
      : domainBlocks(traffic.domains, egress)),
    '### Model requests',
    ...(traffic.usage === undefined
      ? ['⚠️ The log of the api-proxy could not be read.']
      : [...usageBlocks(traffic.usage, budget), ...hostBlocks(traffic.usage)]),
    ...(aftermath === undefined ? [] : aftermathMarkdown(aftermath)),
    ...(logs === undefined ? [] : [`Logs: ${logPaths(logs, hasAgentLogs).map(code).join(', ')}`]),
  ];
}

function usageBlocks(usage: RunUsage, budget: SidecarBudget): string[] {
  return [
    table(
      [
        ...['Provider', 'Model', 'Requests', 'Failed'],
        ...['Input tokens', 'read from a cache', 'written to a cache', 'Output tokens', 'Cost'],
      ],
      usage.models.map(modelRow),
      'The api-proxy received no request.',
    ),
    ...nearLimits(budget, usage).map((use) => `⚠️ ${budgetUseText(`\`${use.limit}\``, use)}`),
    ...usageNotes(usage),
  ];
}

function hostBlocks({ hosts, refused, otherRefused }: HostTraffic): string[] {
  if (hosts.length + refused.length === 0) return [];
  const rows = [
    ...refused.map(({ host, option, line, requests }) => [
      code(host),
      `⛔ refused: ${code(line.slice(line.indexOf(' ') + 1))}${isSideRequest({ host, option, line }) ? SIDE_TRAFFIC : ''}`,
      String(requests),
    ]),
    ...hosts.map(({ host, rule, requests, failed }) => [
      code(host),
      `✅ allowed by ${code(rule)}${failed === 0 ? '' : `; ${failed} failed`}`,
      String(requests),
    ]),
  ];
  return [
    '### Named hosts',
    table(['Host', 'Verdict', 'Requests'], rows, ''),
    ...(otherRefused === 0 ? [] : [`Further refused requests: ${otherRefused}.`]),
    ...pasteBlocks(refused),
  ];
}

/** The lines that would allow what was refused. A path has no character that could end the block. */
function pasteBlocks(refused: readonly RefusedRequest[]): string[] {
  return (['host-rules', 'allow-endpoints'] as const).flatMap((option) => {
    const lines = refused.filter((one) => one.option === option && !isSideRequest(one)).map(({ line }) => line);
    const plain = lines.filter((line) => /^[!-_a-~ ]+$/.test(line)).slice(0, MAX_PASTED);
    if (plain.length === 0) return [];
    const lead = `If the command needs a refused request, add its line to \`${option}\`:`;
    return [[lead, '', '```yaml', `${option}: |`, ...plain.map((line) => `  ${line}`), '```'].join('\n')];
  });
}

/** Lines in a block to paste. */
const MAX_PASTED = 20;

function verdict({ outcome, exitCode, startupMs, traffic: { domains, usage } }: SummaryFacts): string {
  const parts = [
    outcome === 'error' ? 'the sandbox failed' : `the command ended with exit code ${exitCode}`,
    ...(startupMs === undefined ? [] : [`it started after ${Math.round(startupMs)} ms`]),
    domains === undefined ? 'which requests were refused is unknown' : refusedText(domains, usage),
  ];
  return `**${outcome}**: ${parts.join('; ')}.`;
}

function refusedText({ blocked, others }: DomainTraffic, usage: RunUsage | undefined): string {
  const { refused: atHosts = [], otherRefused = 0 } = usage ?? {};
  const all = [...blocked, ...atHosts];
  const refused = all.reduce((sum, { requests }) => sum + requests, others.blocked + otherRefused);
  if (refused === 0) return 'no request was refused';
  return `${refused} request${refused === 1 ? ' was' : 's were'} refused`;
}

function modelRow(row: ModelUsage): string[] {
  const { provider, model, requests, failed, costUsd } = row;
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = row;
  const counts = [requests, failed, inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens].map(String);
  const cost = costUsd === null ? '⚠️ unknown price' : dollars(costUsd);
  return [providerName(provider), model === null ? '' : code(model), ...counts, cost];
}

function usageNotes(usage: RunUsage): string[] {
  const { overBudget, estimated, droppedLines, unreadableLines, unpriced } = usage;
  return [
    ...(tokensOf(usage) === 0 ? [] : [`Cost: ${costText(usage)}, at list prices or your own \`prices\`.`]),
    ...(unpriced.length === 0
      ? []
      : [
          `⚠️ No price is known for ${unpriced.length} of the models, so the cost is incomplete. Add them to \`prices\`.`,
        ]),
    ...unreadNote(unreadableLines, 'the api-proxy'),
    ...(droppedLines === 0
      ? []
      : [
          `⚠️ The api-proxy's log had no room for ${linesText(droppedLines)}. The outputs count them, this table does not.`,
        ]),
    ...(overBudget > 0 ? [`⛔ The budget was exhausted: ${overBudget} requests were refused or cut off.`] : []),
    ...(estimated ? ['Some token counts are estimates, and so is their cost: the provider did not report them.'] : []),
  ];
}

function providerName(id: string): string {
  return PROVIDERS.find((provider) => provider.id === id)?.name ?? id;
}

function quoteBlock(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${code(line)}`)
    .join('\n>\n');
}
