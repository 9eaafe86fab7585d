import { isNearLimit, type BudgetLimit } from '../shared/notice.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { tokensOf } from '../shared/usage.ts';
import { dollars } from './money.ts';
import type { RunUsage } from './usage.ts';

/** How much of a limit is used, in its own unit. */
export interface BudgetUse {
  readonly limit: BudgetLimit;
  readonly used: number;
  readonly allowed: number;
}

/** The limits of a budget that are almost used up, or are. */
export function nearLimits({ maxRequests, maxTokens, maxCostUsd }: SidecarBudget, usage: RunUsage): BudgetUse[] {
  const uses: [BudgetLimit, number, number | undefined][] = [
    ['max-requests', usage.requests, maxRequests],
    ['max-tokens', tokensOf(usage), maxTokens],
    ['max-cost-usd', usage.pricedUsd, maxCostUsd],
  ];
  return uses.flatMap(([limit, used, allowed]) =>
    allowed !== undefined && isNearLimit(used, allowed) ? [{ limit, used, allowed }] : [],
  );
}

/** @param name of the limit, as the user knows it */
export function budgetUseText(name: string, { limit, used, allowed }: BudgetUse): string {
  const amount = (value: number): string => (limit === 'max-cost-usd' ? dollars(value) : String(value));
  return `${Math.round((used / allowed) * 100)} % of ${name} is used: ${amount(used)} of ${amount(allowed)}.`;
}

/** The limits that a budget has. */
export function limitsOf({ maxRequests, maxTokens, maxCostUsd }: SidecarBudget): BudgetLimit[] {
  return [
    ...(maxRequests === undefined ? [] : (['max-requests'] as const)),
    ...(maxTokens === undefined ? [] : (['max-tokens'] as const)),
    ...(maxCostUsd === undefined ? [] : (['max-cost-usd'] as const)),
  ];
}
