import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { UserError } from '../errors.ts';
import { printable, printableText } from '../host/file-names.ts';
import { findProgram } from '../host/programs.ts';
import { moveOut } from './disarm.ts';
import type { Aftermath } from './inspect.ts';

/** Looks through the workspace whose baseline is in a directory. */
export type LookThrough = (workDirectory: string, limitMs: number) => Promise<Aftermath>;

/** In the work directory: the directory that is being looked at. */
export const PLACE_FILE = 'place';
/** Megabytes of heap. What a command leaves may be meant to use up all of the machine's memory. */
const HEAP_LIMIT_MB = 1_024;
/** The process stops by itself first: after the search, it gets as much time again for the repositories. Milliseconds. */
const GRACE_MS = 10_000;

/**
 * Looks through the workspace in a process of its own: whatever the command has left to exhaust it, this process and the
 * report live on.
 *
 * @param root the action's own directory
 * @returns rejects with a UserError if the process dies or takes too long; the directory at which it died has been moved
 *   aside then
 */
export function inProcess(root: string): LookThrough {
  return async (workDirectory, limitMs) => {
    const program = join(root, 'dist/look-through/index.js');
    const args = [`--max-old-space-size=${HEAP_LIMIT_MB}`, program, workDirectory, String(limitMs)];
    const git = findProgram('git');
    // Nothing else of the job's environment is needed, and no dump of the memory may be written.
    const env = git === undefined ? {} : { PATH: dirname(git) };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const timer = setTimeout(() => child.kill('SIGKILL'), 2 * limitMs + GRACE_MS);
    try {
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      if (child.exitCode === 0) return JSON.parse(stdout) as Aftermath;
      throw failure(workDirectory, child.signalCode, stderr);
    } finally {
      clearTimeout(timer);
    }
  };
}

function failure(workDirectory: string, signal: string | null, stderr: string): UserError {
  const place = placeOf(workDirectory);
  const moved = place === undefined ? undefined : moveOut(place, []).movedTo;
  const where = place === undefined ? '' : ` at ${printable(place)}`;
  return new UserError(`The search of the workspace died${where}: ${reasonOf(signal, stderr)}.`, {
    hint: moved === undefined ? 'Do not run git there.' : `It was moved aside, to ${printable(moved)}.`,
  });
}

function reasonOf(signal: string | null, stderr: string): string {
  if (/heap out of memory|heap limit/i.test(stderr)) return 'it used up its memory';
  if (signal === 'SIGKILL') return 'it was killed, after its time or for want of memory';
  // Node.js says more after the error: where it happened, and its own version.
  const error = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1) ?? '';
  return error === '' ? 'no reason given' : printableText(error);
}

function placeOf(workDirectory: string): string | undefined {
  try {
    const place = readFileSync(join(workDirectory, PLACE_FILE), 'latin1');
    return place === '' ? undefined : place;
  } catch {
    return undefined;
  }
}
