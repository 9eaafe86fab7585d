import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output, Sink } from '../docker/engine.ts';
import { FLUSH_LIMIT_MS, OUTPUT_LIMIT_BYTES } from './limits.ts';
import { aborted } from './signals.ts';

/** Writes to `stream`, and makes the writer wait while its reader is behind. */
export function writeTo(stream: Writable): Sink {
  return (chunk) => (stream.write(chunk) ? undefined : drained(stream));
}

/**
 * Waits until the readers of standard output and standard error have everything: a pipe takes what is written only when it
 * has room, and `process.exit` drops the rest.
 */
export async function flush(signal: AbortSignal): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => {
        stream.write('', () => {
          resolve();
        });
      }),
  );
  await Promise.race([Promise.all(written), aborted(signal).catch(() => sleep(FLUSH_LIMIT_MS))]);
}

/** Resolves too when the stream ends or fails instead; its own error event reports that. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const event of EVENTS) stream.off(event, end);
      resolve();
    };
    for (const event of EVENTS) stream.on(event, end);
  });
}

const EVENTS = ['drain', 'close', 'error'] as const;

/**
 * Relays `output` up to a number of bytes, then one line that says so, then nothing: a job's log must not grow without end.
 * The command goes on; what it writes is read and dropped.
 */
export function limited(output: Output, limitBytes = OUTPUT_LIMIT_BYTES): Output {
  let left = limitBytes;
  const limit =
    (sink: Sink): Sink =>
    (chunk) => {
      if (left < 0) return undefined;
      left -= chunk.length;
      if (left >= 0) return sink(chunk);
      const note = `\nAWF: The command wrote more than ${limitBytes / 1024 / 1024} MiB. The rest is not shown; the command goes on.\n`;
      return sink(Buffer.concat([chunk.subarray(0, chunk.length + left), Buffer.from(note)]));
    };
  return { stdout: limit(output.stdout), stderr: limit(output.stderr) };
}
