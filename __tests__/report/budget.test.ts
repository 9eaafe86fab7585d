import { expect, test } from 'vitest';
import { budgetUseText, nearLimits } from '../../src/report/budget.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';

const BUDGET = { maxRequests: 10, maxTokens: 1_000, maxCostUsd: 0.5 };

test('a limit counts from 80 %', () => {
  const usage = { ...NO_MODEL_USAGE, requests: 7, inputTokens: 700, outputTokens: 99, costUsd: 0.39, pricedUsd: 0.39 };
  expect(nearLimits(BUDGET, usage)).toEqual([]);
  const more = { ...usage, requests: 8, outputTokens: 100, pricedUsd: 0.41 };
  expect(nearLimits(BUDGET, more).map((use) => budgetUseText(use.limit, use))).toEqual([
    '80 % of max-requests is used: 8 of 10.',
    '80 % of max-tokens is used: 800 of 1000.',
    '82 % of max-cost-usd is used: $0.4100 of $0.5000.',
  ]);
});

test('no limit, no share', () => {
  expect(nearLimits({}, { ...NO_MODEL_USAGE, requests: 1e9 })).toEqual([]);
});
