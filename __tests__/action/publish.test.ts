import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { actionReporter } from '../../src/action/reporter.ts';
import { publish as publishWith, publishFailure } from '../../src/action/publish.ts';
import { NOTHING_WRITTEN } from '../../src/agent/command-files.ts';
import { egressReport } from '../../src/report/egress.ts';
import { RequestJoiner } from '../../src/report/requests.ts';
import { DomainCounter, NO_DOMAINS } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';
import type { Secrets } from '../../src/config/secrets.ts';
import type { RunResult } from '../../src/run/report.ts';
import { runSummary } from '../../src/run/run-summary.ts';
import { Timings } from '../../src/run/timings.ts';
import { parseAccessLine, type AccessRecord } from '../../src/squid/access-log.ts';
import { aConfig, given, judged, NO_SECRETS, SENTINELS, temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';
import { allowing } from '../../testing/options.ts';
import { refusedLine } from '../../testing/engine/log-lines.ts';
import { parseOutputs } from '../../testing/runner/files.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';

const RESULT: RunResult = {
  ...{ outcome: 'success', exitCode: 0, error: undefined },
  traffic: { domains: NO_DOMAINS, usage: NO_MODEL_USAGE },
  egress: undefined,
  aftermath: undefined,
  written: { output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN },
  result: '',
  logs: undefined,
  hasAgentLogs: false,
  timings: Object.assign(new Timings(), { startupMs: 812 }),
  ...{ outOfMemory: undefined, sought: [], engineAnswered: true },
  budget: {},
};

const config = aConfig();

/** Publishes a result, with its summary. */
const publish = (result: RunResult, secrets: Secrets, reporter: typeof actionReporter): Promise<void> =>
  publishWith(result, secrets, reporter, () =>
    runSummary(result, config, secrets, { root: ROOT, environment: {}, logs: undefined, warnings: [] }),
  );

const FAILURE = { outcome: 'failure', exitCode: 3 } as const;

let printed = '';
let files: { readonly output: string; readonly summary: string };

beforeEach(() => {
  const directory = temporaryDirectory();
  files = { output: join(directory, 'output'), summary: join(directory, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  vi.stubEnv('GITHUB_OUTPUT', files.output);
  vi.stubEnv('GITHUB_STEP_SUMMARY', files.summary);
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  // A failed step sets exitCode. It is the step's exit code, not this process's.
  process.exitCode = undefined;
});

/** The annotations that a runner shows. */
const annotations = (): string[] => logCommands(printed).map(({ name, value }) => `${name}: ${value}`);

describe('a part that cannot be delivered loses only itself', () => {
  test.each([
    ['a directory', (path: string) => path, 'EISDIR'],
    ['below a directory that does not exist', () => '/nonexistent/summary', 'ENOENT'],
    ['read-only, for root too', () => '/proc/sys/kernel/ostype', 'EACCES'],
    ['on a full disk', () => '/dev/full', 'ENOSPC'],
  ])('the summary’s file is %s', async (_, place, code) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'summary'));
    vi.stubEnv('GITHUB_STEP_SUMMARY', place(join(directory, 'summary')));
    await publish({ ...RESULT, ...FAILURE }, NO_SECRETS, actionReporter);
    expect(annotations()).toEqual([
      expect.stringMatching(`^warning: Could not write the job summary to GITHUB_STEP_SUMMARY: ${code}`),
    ]);
    expect(parseOutputs(files.output)).toMatchObject({ 'exit-code': '3', outcome: 'failure' });
  });

  test.each([
    ['gone', '/nonexistent/output'],
    ['on a full disk', '/dev/full'],
  ])('the outputs’ file is %s', async (_, file) => {
    vi.stubEnv('GITHUB_OUTPUT', file);
    await publish({ ...RESULT, ...FAILURE }, NO_SECRETS, actionReporter);
    expect(annotations()).toEqual([
      expect.stringMatching(
        /^warning: Could not write the outputs exit-code, outcome, .*, agent-outputs to GITHUB_OUTPUT: /,
      ),
    ]);
    expect(readFileSync(files.summary, 'utf8')).toContain('with exit code 3');
  });

  test('also for a run that never started', async () => {
    vi.stubEnv('GITHUB_OUTPUT', '/nonexistent/output');
    await publishFailure(actionReporter, () => 'what is wrong');
    expect(annotations()).toEqual([
      expect.stringMatching(
        /^warning: Could not write the outputs exit-code, outcome to GITHUB_OUTPUT: .*\/nonexistent\/output/,
      ),
    ]);
    expect(readFileSync(files.summary, 'utf8')).toBe('what is wrong');
  });

  test('a summary that cannot be made', async () => {
    await publishWith(RESULT, NO_SECRETS, actionReporter, () => {
      throw new Error('no package.json');
    });
    expect(annotations()).toEqual(['warning: Could not make the job summary: no package.json']);
    expect(parseOutputs(files.output)).toMatchObject({ outcome: 'success' });
  });
});

