import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { SCENARIO_VARIABLES, type EngineReport, type Scenario } from '../../testing/engine/scenarios.ts';
import { startProgram, type RunningProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { LOG_DIRECTORY } from '../../testing/runner/log-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Each test starts a process. Several run at a time. */
const OPTIONS = { timeout: 60_000, concurrent: true };

const base = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-cli-')));
afterAll(() => {
  rmSync(base, { recursive: true });
});

interface Awf {
  readonly running: RunningProgram;
  readonly ended: () => Promise<EntryResult & { readonly engine: EngineReport }>;
  /** What is left in the temporary directory, except the logs. */
  readonly left: () => string[];
}

/** Starts `awf` with an engine in memory. @param prefix put in front of its argv @param group as a shell starts it */
async function awf(
  scenario: Scenario,
  args: readonly string[],
  root = ROOT,
  prefix: readonly string[] = [],
  group = false,
): Promise<Awf> {
  const directory = mkdtempSync(join(base, 'run-'));
  const at = (name: string): string => {
    mkdirSync(join(directory, name));
    return join(directory, name);
  };
  const [workspace, temporary, report] = [at('workspace'), at('temporary'), join(directory, 'engine.json')];
  const running = await startProgram(
    [...prefix, process.execPath, join(import.meta.dirname, 'fixtures', 'command-line.ts'), ...args],
    {
      env: {
        ...{ PATH: HOST_PATH, HOME: at('home'), TMPDIR: temporary, TEST_ROOT: root },
        ...{ [SCENARIO_VARIABLES.scenario]: scenario, [SCENARIO_VARIABLES.report]: report },
        NODE_COMPILE_CACHE: join(ROOT, '.scratch', 'compile-cache'),
      },
      cwd: workspace,
      group,
    },
  );
  return {
    running,
    ended: async () => ({
      ...(await running.done),
      engine: JSON.parse(readFileSync(report, 'utf8')) as EngineReport,
    }),
    left: () => readdirSync(temporary).filter((name) => !LOG_DIRECTORY.test(name)),
  };
}

/** The messages for people, except the one about root: the test's user does not matter here. */
const messages = ({ stderr }: EntryResult): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('awf: ') && !line.includes('runs as root'));

