import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { failureOf, statusLine, type Ended } from '../../src/log/outcome.ts';
import { paintFor } from '../../src/log/paint.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';
import { aConfig, given } from '../../testing/builders.ts';

const PLAIN = paintFor(false);

const ENDED: Ended = {
  ...{ outcome: 'success', exitCode: 0, error: undefined, commandMs: 157_000, outOfMemory: undefined, sought: [] },
  usage: NO_MODEL_USAGE,
};
const failed = (exitCode: number, more: Partial<Ended> = {}): Ended => ({
  ...ENDED,
  outcome: 'failure',
  exitCode,
  ...more,
});

const cost = { costUsd: 0.611, pricedUsd: 0.611 };
const usage = { ...NO_MODEL_USAGE, requests: 31, inputTokens: 398_000, outputTokens: 14_000, ...cost };

describe('the line at the end', () => {
  const used = '31 model requests, 398 k + 14 k tokens, about $0.61';
  test.each<[string, Ended, string]>([
    ['a success', { ...ENDED, usage }, `✔ exit code 0 after 2 min 37 s · ${used}`],
    ['a key that nobody used', ENDED, '✔ exit code 0 after 2 min 37 s · no model request'],
    ['a failure', failed(3, { commandMs: 6_000 }), '✘ exit code 3 after 6 s · no model request'],
    [
      'a time limit',
      failed(124, { outcome: 'timeout', usage }),
      `✘ stopped after 3 s (timeout-minutes: 0.05) · ${used}`,
    ],
    [
      'a failure during or after the command',
      failed(3, { outcome: 'error' }),
      '✘ the run failed after 2 min 37 s of the command · no model request',
    ],
    ['a start that failed', failed(1, { outcome: 'error', commandMs: undefined }), '✘ the command was not started'],
    ['a lost log', failed(1, { usage: undefined }), '✘ exit code 1 after 2 min 37 s · what it used is unknown'],
  ])('%s', (_, ended, line) => {
    const config = aConfig({ secrets: given('OPENAI_API_KEY'), timeoutMinutes: 0.05 });
    expect(statusLine(config, ended, PLAIN)).toBe(line);
  });

  test('a sum in which a price is missing does not pass for the whole', () => {
    expect(statusLine(aConfig(), { ...ENDED, usage: { ...usage, costUsd: null } }, PLAIN)).toContain('at least $0.61');
    const unpriced = { ...usage, costUsd: null, pricedUsd: 0 };
    expect(statusLine(aConfig(), { ...ENDED, usage: unpriced }, PLAIN)).toContain('cost unknown');
  });

  test('is in colour where the reader wants that', () => {
    expect(statusLine(aConfig(), ENDED, paintFor(true))).toContain('\u001b[32m✔\u001b[39m');
  });
});

describe('the one message about a failure', () => {
  const textOf = (ended: Ended, frontEnd: 'action' | 'cli' = 'action'): string | undefined =>
    failureOf(aConfig({ frontEnd, timeoutMinutes: 0.05 }), ended)?.text;

  test('none for a success', () => {
    expect(failureOf(aConfig(), ENDED)).toBeUndefined();
  });

  test('a time limit is told as what it is, and not as exit code 124', () => {
    const ended = failed(124, { outcome: 'timeout' });
    expect(textOf(ended)).toMatch(/^Stopped after 3 s \(timeout-minutes: 0\.05\)\. If .* raise timeout-minutes\.$/);
    expect(textOf(ended, 'cli')).toMatch(/^Stopped after 3 s \(--timeout-minutes 0\.05\)\./);
  });

  test('126', () => {
    expect(textOf(failed(126))).toMatch(/exit code 126.*chmod \+x.*architecture/);
  });

  test('127, with the program and where it is', () => {
    const absent = failed(127, { sought: [{ name: 'claude', path: undefined }] });
    expect(textOf(absent)).toMatch(
      /^Command not found \(exit code 127\)\. claude is not installed.*earlier step.*mounts\.$/,
    );
    const hidden = failed(127, { sought: [{ name: 'claude', path: '/srv/bin/claude' }] });
    const place = 'claude is at /srv/bin/claude, which the sandbox does not see: add /srv/bin to --mount.';
    expect(textOf(hidden, 'cli')).toContain(place);
    expect(textOf(failed(127))).toContain('A program is not installed');
    expect(failureOf(aConfig({ agentImage: 'own:1' }), failed(127))?.text).toContain('own:1');
  });

  test('137, with and without a lack of memory', () => {
    expect(textOf(failed(137, { outOfMemory: '512m' }))).toMatch(/^Memory ran out.*512 MB.*Raise memory/);
    expect(textOf(failed(137))).toMatch(/exit code 137, SIGKILL.*Memory did not run out/);
  });

  test('a run that failed when the command had ended does not say that AWF ended it', () => {
    const error = new UserError('The workspace could not be searched to the end.');
    expect(failureOf(aConfig(), failed(3, { outcome: 'error', error }))).toEqual({
      title: 'AWF: the run failed',
      text: 'The workspace could not be searched to the end.',
    });
  });

  test('a sandbox that failed: the error with its remedy', () => {
    const error = new UserError('No Docker engine answers.', { hint: 'Start one.' });
    expect(failureOf(aConfig(), failed(1, { outcome: 'error', error, commandMs: undefined }))).toEqual({
      title: 'AWF did not start the command',
      text: 'No Docker engine answers.\nStart one.',
    });
  });
});
