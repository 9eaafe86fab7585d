import { PROVIDERS } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { tokensOf } from '../shared/usage.ts';
import { budgetUseText, nearLimits } from './budget.ts';
import { linesText, unreadNote } from './egress-summary.ts';
import { code, details, table, type Row } from './markdown.ts';
import { roundedCost, roundedDollars } from './money.ts';
import { counted, countText } from './numbers.ts';
import type { ModelUsage, RunUsage } from './usage.ts';

/** Models with a table of their own. */
const MAX_MODELS = 10;

/** What a reader has to see of the models: budgets, and what is not complete. */
export function modelNotices(usage: RunUsage, budget: SidecarBudget): string[] {
  const { unreadableLines, droppedLines, unpriced } = usage;
  return [
    ...nearLimits(budget, usage).map((use) => `⚠️ ${budgetUseText(`\`${use.limit}\``, use)}`),
    ...(unpriced.length === 0
      ? []
      : [
          `⚠️ No price is known for ${counted(unpriced.length, 'model')}, so the cost is incomplete. Add the price to \`prices\`.`,
        ]),
    ...unreadNote(unreadableLines, 'the api-proxy'),
    ...(droppedLines === 0
      ? []
      : [
          `⚠️ The api-proxy's log had no room for ${linesText(droppedLines)}. The outputs count them, the tables of models do not.`,
        ]),
  ];
}

/** The tables of models, for readers who want to know. */
export function modelBlocks(usage: RunUsage, version: string): string[] {
  const named = usage.models.filter(isNamed).toSorted((a, b) => tokensOf(b) - tokensOf(a));
  const requests = usage.models.reduce((sum, row) => sum + row.requests, 0);
  const rest = named.length - MAX_MODELS;
  const title = [
    ...(named.length > 1 ? [counted(named.length, 'model')] : []),
    counted(requests, 'request'),
    ...(tokensOf(usage) === 0 ? [] : [`${countText(tokensOf(usage))} tokens`, roundedCost(usage)]),
  ].join(', ');
  return details(`<b>${named.length > 1 ? 'Models' : 'Model'}</b>: ${title}`, [
    ...named.slice(0, MAX_MODELS).flatMap(modelTable),
    ...(rest > 0 ? [`${counted(rest, 'more model')}: \`usage.json\` in the logs has them all.`] : []),
    ...usage.models.filter((row) => !isNamed(row)).map(namelessText),
    ...(tokensOf(usage) === 0 ? [] : [sourcesText(usage, version)]),
  ]);
}

/** An answer that named no model, but used tokens, is one of a model all the same. */
const isNamed = (row: ModelUsage): boolean => row.model !== null || tokensOf(row) > 0;

function modelTable({ provider, model, requests, failed, costUsd, ...tokens }: ModelUsage): string[] {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = tokens;
  const parts = [
    ...(cachedInputTokens === 0 ? [] : [`${countText(cachedInputTokens)} of them from a cache`]),
    ...(cacheWriteTokens === 0 ? [] : [`${countText(cacheWriteTokens)} written to a cache`]),
  ];
  const usesTokens = inputTokens + outputTokens > 0;
  const rows: Row[] = [
    [`requests, ${failed === 0 ? 'none' : countText(failed)} failed`, countText(requests)],
    ...(usesTokens
      ? ([
          [['tokens in', ...parts].join(', '), countText(inputTokens)],
          ['tokens out', countText(outputTokens)],
          ['estimated cost', costUsd === null ? '⚠️ unknown price' : roundedDollars(costUsd)],
        ] satisfies Row[])
      : []),
  ];
  return table([model === null ? 'model not named' : code(model), providerName(provider)], rows);
}

/** A refusal names no model, and neither does a request for the list of models. */
function namelessText({ provider, requests, failed }: ModelUsage): string {
  const text = failed === 0 ? '' : `; ${countText(failed)} of them failed or were refused`;
  return `${providerName(provider)}: ${counted(requests, 'request')} without a model${text}.`;
}

function sourcesText({ estimated }: RunUsage, version: string): string {
  const tokens = estimated
    ? 'Some token counts are estimates, because the provider did not report them.'
    : "Tokens are the provider's own counts.";
  return `${tokens} The cost is an estimate, by the list prices that came with AWF ${version} or your own \`prices\`.`;
}

function providerName(id: string): string {
  return PROVIDERS.find((provider) => provider.id === id)?.name ?? id;
}
