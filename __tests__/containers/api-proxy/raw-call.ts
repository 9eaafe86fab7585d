/** A client that writes octets and reads the answer's octets. */

import type { Socket } from 'node:net';
import { readAnswer, WireReader, type WireAnswer } from '../../../testing/sidecar/http-wire.ts';

/**
 * Writes a request piece by piece and reads one answer to it.
 *
 * @param socket is closed afterwards
 * @throws Error if the connection breaks, WireError if the answer is malformed or something follows it
 */
export async function callRaw(socket: Socket, pieces: readonly Buffer[], method: string): Promise<WireAnswer> {
  const reader = new WireReader();
  const reading = readAnswer(reader, method);
  const answer = new Promise<WireAnswer>((resolve, reject) => {
    const advance = (): void => {
      try {
        const step = reading.next();
        if (step.done !== true) return;
        if (reader.rest.length > 0) throw new Error(`behind the answer came ${JSON.stringify(reader.rest.toString())}`);
        resolve(step.value);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      advance();
    });
    socket.on('end', () => {
      reader.end();
      advance();
    });
    socket.on('error', reject);
  });
  const written = writePieces(socket, pieces);
  try {
    return await answer;
  } finally {
    socket.destroy();
    await written;
  }
}

/** Writes each piece in its own turn of the event loop, and so usually in its own packet. */
export async function writePieces(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return;
    socket.setNoDelay(true).write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
