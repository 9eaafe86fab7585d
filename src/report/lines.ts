import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Characters of a line that are kept. Squid's and the api-proxy's longest lines have a tenth of that. */
const MAX_LENGTH = 1024 * 1024;

/**
 * The lines of a log, in constant memory: the command decides how long a log becomes. Only LF ends a line, as in the
 * programs that write the logs; `node:readline` would also split at U+2028, which a JSON string may contain.
 *
 * The directory belongs to a sidecar. No link is followed, and a pipe that a sidecar has put there, which would keep its
 * reader for ever, is not waited for.
 *
 * @throws Error when the file cannot be opened or read, or is no regular file
 */
export async function* linesOf(path: string): AsyncGenerator<string, undefined> {
  yield* linesIn(piecesOf(path));
}

/** One line at a time. */
export async function* linesIn(pieces: AsyncIterable<readonly string[]>): AsyncGenerator<string, undefined> {
  for await (const lines of pieces) yield* lines;
}

/**
 * The same lines, many at a time: waiting for each of millions takes longer than reading them.
 *
 * @throws Error like {@link linesOf}
 */
export async function* piecesOf(path: string): AsyncGenerator<readonly string[], undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file.`);
    const options = { encoding: 'utf8', highWaterMark: 256 * 1024, autoClose: false } as const;
    yield* piecesIn(file.createReadStream(options));
  } finally {
    await file.close();
  }
}

/** The lines of a text that arrives in pieces, those of each piece together, in constant memory. */
export async function* piecesIn(pieces: AsyncIterable<unknown>): AsyncGenerator<readonly string[], undefined> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + String(piece)).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LENGTH);
    yield lines;
  }
  if (rest !== '') yield [rest];
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
