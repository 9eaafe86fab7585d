import { tokensOf } from '../shared/usage.ts';
import { limitsOf } from './budget.ts';
import type { EgressReport } from './egress.ts';
import { roundedCost } from './money.ts';
import { counted, countText, durationText } from './numbers.ts';
import { plainText } from './plain-text.ts';
import type { Refusals } from './refusals.ts';
import type { About, SummaryFacts } from './summary-facts.ts';
import { totalMs } from './timeline-summary.ts';
import type { DomainTraffic } from './traffic.ts';
import type { RunUsage } from './usage.ts';

/** The heading of a summary: how it ended, of what, and what is the matter. */
export function heading(icon: string, { label }: Pick<About, 'label'>, matter: string): string {
  const name = label === undefined ? 'AWF' : `AWF · ${plainText(label)}`;
  return `## ${icon} ${name}${matter === '' ? '' : `: ${matter}`}`;
}

/** The heading and the first lines: how the run ended, and what it took. */
export function verdictBlocks(facts: SummaryFacts): string[] {
  const { icon, matters } = resultOf(facts);
  const { domains, usage } = facts.traffic;
  return [heading(icon, facts, matters.join(', ')), sentence(facts), ...statistics(domains, usage)];
}

/** The icon and what is the matter, the most important first. */
function resultOf(facts: SummaryFacts): { icon: string; matters: string[] } {
  const { outcome, exitCode, timings, traffic, egress } = facts;
  const refused = egress === undefined ? [] : refusedText(egress.refusals, traffic, 'refused');
  const audited = egress === undefined ? [] : refusedText(egress.audited, undefined, 'would be refused');
  const budget = (traffic.usage?.overBudget ?? 0) > 0 ? ['budget used up'] : [];
  const unknown = traffic.domains === undefined ? ['what was refused is unknown'] : [];
  const others = [...budget, ...refused, ...audited, ...unknown];
  switch (outcome) {
    case 'error':
      return { icon: '❌', matters: ['the run failed'] };
    case 'timeout':
      return { icon: '⏱️', matters: [`stopped after ${durationText(commandMs(timings))}`, ...others] };
    case 'blocked':
    case 'failure':
    case 'success':
      if (budget.length + refused.length > 0) return { icon: '⛔', matters: others };
      if (outcome === 'failure') return { icon: '❌', matters: [`exit code ${exitCode}`, ...others] };
      if (others.length > 0) return { icon: unknown.length > 0 ? '⚠️' : '🔎', matters: others };
      return { icon: outcome === 'success' ? '✅' : '⛔', matters: [] };
  }
}

/** `4 domains refused`. A name counts once, however often it was asked for. */
function refusedText(refusals: Refusals, traffic: SummaryFacts['traffic'] | undefined, what: string): string[] {
  const { allowable, closed, keyless, atHosts } = refusals;
  const names = new Set([...allowable, ...closed, ...keyless].map(({ domain }) => domain)).size;
  const isMore = (traffic?.domains?.others.blocked ?? 0) > 0;
  const requests = sumOf(atHosts) + (traffic?.usage?.otherRefused ?? 0);
  return [
    ...(names > 0 ? [`${isMore ? `more than ${countText(names)} domains` : counted(names, 'domain')} ${what}`] : []),
    ...(names === 0 && requests > 0 ? [`${counted(requests, 'request')} ${what}`] : []),
  ];
}

const sumOf = (list: readonly { readonly requests: number }[]): number =>
  list.reduce((total, { requests }) => total + requests, 0);

/** How long the command ran. @returns milliseconds */
function commandMs(timings: SummaryFacts['timings']): number {
  const end = timings.phases.find(({ phase }) => phase === 'agent')?.endMs ?? totalMs(timings);
  return Math.max(0, end - (timings.startupMs ?? 0));
}

function sentence(facts: SummaryFacts): string {
  const { outcome, exitCode, error, timings, timeoutMinutes, traffic, egress, budget } = facts;
  const took = durationText(totalMs(timings));
  const ending: Record<SummaryFacts['outcome'], string> = {
    success: `**Finished in ${took}** with exit code 0.`,
    failure: `**Failed after ${took}** with exit code ${exitCode}.`,
    blocked: `**Failed after ${took}**, because \`fail-on-blocked\` is set. The command itself ended with exit code 0.`,
    timeout: `**Stopped after ${durationText(commandMs(timings))}**, because of \`timeout-minutes: ${timeoutMinutes ?? ''}\`. If the command needs more time, raise it.`,
    error: `**The run failed after ${took}**${error === undefined ? '' : ', for the reason below'}.`,
  };
  const overBudget = traffic.usage?.overBudget ?? 0;
  const limits = limitsOf(budget).map((name) => `\`${name}\``);
  return [
    ending[outcome],
    ...(overBudget === 0
      ? []
      : [
          `The budget is used up: ${counted(overBudget, 'request')} to models ${overBudget === 1 ? 'was' : 'were'} refused or cut off. ` +
            `If the command needs more, raise ${limits.join(' or ')}.`,
        ]),
    refusalSentence(egress, traffic),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function refusalSentence(egress: EgressReport | undefined, { domains, usage }: SummaryFacts['traffic']): string {
  if (domains === undefined || egress === undefined) return 'Which requests were refused is unknown.';
  const { allowable, closed, keyless, atHosts, harmless } = egress.refusals;
  const names = [...allowable, ...closed, ...keyless];
  const requests = sumOf(names) + domains.others.blocked + sumOf(atHosts) + (usage?.otherRefused ?? 0);
  if (requests > 0) {
    const were = `${counted(requests, 'request')} ${requests === 1 ? 'was' : 'were'} refused`;
    return allowable.length > 0
      ? `${were}: the command asked for domains that are not in \`allow-domains\`.`
      : `${were}.`;
  }
  if (egress.mode === 'audit') return 'This was an audit: nothing was refused.';
  return harmless.length > 0 ? 'Nothing was refused that the command needs.' : 'Nothing was refused.';
}

/** `3 domains · 31 model requests · 412 k tokens · about $0.61` */
function statistics(domains: DomainTraffic | undefined, usage: RunUsage | undefined): string[] {
  const allowed = domains?.allowed.length ?? 0;
  const parts = [
    ...(allowed > 0 ? [`${counted(allowed, 'domain')} reached`] : []),
    ...(usage !== undefined && usage.requests > 0 ? [counted(usage.requests, 'model request')] : []),
    ...(usage !== undefined && tokensOf(usage) > 0 ? [`${countText(tokensOf(usage))} tokens`, roundedCost(usage)] : []),
  ];
  return parts.length === 0 ? [] : [`**${parts.join(' · ')}**`];
}
