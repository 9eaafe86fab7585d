import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { conclude } from '../../src/action/conclude.ts';
import type * as ending from '../../src/log/ending.ts';
import { NOTHING_WRITTEN } from '../../src/agent/command-files.ts';
import { NO_DOMAINS } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';
import { stderrReporter } from '../../src/reporter.ts';
import { Timings } from '../../src/run/timings.ts';
import { aConfig, NO_SECRETS, temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';
import { parseOutputs } from '../../testing/runner/files.ts';

vi.mock('../../src/log/ending.ts', async (original) => ({
  ...(await original<typeof ending>()),
  endingOf: () => {
    throw new Error('no words');
  },
}));

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a log that cannot be ended costs nothing of the outputs and the summary', async () => {
  const directory = temporaryDirectory();
  const [output, summary] = [join(directory, 'output'), join(directory, 'summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  vi.stubEnv('GITHUB_OUTPUT', output);
  vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
  const warnings: string[] = [];
  const reporter = { ...stderrReporter, warning: (text: string) => warnings.push(text) };
  await conclude(
    {
      ...{ outcome: 'failure', exitCode: 3, error: undefined, egress: undefined, aftermath: undefined },
      traffic: { domains: NO_DOMAINS, usage: NO_MODEL_USAGE },
      written: { output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN },
      ...{ result: '', logs: undefined, hasAgentLogs: false, budget: {} },
      timings: Object.assign(new Timings(), { startupMs: 812 }),
      ...{ outOfMemory: undefined, sought: [], engineAnswered: true },
    },
    {
      ...{ config: aConfig(), secrets: NO_SECRETS, runId: '0123abcd' },
      upload: { when: 'never', artifactName: undefined, retentionDays: undefined },
    },
    { root: ROOT, reporter, warnings },
  );
  expect(warnings).toEqual(['Could not end the log: no words']);
  expect(parseOutputs(output)).toMatchObject({ 'exit-code': '3', outcome: 'failure' });
  expect(readFileSync(summary, 'utf8')).toContain('exit code 3');
});
