import { expect, test } from 'vitest';
import { newRecord } from '../../containers/api-proxy/src/log.ts';
import { NO_MODEL_USAGE, UsageCounter, type ModelRequest, type RunUsage } from '../../src/report/usage.ts';
import type { ProviderId } from '../../src/shared/providers.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';

const record = (provider: ProviderId, fields: Partial<ModelRequest>): ModelRequest => ({
  ...newRecord(provider, 'POST', '/'),
  provider,
  status: 200,
  forwarded: true,
  requests: 1,
  ...fields,
});
function totals(records: readonly ModelRequest[]): RunUsage {
  const counter = new UsageCounter();
  for (const each of records) counter.add(each, priceOf(each));
  return counter.result();
}

/** A cent for each answer of a model, except of the one that nobody knows. */
const priceOf = ({ model, usage }: ModelRequest): number | undefined =>
  usage === null ? 0 : model === 'unknown' ? undefined : 0.01;

const used = (inputTokens: number, outputTokens: number, cachedInputTokens: number, estimated = false) => ({
  usage: { ...NO_USAGE, inputTokens, outputTokens, cachedInputTokens, estimated },
});

test('the records are added up, by model and in total', () => {
  const records = [
    record('openai', { model: 'a', ...used(10, 1, 5) }),
    record('openai', { model: 'b', ...used(20, 2, 0) }),
    record('openai', { model: 'a', ...used(30, 3, 6) }),
    record('copilot', { model: 'a', ...used(40, 4, 0) }),
    record('openai', { status: 403, forwarded: false, requests: 0, error: 'endpoint_not_allowed' }),
    record('openai', { status: 429, forwarded: false, requests: 0, error: 'budget_exhausted' }),
    record('gemini', { status: 429 }),
  ];
  expect(totals(records)).toEqual({
    ...NO_USAGE,
    ...{ costUsd: 0.04, pricedUsd: 0.04, unpriced: [] },
    ...{ requests: 5, inputTokens: 100, outputTokens: 10, cachedInputTokens: 11, estimated: false, overBudget: 1 },
    ...{ droppedLines: 0, unreadableLines: 0, hosts: [], refused: [], otherRefused: 0 },
    models: [
      {
        ...{ ...NO_USAGE, costUsd: 0.02 },
        provider: 'openai',
        model: 'a',
        requests: 2,
        failed: 0,
        inputTokens: 40,
        outputTokens: 4,
        cachedInputTokens: 11,
      },
      {
        ...{ ...NO_USAGE, costUsd: 0.01 },
        provider: 'openai',
        model: 'b',
        requests: 1,
        failed: 0,
        inputTokens: 20,
        outputTokens: 2,
        cachedInputTokens: 0,
      },
      {
        ...{ ...NO_USAGE, costUsd: 0.01 },
        provider: 'copilot',
        model: 'a',
        requests: 1,
        failed: 0,
        inputTokens: 40,
        outputTokens: 4,
        cachedInputTokens: 0,
      },
      { provider: 'openai', model: null, requests: 2, failed: 2, costUsd: 0, ...NO_USAGE },
      { provider: 'gemini', model: null, requests: 1, failed: 1, costUsd: 0, ...NO_USAGE },
    ],
  });
});

test('L2 what the log had no room for is in the sums, and is said', () => {
  const counter = new UsageCounter();
  counter.add(record('openai', { model: 'a', ...used(10, 1, 5) }), 0.01);
  const sums = { ...NO_USAGE, requests: 7, inputTokens: 700, outputTokens: 70, cachedInputTokens: 7 };
  counter.addDropped({ event: 'dropped', level: 'warn', time: '2026-01-01T00:00:00.000Z', lines: 9, ...sums });
  expect(counter.result()).toMatchObject({
    ...{ requests: 8, inputTokens: 710, outputTokens: 71, cachedInputTokens: 12, droppedLines: 9 },
    // Nobody knows of which models they were.
    ...{ costUsd: null, pricedUsd: 0.01 },
    models: [{ model: 'a', requests: 1 }],
  });
});

test('an unknown price makes the cost of its model and of the run unknown, and never nothing', () => {
  const records = [
    record('openai', { model: 'a', ...used(10, 1, 0) }),
    record('gemini', { model: 'unknown', ...used(20, 2, 0) }),
    record('openai', { model: 'a', ...used(10, 1, 0) }),
  ];
  expect(totals(records)).toMatchObject({
    ...{ costUsd: null, pricedUsd: 0.02, unpriced: [{ provider: 'gemini', model: 'unknown' }] },
    models: [
      { model: 'a', costUsd: 0.02 },
      { model: 'unknown', costUsd: null },
    ],
  });
});

test('what a run’s budget refused counts, whichever part of it was used up', () => {
  const refused = { status: 429, forwarded: false, requests: 0 } as const;
  const records = (['budget_exhausted', 'price_unknown'] as const).map((error) =>
    record('openai', { ...refused, error }),
  );
  expect(totals(records).overBudget).toBe(2);
});

test('L6 a WebSocket that the budget ended is reported, and counts as many requests as the budget counted', () => {
  const socket = record('openai', {
    status: 101,
    requests: 10,
    error: 'budget_exhausted',
    model: 'a',
    ...used(9, 1, 0),
  });
  expect(totals([socket])).toMatchObject({ requests: 10, overBudget: 1, models: [{ requests: 10, failed: 0 }] });
});

test('one estimate makes the sum an estimate', () => {
  expect(totals([record('openai', used(1, 1, 0)), record('openai', used(1, 1, 0, true))]).estimated).toBe(true);
  expect(totals([record('openai', used(1, 1, 0))]).estimated).toBe(false);
});

test('thousands of models take bounded memory: the last ones are counted without a name', () => {
  const { models, requests } = totals(
    Array.from({ length: 5_000 }, (_, index) => record('openai', { model: `m-${index}` })),
  );
  expect(models.length).toBeLessThanOrEqual(1_001);
  expect(models.reduce((sum, each) => sum + each.requests, 0)).toBe(5_000);
  expect(models.at(-1)).toMatchObject({ model: null, requests: 4_000 });
  expect(requests).toBe(5_000);
});

test('no records give empty totals', () => {
  expect(NO_MODEL_USAGE).toEqual({
    ...NO_USAGE,
    ...{ requests: 0, estimated: false, overBudget: 0, costUsd: 0, pricedUsd: 0, unpriced: [] },
    ...{ droppedLines: 0, unreadableLines: 0, hosts: [], refused: [], otherRefused: 0 },
    models: [],
  });
});
