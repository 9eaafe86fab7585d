import { finished } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Flow } from '../../../containers/api-proxy/src/flow.ts';

const CHUNK = 64 * 1024;
const CHUNKS = 64;

/** @returns the octets that a sink received in each turn of the event loop */
async function octetsByTurn(highWaterMark: number, write: (done: () => void) => void): Promise<number[]> {
  const turns = [0];
  const count = (): void => {
    turns.push(0);
    beat = setImmediate(count);
  };
  let beat = setImmediate(count);
  const sink = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _, done) => {
      turns[turns.length - 1] = turns.at(-1)! + chunk.length;
      write(done);
    },
  });
  const source = new Readable({ highWaterMark: CHUNK * CHUNKS, read: () => undefined });
  const flow = new Flow(source, sink);
  source.on('data', (chunk: Buffer) => {
    flow.write(chunk);
  });
  source.on('end', () => sink.end());
  for (let i = 0; i < CHUNKS; i++) source.push(Buffer.alloc(CHUNK));
  source.push(null);
  await finished(sink);
  clearImmediate(beat);
  return turns;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('a stream with much to transfer', () => {
  test.each([
    ['a sink that takes everything', CHUNK * CHUNKS * 2],
    ['a sink that asks for a pause at each chunk, and immediately for more', 1],
  ])('gives others a turn, with %s', async (_, highWaterMark) => {
    const turns = await octetsByTurn(highWaterMark, (done) => {
      done();
    });
    expect(sum(turns)).toBe(CHUNK * CHUNKS);
    expect(Math.max(...turns)).toBeLessThanOrEqual(128 * 1024);
  });

  test('keeps pace with its sink', async () => {
    const turns = await octetsByTurn(1, (done) => setImmediate(() => setImmediate(done)));
    expect(sum(turns)).toBe(CHUNK * CHUNKS);
    expect(Math.max(...turns)).toBe(CHUNK);
  });
});
