/** Runs an action's entry in a process of its own, as the runner does. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface EntryResult {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningEntry {
  readonly pid: number;
  readonly done: Promise<EntryResult>;
  /** On cancellation a runner sends SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/**
 * Starts `node <entryPath>` in GITHUB_WORKSPACE with exactly the given environment: nothing of the test's own leaks in.
 *
 * @throws when the process cannot be started
 */
export async function runEntry(entryPath: string, env: Readonly<Record<string, string>>): Promise<RunningEntry> {
  const child = spawn(process.execPath, [entryPath], {
    cwd: env['GITHUB_WORKSPACE'],
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const done = Promise.all([closed, output]).then(([[code, signal], [stdout, stderr]]) => ({
    code,
    signal,
    stdout,
    stderr,
  }));
  await Promise.race([once(child, 'spawn'), done]);
  if (child.pid === undefined) throw new Error(`node ${entryPath} did not start.`);
  return { pid: child.pid, done, signal: (name) => child.kill(name) };
}