test('what could not be read is left out of the outputs, never reported as empty', async () => {
  await publish({ ...RESULT, traffic: { domains: undefined, usage: undefined } }, NO_SECRETS, actionReporter);
  const outputs = Object.keys(parseOutputs(files.output)).toSorted();
  expect(outputs).toEqual(['agent-outputs', 'exit-code', 'logs-path', 'outcome', 'result', 'startup-ms']);
  expect(readFileSync(files.summary, 'utf8')).toContain('Which requests were refused is unknown');
});

test('what an audit let through was reached', async () => {
  const domains = {
    ...NO_DOMAINS,
    allowed: [judged('listed.example', 1), judged('both.example', 2)],
    audited: [judged('unlisted.example', 5), judged('both.example', 1)],
  };
  await publish({ ...RESULT, traffic: { ...RESULT.traffic, domains } }, NO_SECRETS, actionReporter);
  expect(parseOutputs(files.output)).toMatchObject({
    'allowed-domains': '["unlisted.example","both.example","listed.example"]',
    'blocked-domains': '[]',
  });
});

test('writes no summary on a runner without one', async () => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  await publish(RESULT, NO_SECRETS, actionReporter);
  expect(annotations()).toEqual([]);
  expect(readFileSync(files.summary, 'utf8')).toBe('');
});

test('the command’s summary and outputs come without the credentials, and with their problems', async () => {
  const secret = SENTINELS.get('OPENAI_API_KEY')!;
  const written = {
    output: { text: `answer=${secret}\nno output\n`, isCut: false },
    summary: { text: `The key is ${secret}.\n`, isCut: false },
  };
  await publish({ ...RESULT, written }, given('OPENAI_API_KEY'), actionReporter);
  expect(parseOutputs(files.output)['agent-outputs']).toBe('{"answer":"***"}');
  expect(readFileSync(files.summary, 'utf8')).not.toContain(secret);
  expect(annotations()).toEqual([expect.stringMatching(/^warning: GITHUB_OUTPUT of the command: line 2 /)]);
});

test('L3 300,000 refused names do not break the outputs or the summary', async () => {
  const refused = parseAccessLine(refusedLine('172.30.0.20', 'a.example:443').trimEnd()) as AccessRecord;
  const observed = { agent: refused.client, rules: allowing('') };
  const counter = new DomainCounter(observed);
  const joiner = new RequestJoiner(observed);
  for (let index = 0; index < 300_000; index++) {
    for (const one of joiner.push({ ...refused, host: `${index}.exfiltrated.example` })) counter.add(one);
  }
  const domains = counter.result();
  const egress = egressReport(config, domains, undefined, () => []);
  await publish({ ...RESULT, egress, traffic: { ...RESULT.traffic, domains } }, NO_SECRETS, actionReporter);
  const blocked = parseOutputs(files.output)['blocked-domains'] ?? '';
  expect(blocked.length).toBeLessThanOrEqual(32 * 1024);
  expect((JSON.parse(blocked) as string[]).length).toBeGreaterThan(1_000);
  expect(annotations()).toEqual([
    expect.stringMatching(
      /^warning: The output blocked-domains has the \d+ most requested names\. \d+ names are left out, and 290000 requests for names beyond those; they are in Squid's log\.$/,
    ),
  ]);
  const summary = readFileSync(files.summary, 'utf8');
  expect(summary).toContain('more than 10 k domains refused');
  expect(summary).toContain('300 k requests were refused');
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
}, 60_000);
