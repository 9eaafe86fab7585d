import { expect, test } from 'vitest';
import { campaign } from '../../fuzz/campaign.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';

test('the admission fuzzer finds nothing in a short run, and reaches the upstream and every kind of refusal', async () => {
  const { findings, executions, upstream, statuses } = await campaign({
    seed: 42,
    milliseconds: 60_000,
    runs: 100,
  });
  expect(findings).toEqual([]);
  // Each provider runs with its own host, and with another upstream.
  expect(executions).toBe(100 * 2 * PROVIDERS.length);
  expect(upstream).toBeGreaterThan(80);
  for (const status of [200, 400, 403, 405, 431]) expect(statuses).toHaveProperty(String(status));
});
