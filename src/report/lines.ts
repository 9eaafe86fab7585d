import { createReadStream } from 'node:fs';

/** Characters of a line that are kept. Squid's and the api-proxy's longest lines have a tenth of that. */
const MAX_LENGTH = 1024 * 1024;

/**
 * The lines of a log, in constant memory: the command decides how long a log becomes. Only LF ends a line, as in the
 * programs that write the logs; `node:readline` would also split at U+2028, which a JSON string may contain.
 *
 * @throws Error when the file cannot be opened or read
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LENGTH);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** What `reading` a log gives, or `nothing` where the log does not exist: a run may end before its containers make one. */
export async function unlessMissing<T>(reading: Promise<T>, nothing: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing;
    throw error;
  }
}
