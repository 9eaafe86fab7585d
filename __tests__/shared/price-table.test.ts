import { describe, expect, test } from 'vitest';
import { loadPriceTable } from '../../src/shared/price-table.ts';
import { NO_USAGE, type Usage } from '../../src/shared/usage.ts';

const table = await loadPriceTable();
const NOW = new Date('2026-11-26T00:00:00Z');

/** USD for a million tokens of input, which tells the price apart. */
const inputPrice = (list: string, model: string): number | undefined =>
  table.find({ list }, model)?.({ ...NO_USAGE, inputTokens: 1_000 }, NOW);
const perMillion = (usd: number | undefined): number | undefined => usd && Number((usd * 1_000).toFixed(9));

describe('a model is found', () => {
  test.each([
    ['openai', 'gpt-4.1', 2],
    ['openai', 'gpt-4.1-2025-04-14', 2],
    ['anthropic', 'claude-haiku-4-5-20251001', 1],
    ['google', 'gemini-2.5-flash', 0.3],
    ['google', 'models/gemini-2.5-flash', 0.3],
    ['github-copilot', 'claude-haiku-4.5', 1],
    // Copilot's list names it without a price, so it is the maker's.
    ['github-copilot', 'gpt-4.1', 2],
    ['openai', 'text-embedding-3-small', 0.02],
    // Gateways put the maker in front, or offer the models of others.
    ['openai', 'openai/gpt-4.1', 2],
    ['openai', 'anthropic/claude-haiku-4.5', 1],
    ['openai', 'claude-haiku-4-5', 1],
    ['anthropic', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', 1.1],
  ])('%s: %s at %f', (list, model, usd) => {
    expect(perMillion(inputPrice(list, model))).toBe(usd);
  });

  test.each([
    ['openrouter.ai', 'openai/gpt-4.1', 2],
    ['team.openai.azure.com', 'gpt-4.1', 2],
    ['api.deepseek.com', 'deepseek-chat', undefined],
    // Nobody knows what this one charges, so it is the maker's list.
    ['gateway.example', 'gpt-4.1', 2],
  ])('at %s: %s', (host, model, usd) => {
    const price = perMillion(table.find({ host }, model)?.({ ...NO_USAGE, inputTokens: 1_000 }, NOW));
    if (usd === undefined) expect(price).toBeGreaterThan(0);
    else expect(price).toBe(usd);
  });
});

test.each(['local-model', 'my-gpt-4.1-deployment', 'claude', 'gpt-', '', '/', 'anthropic/', 'whisper-1', 'gemma-3'])(
  'nobody knows the price of "%s", which is not the same as nothing',
  (model) => {
    for (const list of ['openai', 'anthropic', 'google', 'github-copilot']) {
      expect(table.find({ list }, model)).toBeUndefined();
    }
  },
);

describe('the price', () => {
  const cost = (list: string, model: string, usage: Partial<Usage>, time = NOW): number | undefined =>
    table.find({ list }, model)?.({ ...NO_USAGE, ...usage }, time);

  test('has tiers for long prompts', () => {
    // Gemini 2.5 Pro: 1.25 and 10 dollars up to 200,000 tokens, then 2.50 and 15 for all of them.
    expect(cost('google', 'gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1_000 })).toBeCloseTo(0.26, 9);
    expect(cost('google', 'gemini-2.5-pro', { inputTokens: 200_001, outputTokens: 1_000 })).toBeCloseTo(
      0.5000025 + 0.015,
      9,
    );
  });

  test('is that of the day', () => {
    const usage = { inputTokens: 1_000_000 };
    // OpenAI lowered the price of o3 on 2025-06-10.
    expect(cost('openai', 'o3', usage, new Date('2025-06-09T00:00:00Z'))).toBeCloseTo(10, 9);
    expect(cost('openai', 'o3', usage, new Date('2025-06-11T00:00:00Z'))).toBeCloseTo(2, 9);
  });

  test('is known if a gateway reports more cached tokens than tokens', () => {
    const odd = { inputTokens: 10, cachedInputTokens: 1_000, cacheWriteTokens: 5, hourCacheWriteTokens: 1_000 };
    expect(cost('anthropic', 'claude-haiku-4-5', odd)).toBeGreaterThan(0);
  });
});
