import { expect, test } from 'vitest';
import { newRecord } from '../../containers/api-proxy/src/log.ts';
import { NO_MODEL_USAGE, UsageCounter, type RunUsage } from '../../src/report/usage.ts';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';

const record = (provider: ProviderId, fields: Partial<RequestRecord>): RequestRecord => ({
  ...newRecord(provider, 'POST', '/'),
  status: 200,
  forwarded: true,
  requests: 1,
  ...fields,
});
function totals(records: readonly RequestRecord[]): RunUsage {
  const counter = new UsageCounter();
  for (const each of records) counter.add(each);
  return counter.result();
}

const used = (inputTokens: number, outputTokens: number, cachedInputTokens: number, estimated = false) => ({
  usage: { inputTokens, outputTokens, cachedInputTokens, estimated },
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
  const none = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
  expect(totals(records)).toEqual({
    ...{ requests: 5, inputTokens: 100, outputTokens: 10, cachedInputTokens: 11, estimated: false, overBudget: 1 },
    ...{ droppedLines: 0, unreadableLines: 0 },
    models: [
      {
        provider: 'openai',
        model: 'a',
        requests: 2,
        failed: 0,
        inputTokens: 40,
        outputTokens: 4,
        cachedInputTokens: 11,
      },
      {
        provider: 'openai',
        model: 'b',
        requests: 1,
        failed: 0,
        inputTokens: 20,
        outputTokens: 2,
        cachedInputTokens: 0,
      },
      {
        provider: 'copilot',
        model: 'a',
        requests: 1,
        failed: 0,
        inputTokens: 40,
        outputTokens: 4,
        cachedInputTokens: 0,
      },
      { provider: 'openai', model: null, requests: 2, failed: 2, ...none },
      { provider: 'gemini', model: null, requests: 1, failed: 1, ...none },
    ],
  });
});

test('L2 what the log had no room for is in the sums, and is said', () => {
  const counter = new UsageCounter();
  counter.add(record('openai', { model: 'a', ...used(10, 1, 5) }));
  const sums = { requests: 7, inputTokens: 700, outputTokens: 70, cachedInputTokens: 7 };
  counter.addDropped({ event: 'dropped', level: 'warn', time: '2026-01-01T00:00:00.000Z', lines: 9, ...sums });
  expect(counter.result()).toMatchObject({
    ...{ requests: 8, inputTokens: 710, outputTokens: 71, cachedInputTokens: 12, droppedLines: 9 },
    models: [{ model: 'a', requests: 1 }],
  });
});

test('a WebSocket that the budget ended is reported, and counts as many requests as the budget counted', () => {
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
    ...{ requests: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, estimated: false, overBudget: 0 },
    ...{ droppedLines: 0, unreadableLines: 0 },
    models: [],
  });
});
