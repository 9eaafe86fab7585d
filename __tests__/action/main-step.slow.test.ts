import { afterAll, expect, test } from 'vitest';
import { annotations, playedStep, removeSteps } from './played-step.ts';

afterAll(removeSteps);

test('a command that ignores the end of its time is killed, and reported as one that ran out of it', async () => {
  const { runner, main, left } = playedStep('endless', { inputs: { 'timeout-minutes': '0.005' } });
  const played = await main();
  expect(played).toMatchObject({ code: 124, stderr: '', engine: { left: [] } });
  expect(annotations(played)).toEqual([
    expect.stringMatching(/^error: The command ran longer than 0\.005 minutes and was stopped\./),
    expect.stringMatching(/^warning: The command left what a later git would follow/),
    'warning: The command made the workspace a git repository: there was no .git before.',
    'error: The command ended with exit code 124.',
  ]);
  expect(runner.main.outputs()).toMatchObject({ 'exit-code': '124', outcome: 'timeout' });
  expect(left()).toEqual([]);
});
