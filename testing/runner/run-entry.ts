/** Runs an action's entry in its own process, as the runner does. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ENGINE_VARIABLES } from '../engine/engine.ts';

export interface EntryResult {
  /** `null` if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningEntry {
  readonly pid: number;
  readonly done: Promise<EntryResult>;
  /** What it has printed so far. */
  readonly stdout: () => string;
  /** Sends a signal. On cancellation a runner sends SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/**
 * Starts `node <entryPath>` in GITHUB_WORKSPACE with the given environment. Nothing of the test's own leaks in, apart from the
 * engine that it uses.
 *
 * @throws if the process cannot be started
 */
export async function runEntry(entryPath: string, env: Readonly<Record<string, string>>): Promise<RunningEntry> {
  const child = spawn(process.execPath, [entryPath], {
    cwd: env['GITHUB_WORKSPACE'],
    env: { ...ENGINE_VARIABLES, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  }
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const done = closed.then(([code, signal]) => ({ code, signal, ...output }));
  await Promise.race([once(child, 'spawn'), done]);
  if (child.pid === undefined) throw new Error(`node ${entryPath} did not start.`);
  return { pid: child.pid, done, stdout: () => output.stdout, signal: (name) => child.kill(name) };
}

/**
 * Waits until a program or a run has printed `sign`.
 *
 * The limit is no measurement: on a busy machine a start may take long. It lets a test fail with what was said.
 *
 * @param said what it has printed so far; its standard output unless given
 * @throws Error with all that it printed, if it ends without saying so or `limitMs` pass
 */
export async function untilSaid(
  program: { readonly done: Promise<unknown>; readonly stdout: () => string },
  sign: string | RegExp,
  { said = program.stdout, limitMs = 90_000 }: { readonly said?: () => string; readonly limitMs?: number } = {},
): Promise<void> {
  const found = (): boolean => (typeof sign === 'string' ? said().includes(sign) : sign.test(said()));
  const end = performance.now() + limitMs;
  const ended = program.done.then((result) => `ended with ${inspect(result)}`);
  let why: string | undefined;
  while (!found()) {
    if (why !== undefined) throw new Error(`It ${why} and did not say ${inspect(sign)} but:\n${said()}`);
    why = await Promise.race([ended, sleep(50, undefined)]);
    if (performance.now() > end) why ??= `had ${String(limitMs)} ms`;
  }
}
