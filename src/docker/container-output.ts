import type { Readable } from 'node:stream';
import { UserError } from '../errors.ts';
import type { Sink } from './engine.ts';
import { unreachable } from './failure.ts';

/** The octets before each piece of output: its stream, three zeros, and its length, big-endian. */
const HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;

/**
 * Passes on what a container writes, to its end, in the order in which the engine sends it. It reads no faster than the
 * sinks accept: a slow reader slows the container down.
 *
 * @param stream the engine's "multiplexed" stream
 * @throws UserError when the stream is not one, ends within a piece, or fails
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function relayOutput(stream: Readable, onStdout: Sink, onStderr: Sink): Promise<void> {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let sink = onStdout;
  for await (const chunk of chunksOf(stream)) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        await sink(piece);
        continue;
      }
      const part = rest.subarray(0, HEADER_BYTES - header.length);
      rest = rest.subarray(part.length);
      header = header.length === 0 ? part : Buffer.concat([header, part]);
      if (header.length < HEADER_BYTES) continue;
      const kind = header[0];
      if (kind !== STDOUT && kind !== STDERR) throw new UserError('The Docker engine sent output of an unknown kind.');
      sink = kind === STDOUT ? onStdout : onStderr;
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
  if (left > 0 || header.length > 0)
    throw new UserError('The connection to the Docker engine ended in the middle of output.');
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreachable(error);
  }
}
