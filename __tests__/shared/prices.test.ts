import { describe, expect, test } from 'vitest';
import { lazyPricing, type Answered, type OwnPrice } from '../../src/shared/prices.ts';
import { NO_USAGE, type Usage } from '../../src/shared/usage.ts';

const TIME = new Date('2026-11-26T00:00:00Z');
const asked = (provider: Answered['provider'], model: string | null, usage: Partial<Usage>, answers = 1): Answered => ({
  ...{ provider, model, answers, time: TIME },
  usage: { ...NO_USAGE, ...usage },
});
const own = (model: string, input: number, output: number, rest: Partial<OwnPrice> = {}): OwnPrice => ({
  ...{ model, input, output, cachedInput: input, cacheWrite: input, hourCacheWrite: input },
  ...rest,
});

describe('own prices', () => {
  const USAGE = {
    ...{ inputTokens: 1_000_000, outputTokens: 200_000, cachedInputTokens: 400_000 },
    ...{ cacheWriteTokens: 300_000, hourCacheWriteTokens: 100_000 },
  };

  test('count each part of the input on its own', async () => {
    const row = own('mine', 10, 100, { cachedInput: 1, cacheWrite: 20, hourCacheWrite: 40 });
    const price = await lazyPricing({ own: [row], hosts: {} })();
    // 0.3 at 10, 0.4 at 1, 0.2 at 20, 0.1 at 40, 0.2 at 100.
    expect(price(asked('openai', 'mine', USAGE))).toBeCloseTo(3 + 0.4 + 4 + 4 + 20, 9);
  });

  test('take precedence over the table, in their order, whatever the capitals', async () => {
    const rows = [own('gpt-4.1', 7, 7), own('GPT-*', 8, 8), own('*', 9, 9)];
    const price = await lazyPricing({ own: rows, hosts: {} })();
    const million = { inputTokens: 1_000_000 };
    expect(price(asked('openai', 'gpt-4.1', million))).toBeCloseTo(7, 9);
    expect(price(asked('openai', 'gpt-4o', million))).toBeCloseTo(8, 9);
    expect(price(asked('gemini', 'gemini-2.5-flash', million))).toBeCloseTo(9, 9);
    expect(price(asked('gemini', null, million))).toBeCloseTo(9, 9);
  });
});

test('an answer that names no model has no price, and neither has an unknown model', async () => {
  const price = await lazyPricing({ own: [own('gpt-*', 1, 1)], hosts: {} })();
  expect(price(asked('openai', null, { inputTokens: 1 }))).toBeUndefined();
  expect(price(asked('openai', 'local-model', { inputTokens: 1 }))).toBeUndefined();
});

test('the answers of a WebSocket are priced one by one: their sum is no long prompt', async () => {
  const price = await lazyPricing({ own: [], hosts: {} })();
  // Two prompts of 150,000 tokens at 5 dollars. A single one of 300,000 would cost twice as much.
  expect(price(asked('openai', 'gpt-5.5', { inputTokens: 300_000 }, 2))).toBeCloseTo(1.5, 9);
  expect(price(asked('openai', 'gpt-5.5', { inputTokens: 300_000 }))).toBeCloseTo(3, 9);
});

test('an upstream with a list of its own bills by that list', async () => {
  const usage = { inputTokens: 1_000_000 };
  const direct = await lazyPricing({ own: [], hosts: { anthropic: 'api.anthropic.com' } })();
  const amazon = await lazyPricing({ own: [], hosts: { anthropic: 'bedrock-runtime.eu-west-1.amazonaws.com' } })();
  expect(direct(asked('anthropic', 'claude-haiku-4-5', usage))).toBeCloseTo(1, 9);
  expect(amazon(asked('anthropic', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', usage))).toBeCloseTo(1.1, 9);
});

test('a hostile number of names is slow for nobody and right for all', async () => {
  const price = await lazyPricing({ own: [], hosts: {} })();
  for (let index = 0; index < 3_000; index++) {
    expect(price(asked('openai', `invented-${index}`, { inputTokens: 1 }))).toBeUndefined();
  }
  expect(price(asked('openai', 'gpt-4.1', { inputTokens: 1_000_000 }))).toBeCloseTo(2, 9);
});
