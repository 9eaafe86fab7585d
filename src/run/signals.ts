import { writeSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { RUN_LABEL } from '../docker/spec.ts';
import { SECOND_SIGNAL_AFTER_MS } from './limits.ts';

/** What the system says of a pipe without a reader, and of a terminal that is gone. */
const UNREAD = ['EPIPE', 'EIO'];

/** The exit code of a process that SIGINT ended, as shells have it. */
const INTERRUPTED = 130;

/**
 * A signal that fires when the process is asked to end. The runner sends SIGINT, SIGTERM 7.5 s later, and SIGKILL another
 * 2.5 s later: enough time to remove the containers, which the first signal starts. A second Ctrl-C ends the process at
 * once. The signal also fires when the output cannot be written any more: a command at the head of a pipe ends with the
 * pipe. Standard error on a full disk costs AWF's words, and not the run.
 */
export function cancellation(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort(new UserError(`The run was cancelled (${name}).`));
    });
  }
  process.once('SIGINT', endAtSecondInterrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (cause: NodeJS.ErrnoException) => {
      const isUnread = UNREAD.includes(cause.code ?? '');
      if (stream === process.stderr && !isUnread) return;
      controller.abort(
        isUnread
          ? new UserError('The run was ended: nobody reads its output any more.', { cause })
          : new UserError('The run was ended: its output cannot be written.', { cause }),
      );
    });
  }
  return controller.signal;
}

function endAtSecondInterrupt(): void {
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
    process.exit(INTERRUPTED);
  });
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
