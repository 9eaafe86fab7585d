import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { LogsPlace } from '../../src/command-line/logs-place.ts';
import { UserError } from '../../src/errors.ts';
import type { RunResult } from '../../src/run/report.ts';
import { Cancelled } from '../../src/run/signals.ts';
import { stderrReporter } from '../../src/reporter.ts';
import { aConfig, temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const FAILED = { outcome: 'error', exitCode: 1 };

test.each([
  ['a run', { outcome: 'failure', exitCode: 3 }, undefined, { outcome: 'failure', exitCode: 3 }],
  ['a run that Ctrl-C ended', FAILED, new Cancelled('SIGINT'), { outcome: 'cancelled', exitCode: 130 }],
  ['one that SIGTERM ended', FAILED, new Cancelled('SIGTERM'), { outcome: 'cancelled', exitCode: 143 }],
  ['one whose output nobody read', FAILED, new UserError('nobody'), FAILED],
  [
    'one whose command had succeeded by then',
    { outcome: 'success', exitCode: 0 },
    new Cancelled('SIGINT'),
    { outcome: 'success', exitCode: 0 },
  ],
])('run.json of %s has what the shell sees', async (_, result, reason, expected) => {
  vi.stubEnv('XDG_STATE_HOME', temporaryDirectory());
  const place = new LogsPlace('0123abcd', stderrReporter);
  const directory = place.make('/nowhere') ?? '';
  const controller = new AbortController();
  if (reason !== undefined) controller.abort(reason);
  await place.finish(aConfig(), result as RunResult, { root: ROOT, signal: controller.signal });
  expect(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'))).toMatchObject(expected);
});