describe('awf', OPTIONS, () => {
  test('that cannot be parsed exits with 2, and nothing has started', async () => {
    const { ended, left } = await awf('success', ['--memory=much', '--', 'true']);
    const result = await ended();
    expect(result).toMatchObject({ code: 2, stdout: '', engine: { calls: [] } });
    expect(messages(result)).toEqual([expect.stringMatching(/^awf: error: .*memory: "much"/)]);
    expect(left()).toEqual([]);
  });

  test('exits with the command’s exit code, without a word', async () => {
    const { ended, left } = await awf('exit-7', ['--', 'true']);
    const result = await ended();
    expect(result).toMatchObject({ code: 7, stdout: '', engine: { left: [] } });
    expect(messages(result)).toEqual([]);
    expect(left()).toEqual([]);
  });

  test.each([
    ['2>', 7, ''],
    ['>', 1, 'awf: error: The run was ended: its output cannot be written.\nCause: ENOSPC'],
  ])('with %s on a full disk exits with %i', async (redirection, code, message) => {
    const { ended, left } = await awf('prints-7', ['--log-level=debug', '--', 'true'], ROOT, [
      'bash',
      '-c',
      `"$@" ${redirection} /dev/full`,
      'bash',
    ]);
    const result = await ended();
    expect(result).toMatchObject({ code, engine: { left: [] } });
    expect(result.stderr).toContain(message);
    expect(left()).toEqual([]);
  });

  test.each([[['--help']], [['examples', 'pr-review']], [['completion', 'bash']]])(
    '%j on a full disk is no success, and a reader that has enough is one',
    async (args) => {
      const shell = (script: string): Promise<Awf> => awf('success', args, ROOT, ['bash', '-c', script, 'bash']);
      const full = await (await shell('"$@" > /dev/full')).running.done;
      expect(full).toMatchObject({ code: 1 });
      expect(full.stderr).toMatch(/^awf: error: The output is not complete: it cannot be written\.\nCause: ENOSPC/);
      const enough = await (await shell('set -o pipefail; "$@" | head -1')).running.done;
      expect(enough).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('Ctrl-C stops the loop that it is in', async () => {
    const loop = 'for time in first second; do echo "$time"; "$@"; done';
    const { running, left } = await awf(
      'endless',
      ['--enable-api-proxy', '--', 'true'],
      ROOT,
      ['bash', '-c', loop, 'bash'],
      true,
    );
    while (!running.stdout().includes('running')) await sleep(20);
    process.kill(-running.pid, 'SIGINT');
    const { stdout } = await running.done;
    expect(stdout).toContain('first');
    expect(stdout).not.toContain('second');
    expect(left()).toEqual([]);
  });

  test('reports what the command reached and was denied, to those who debug', async () => {
    const { ended } = await awf('success', ['--log-level=debug', '--enable-api-proxy', '--', 'true']);
    const result = await ended();
    expect(result.code).toBe(0);
    expect(messages(result)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^awf: .*linux\/amd64, Docker 28\.5$/),
        expect.stringMatching(/^awf: policy: no domains, no model, /),
        expect.stringMatching(/^awf: sandbox is up after /),
        'awf: reached 1 domain with 1 request',
        'awf: ⛔ 1 domain was refused.',
        expect.stringMatching(/^awf: logs: .*squid-logs-\d+, .*api-proxy-logs-\d+$/),
      ]),
    );
  });

  test('names no more hosts than people read', async () => {
    const { ended } = await awf('many-names', ['--', 'true']);
    const { stderr } = await ended();
    expect(stderr).toMatch(/^awf: ⛔ .* domains were refused\./m);
    expect(stderr.split('\n').length).toBeLessThan(50);
    expect(stderr.length).toBeLessThan(5_000);
  });

  test('loses only the logs’ part of its report if the logs are missing', async () => {
    const { ended, left } = await awf('no-logs', ['--enable-api-proxy', '--', 'true']);
    const result = await ended();
    expect(result).toMatchObject({ code: 3, engine: { left: [] } });
    expect(messages(result)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^awf: warning: Could not read Squid's log: ENOENT/),
        expect.stringMatching(/^awf: warning: Could not read the api-proxy's log: ENOENT/),
        expect.stringMatching(/^awf: warning: Could not write timings\.json: ENOENT/),
      ]),
    );
    expect(left()).toEqual([]);
  });

  test.each([
    ['an engine that fails', 'engine-fails', ROOT, 'awf: error: docker network create failed: no'],
    ['an incomplete installation', 'success', '/nonexistent', /^awf: error: .*\/nonexistent\/dist\/images\.json/],
  ] as const)('fails with 1 because of %s', async (_, scenario, root, error) => {
    const { ended, left } = await awf(scenario, ['--', 'true'], root);
    const result = await ended();
    expect(result).toMatchObject({ code: 1, stdout: '', engine: { left: [] } });
    expect(messages(result)[0]).toEqual(expect.stringMatching(error));
    expect(result.stderr).not.toContain('    at ');
    expect(left()).toEqual([]);
  });

  test('--keep-containers keeps them, stopped, and says how to find them', async () => {
    const { ended, left } = await awf('exit-7', ['--keep-containers', '--', 'true']);
    const result = await ended();
    expect(result).toMatchObject({ code: 7, engine: { running: [] } });
    // Two containers, two networks, and the agent’s volume.
    expect(result.engine.left).toHaveLength(5);
    const runId = /awf-internal-([0-9a-f]{8})/.exec(result.engine.left.join(' '))?.[1];
    expect(messages(result).at(-1)).toBe(
      `awf: The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId ?? ''}`,
    );
    expect(left()).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops everything at %s, and ends by it', async (signal) => {
    const { running, ended, left } = await awf('endless', ['--enable-api-proxy', '--', 'true']);
    while (!running.stdout().includes('running')) await sleep(20);
    running.signal(signal);
    const result = await ended();
    expect(result).toMatchObject({ code: null, signal, engine: { left: [] } });
    expect(messages(result)).toContain(`awf: error: The run was cancelled (${signal}).`);
    expect(left()).toEqual([]);
  });
});
