/** A step of the action in its own processes, as a runner starts it, with an engine in memory. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SCENARIO_VARIABLES, type EngineReport, type Scenario } from '../../testing/engine/scenarios.ts';
import { createRunner, type Runner, type RunnerStep } from '../../testing/runner/files.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';
import { startProgram, type RunningProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { LOG_DIRECTORY } from '../../testing/runner/log-directory.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** What a runner knows about an entry that has ended. */
export interface Played extends EntryResult {
  /** The log commands that the runner carries out. */
  readonly commands: readonly { readonly name: string; readonly value: string }[];
  readonly engine: EngineReport;
}

export interface PlayedStep {
  readonly runner: Runner;
  readonly start: () => Promise<RunningProgram>;
  readonly main: () => Promise<Played>;
  readonly post: (scenario?: Scenario) => Promise<Played>;
  /** The report of a started main step. */
  readonly ended: (main: RunningProgram) => Promise<Played>;
  /** What is left in RUNNER_TEMP, except the logs. */
  readonly left: () => string[];
}

export interface StepOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  /** Overrides what the runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** The directory of the installation. */
  readonly root?: string;
  /** Put in front of the main step's argv. */
  readonly prefix?: readonly string[];
}

/**
 * The entries are large for such short-lived processes, so cache the compiled code. Node.js checks that the cache is
 * current.
 */
const COMPILED = { NODE_COMPILE_CACHE: join(ROOT, '.scratch', 'compile-cache') };

const runners: Runner[] = [];

/** Call this in `afterAll` of files that play steps. Several of their tests run at a time. */
export function removeSteps(): void {
  for (const runner of runners.splice(0)) runner.remove();
}

/** Contains a key, so that there is nothing to warn about. */
const INPUTS = { run: 'true', 'openai-api-key': 'sk-sentinel-openai' };

export function playedStep(
  scenario: Scenario,
  { inputs, env = {}, root = ROOT, prefix = [] }: StepOptions = {},
): PlayedStep {
  const runner = createRunner({ actionFile: join(ROOT, 'action.yml'), inputs: { ...INPUTS, ...inputs } });
  runners.push(runner);
  const report = join(runner.temp, '..', 'engine.json');
  const start = (entry: 'main-step' | 'post-step', step: RunnerStep, name: Scenario, before: readonly string[]) =>
    startProgram([...before, process.execPath, join(import.meta.dirname, 'fixtures', `${entry}.ts`)], {
      env: {
        ...step.env,
        ...(before.length > 0 ? {} : COMPILED),
        ...{ TEST_ROOT: root, [SCENARIO_VARIABLES.scenario]: name, [SCENARIO_VARIABLES.report]: report },
        ...env,
      },
      cwd: runner.workspace,
    });
  const ended = async ({ done }: RunningProgram): Promise<Played> => {
    const result = await done;
    const engine = JSON.parse(readFileSync(report, 'utf8')) as EngineReport;
    rmSync(report);
    return { ...result, commands: logCommands(result.stdout), engine };
  };
  const startMain = (): Promise<RunningProgram> => start('main-step', runner.main, scenario, prefix);
  return {
    ...{ runner, ended, start: startMain },
    main: async () => ended(await startMain()),
    post: async (name = 'success') => ended(await start('post-step', runner.post(), name, [])),
    left: () => readdirSync(runner.temp).filter((name) => !LOG_DIRECTORY.test(name)),
  };
}

/** Log commands that show nothing apart from the log. */
const UNSEEN = ['add-mask', 'group', 'endgroup'];

/**
 * The first line of each annotation that the runner shows, except the one about root: the test's user does not matter
 * here.
 */
export function annotations({ commands }: Played): string[] {
  return commands
    .filter(({ name, value }) => !UNSEEN.includes(name) && !value.startsWith('The command runs as root'))
    .map(({ name, value }) => `${name}: ${value.replace(/%0A.*$/, '')}`);
}
