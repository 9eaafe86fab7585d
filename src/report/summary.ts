import { PROVIDERS } from '../shared/providers.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import { aftermathMarkdown } from './aftermath.ts';
import type { Aftermath } from '../workspace/workspace.ts';
import { code, table } from './markdown.ts';
import type { DomainCount, Traffic } from './traffic.ts';
import type { ModelUsage, RunUsage } from './usage.ts';

/** What the summary says about a run. */
export interface SummaryFacts {
  readonly outcome: string;
  readonly exitCode: number;
  /** One paragraph; undefined when the sandbox did not fail. */
  readonly error: string | undefined;
  readonly traffic: Traffic;
  readonly aftermath: Aftermath | undefined;
  readonly startupMs: number | undefined;
  readonly logs: LogDirectories | undefined;
  /** Safe Markdown of what the command wrote; undefined when it wrote nothing. */
  readonly ofCommand: string | undefined;
}

/** The job summary of a run, as GitHub-flavoured Markdown. */
export function summaryMarkdown(facts: SummaryFacts): string {
  const { traffic } = facts;
  const blocks = [
    '## Agentic Workflow Firewall',
    verdict(facts),
    ...(facts.error === undefined ? [] : [quoteBlock(facts.error)]),
    '### Domains',
    table(
      ['Domain', 'Verdict', 'Requests'],
      [
        ...traffic.blocked.map((row) => domainRow(row, `⛔ refused${knownAs(row.domain)}`)),
        ...traffic.unresolvable.map((row) => domainRow(row, '⚠️ allowed, but the name has no address')),
        ...traffic.allowed.map((row) => domainRow(row, '✅ allowed')),
      ],
      'No request left the sandbox.',
    ),
    '### Model requests',
    table(
      ['Provider', 'Model', 'Requests', 'Failed', 'Input tokens', 'of them cached', 'Output tokens'],
      traffic.usage.models.map(modelRow),
      'The api-proxy got no request.',
    ),
    ...usageNotes(traffic.usage),
    ...(facts.aftermath === undefined ? [] : aftermathMarkdown(facts.aftermath)),
    ...(facts.logs === undefined ? [] : [`Logs: ${code(facts.logs.squid)}, ${code(facts.logs.apiProxy)}`]),
    ...(facts.ofCommand === undefined ? [] : ["### The command's own summary", facts.ofCommand]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function verdict({ outcome, exitCode, startupMs, traffic }: SummaryFacts): string {
  const refused = traffic.blocked.reduce((sum, { requests }) => sum + requests, 0);
  const parts = [
    outcome === 'error' ? 'the sandbox failed' : `the command ended with exit code ${String(exitCode)}`,
    ...(startupMs === undefined ? [] : [`it started after ${String(Math.round(startupMs))} ms`]),
    refused === 0 ? 'no request was refused' : `${String(refused)} request${refused === 1 ? ' was' : 's were'} refused`,
  ];
  return `**${outcome}**: ${parts.join('; ')}.`;
}

/** Agent programs ask for hosts of their makers and work without them; said, so that nobody takes it for an attack. */
function knownAs(domain: string): string {
  const known = PROVIDERS.filter(({ sideTraffic }) => sideTraffic.includes(domain)).map(({ name }) => name);
  return known.length === 0 ? '' : ` (usual side traffic of ${known.join(' and ')} programs)`;
}

function domainRow({ domain, requests }: DomainCount, text: string): string[] {
  return [code(domain), text, String(requests)];
}

function modelRow(row: ModelUsage): string[] {
  const { provider, model, requests, failed, inputTokens, cachedInputTokens, outputTokens } = row;
  const counts = [requests, failed, inputTokens, cachedInputTokens, outputTokens].map(String);
  return [providerName(provider), model === null ? '' : code(model), ...counts];
}

function usageNotes({ overBudget, estimated }: RunUsage): string[] {
  return [
    ...(overBudget > 0 ? [`⛔ The budget was exhausted: ${String(overBudget)} requests got 429 or were cut off.`] : []),
    ...(estimated ? ['Some tokens are estimated, for the provider did not say how many there were.'] : []),
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
