import { readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { RUN_LABEL } from '../docker/spec.ts';
import { SECOND_SIGNAL_AFTER_MS } from './limits.ts';

/** What the system says of a pipe without a reader, and of a terminal that is gone. */
const UNREAD = ['EPIPE', 'EIO'];

/** Knows a better exit code, or another end of the process, when its work is done. */
export type End = (exitCode: number, signal: AbortSignal) => number;

/** Why the signal of {@link cancellation} fired: this process was asked to end. */
export class Cancelled extends UserError {
  readonly by: NodeJS.Signals;

  constructor(by: NodeJS.Signals) {
    super(`The run was cancelled (${by}).`);
    this.by = by;
  }
}

/** Why it fired: standard output cannot be written, and not because nobody reads it. */
export class Unwritten extends UserError {}

/**
 * A signal that fires when the process is asked to end. The runner sends SIGINT, SIGTERM 7.5 s later, and SIGKILL another
 * 2.5 s later: enough time to remove the containers, which the first signal starts. A second Ctrl-C ends the process at
 * once. The signal also fires when the output cannot be written any more: a command at the head of a pipe ends with the
 * pipe. Standard error on a full disk costs AWF's words, and not the run.
 *
 * @param end how the process ends at a second Ctrl-C, given an exit code
 */
export function cancellation(end: End): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (name === 'SIGHUP' && outlivesTerminal()) return;
      controller.abort(new Cancelled(name));
    });
  }
  process.once('SIGINT', () => {
    endAtSecondInterrupt(() => end(exitCodeOf('SIGINT'), controller.signal));
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (cause: NodeJS.ErrnoException) => {
      const isUnread = UNREAD.includes(cause.code ?? '');
      if (stream === process.stderr && !isUnread) return;
      controller.abort(
        isUnread
          ? new UserError('The run was ended: nobody reads its output any more.', { cause })
          : new Unwritten('The run was ended: its output cannot be written.', { cause }),
      );
    });
  }
  return controller.signal;
}

/**
 * True under `nohup`. It makes a program ignore hang-ups, but Node takes that back for itself when it starts. What tells is
 * the parent, which ignores them too if it is a script under `nohup`, and otherwise `_`, where bash and zsh put the program
 * that they have started.
 */
function outlivesTerminal(): boolean {
  if (basename(process.env['_'] ?? '') === 'nohup') return true;
  try {
    // A mask in hexadecimal, see proc_pid_status(5). SIGHUP is 1, the lowest bit.
    const ignored = /^SigIgn:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

function endAtSecondInterrupt(end: () => number): void {
  const first = performance.now();
  process.on('SIGINT', () => {
    if (performance.now() - first < SECOND_SIGNAL_AFTER_MS) return;
    const filter = `--all --filter label=${RUN_LABEL}`;
    try {
      // Not by the stream, which would keep the message until the pipe has room.
      writeSync(process.stderr.fd, `awf: ended at once. Containers may be left; find them with: docker ps ${filter}\n`);
    } catch {
      // Nobody reads it.
    }
    process.exit(end());
  });
}

/** The exit code that shells give a process that a signal has ended. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/**
 * Ends the process as a signal does that nobody handles. A shell tells that from an exit code: it stops the loop that the
 * process is in.
 *
 * @returns the exit code that stands for the signal, if the process goes on, as the first one of a container does
 */
export function endBy(signal: NodeJS.Signals): number {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return exitCodeOf(signal);
}

/** Rejects with the reason of `signal` as soon as it fires; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new UserError('The run was ended.'));
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
