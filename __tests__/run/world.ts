/** A run inside the test's own process, with its own directories, an engine in memory, and a record of its messages. */

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/errors.ts';
import type { LogDirectories } from '../../src/host/log-directories.ts';
import type { RunContext } from '../../src/run/context.ts';
import type { RunResult } from '../../src/run/report.ts';
import { newRunId, run } from '../../src/run/run.ts';
import { readBaseline } from '../../src/workspace/baseline.ts';
import { inspectWorkspace } from '../../src/workspace/inspect.ts';
import { aConfig, given, type ConfigOverrides } from '../../testing/builders.ts';
import {
  FakeEngine,
  type FakeEngineOptions,
  type OnCall,
  type Program,
  type Verb,
} from '../../testing/engine/fake-engine.ts';
import { LOG_DIRECTORY } from '../../testing/runner/log-directory.ts';

/** Runs mostly wait, so several run at a time. The timeout allows for a busy machine. */
export const CONCURRENT = { concurrent: true, timeout: 30_000 };

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The directory of all worlds in a file. A hook of one test cannot know to which of several concurrent tests it
 * belongs.
 */
let base: string | undefined;

/** Call this in `afterAll` of files that have worlds. */
export function removeWorlds(): void {
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
  base = undefined;
}

/** Runs until it is killed. */
export const endless: Program = async ({ signal }) => {
  await sleep(60_000, undefined, { signal });
  return 0;
};

/**
 * Makes a call of the engine fail.
 *
 * @param subject a part of what the call is about
 * @param times how often; every time by default
 */
export function refusing(verb: Verb, subject = '', times = Infinity): OnCall {
  let left = times;
  return (called, about) => {
    if (called !== verb || !about.includes(subject) || left === 0) return;
    left -= 1;
    throw new UserError(`docker ${verb} failed: no`);
  };
}

export interface World {
  readonly workspace: string;
  readonly temporary: string;
  readonly engine: FakeEngine;
  /** Cancels the run. */
  readonly abort: AbortController;
  readonly context: RunContext;
  readonly errors: string[];
  readonly warnings: string[];
  /** What the command wrote to both streams. */
  readonly output: () => string;
  /** Undefined until the directories exist. */
  readonly logs: () => LogDirectories | undefined;
  readonly run: (config?: ConfigOverrides) => Promise<RunResult>;
  /** What is left on the engine and of the run's own files, without the logs, which are meant to stay. */
  readonly left: () => string[];
}

export function aWorld(options: FakeEngineOptions = {}, context: Partial<RunContext> = {}): World {
  base ??= realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-')));
  const directory = mkdtempSync(join(base, 'world-'));
  const [workspace, temporary] = [join(directory, 'workspace'), join(directory, 'temporary')];
  for (const path of [workspace, temporary]) mkdirSync(path);
  const engine = new FakeEngine(options);
  const abort = new AbortController();
  const messages = { errors: [] as string[], warnings: [] as string[] };
  let output = '';
  let logs: LogDirectories | undefined;
  const keep = (chunk: Buffer): undefined => void (output += chunk.toString());
  const complete: RunContext = {
    runId: newRunId(),
    engine,
    reporter: {
      debug: () => undefined,
      info: () => undefined,
      group: () => undefined,
      warning: (text) => {
        // The tests do not depend on whether their user is root.
        if (!text.startsWith('The command runs as root')) messages.warnings.push(text);
      },
      error: (text) => messages.errors.push(text),
    },
    output: { stdout: keep, stderr: keep },
    warnNow: (text) => messages.warnings.push(text),
    root: ROOT,
    images: () => ({ squid: 'awf-squid:0', 'api-proxy': 'awf-api-proxy:0', agent: 'awf-agent:0' }),
    lookThrough: async (directory, limitMs) => inspectWorkspace(readBaseline(directory)!, limitMs),
    temporary,
    environment: {},
    signal: abort.signal,
    hasPostStep: false,
    onLogs: (directories) => (logs = directories),
    ...context,
  };
  return {
    ...{ workspace, temporary, engine, abort, context: complete, ...messages },
    output: () => output,
    logs: () => logs,
    run: ({ secrets = given('OPENAI_API_KEY'), ...config } = {}) =>
      run(aConfig({ workspace, workingDirectory: workspace, ...config, secrets }), secrets, complete),
    left: () => [
      ...engine.left,
      ...readdirSync(temporary, { withFileTypes: true })
        .map(({ name }) => name)
        .filter((name) => !LOG_DIRECTORY.test(name)),
    ],
  };
}
