import { expect, test } from 'vitest';
import { actionStep } from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';

const RUNS = 10;

test('D7 ten runs at once all start, and all are correct', { timeout: 300_000 }, async () => {
  const steps = Array.from({ length: RUNS }, (_, index) =>
    actionStep({
      run: `echo "index=${index}" >> "$GITHUB_OUTPUT"; curl -sS https://refused-${index}.example || :`,
      'allow-domains': 'example.com',
      'openai-api-key': 'sk-test-0123456789',
    }),
  );
  try {
    const results = await Promise.all(steps.map((step) => step.main()));
    expect(results.map(({ code }) => code)).toEqual(steps.map(() => 0));
    for (const [index, { runner }] of steps.entries()) {
      expect(runner.main.outputs()).toMatchObject({
        outcome: 'success',
        'agent-outputs': `{"index":"${index}"}`,
        'blocked-domains': `["refused-${index}.example"]`,
      });
      expect(remains(runner)).toEqual([]);
    }
  } finally {
    for (const { runner } of steps) runner.remove();
  }
});
