import { UserError } from '../errors.ts';

/**
 * A signal that fires when the process is asked to end. The runner sends SIGINT, SIGTERM 7.5 s later, and kills another
 * 2.5 s later: time enough to remove the containers, which the first of them starts. It fires as well when the output cannot be
 * written any more: a command at the head of a pipe ends with the pipe.
 */
export function cancellation(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort(new UserError(`The run was cancelled (${name}).`));
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (cause: Error) => {
      controller.abort(new UserError('The run was ended: nobody reads its output any more.', { cause }));
    });
  }
  return controller.signal;
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
