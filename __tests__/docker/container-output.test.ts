import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { relayOutput } from '../../src/docker/container-output.ts';
import { frame } from '../../testing/engine/fake-socket.ts';

/** What arrives at either sink, in order. */
async function relayed(chunks: readonly Buffer[]): Promise<[string, string][]> {
  const got: [string, string][] = [];
  const keep =
    (name: string) =>
    (chunk: Buffer): undefined =>
      void got.push([name, chunk.toString('latin1')]);
  await relayOutput(Readable.from(chunks), keep('out'), keep('err'));
  return got;
}

const joined = (got: readonly [string, string][], name: string): string =>
  got.flatMap(([stream, text]) => (stream === name ? text : [])).join('');

const OUTPUT = Buffer.concat([
  frame('stdout', 'one'),
  frame('stderr', 'a complaint'),
  frame('stdout', ''),
  frame('stdout', 'x'.repeat(70_000)),
]);

describe('relayOutput', () => {
  test('keeps the streams apart, and their order', async () => {
    expect((await relayed([OUTPUT])).slice(0, 2)).toEqual([
      ['out', 'one'],
      ['err', 'a complaint'],
    ]);
  });

  test.each([1, 3, 7, 8, 9, 4096])('does not depend on how it is cut: %i octets at a time', async (size) => {
    const cut = Array.from({ length: Math.ceil(OUTPUT.length / size) }, (_, n) =>
      OUTPUT.subarray(n * size, (n + 1) * size),
    );
    const got = await relayed(cut);
    expect(joined(got, 'out')).toBe(`one${'x'.repeat(70_000)}`);
    expect(joined(got, 'err')).toBe('a complaint');
  });

  test('a container that writes nothing', async () => {
    expect(await relayed([])).toEqual([]);
  });

  test('reads no further than its reader', async () => {
    const pieces = 100;
    let sent = 0;
    const stream = new Readable({
      read() {
        this.push(sent === pieces ? null : frame('stdout', 'x'.repeat(60_000)));
        sent += 1;
      },
    });
    const { promise: read, resolve: readOn } = Promise.withResolvers<undefined>();
    let got = 0;
    const sink = (): Promise<void> => {
      got += 1;
      return read;
    };
    const done = relayOutput(stream, sink, sink);
    for (let n = 0; n < 20; n += 1) await turn();
    expect(got).toBe(1);
    expect(sent).toBeLessThan(10);
    readOn(undefined);
    await done;
    expect(got).toBeGreaterThanOrEqual(pieces);
  });

  test.each([
    ['within a header', OUTPUT.subarray(0, 5)],
    ['within output', OUTPUT.subarray(0, 10)],
  ])('a stream that ends %s is an error', async (_, chunk) => {
    await expect(relayed([chunk])).rejects.toThrow('ended in the middle of output');
  });

  test('what is no such stream is an error', async () => {
    await expect(relayed([Buffer.from('HTTP/1.1 200 OK\r\n')])).rejects.toThrow('of an unknown kind');
  });

  test('an error of the connection is one of the relay', async () => {
    const stream = new PassThrough();
    const done = relayOutput(
      stream,
      () => undefined,
      () => undefined,
    );
    stream.destroy(new Error('read ECONNRESET'));
    await expect(done).rejects.toThrow('ended the connection');
  });
});
