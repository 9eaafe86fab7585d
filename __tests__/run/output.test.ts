import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { limited, writeTo } from '../../src/run/output.ts';

const MIB = 1024 * 1024;

/** What a limited output passes on, by stream. */
function recorded(limitBytes: number) {
  const passed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const output = limited(
    {
      stdout: (chunk) => void passed.stdout.push(chunk),
      stderr: (chunk) => void passed.stderr.push(chunk),
    },
    limitBytes,
  );
  return { output, said: (stream: 'stdout' | 'stderr') => Buffer.concat(passed[stream]).toString('latin1') };
}

const NOTE = '\nAWF: The command wrote more than 1 MiB. The rest is not shown; the command goes on.\n';

describe('a limit', () => {
  test('passes exactly that amount, says so once, and drops the rest', () => {
    const { output, said } = recorded(MIB);
    void output.stdout(Buffer.alloc(MIB - 2, 'a'));
    void output.stdout(Buffer.from('bc'));
    expect(said('stdout')).toBe(`${'a'.repeat(MIB - 2)}bc`);
    void output.stdout(Buffer.from('d'));
    void output.stdout(Buffer.from('e'));
    expect(said('stdout')).toBe(`${'a'.repeat(MIB - 2)}bc${NOTE}`);
  });

  test('cuts a chunk in two', () => {
    const { output, said } = recorded(MIB);
    void output.stdout(Buffer.alloc(3 * MIB, 'a'));
    expect(said('stdout')).toBe(`${'a'.repeat(MIB)}${NOTE}`);
  });

  test('applies to both streams together', () => {
    const { output, said } = recorded(MIB);
    void output.stderr(Buffer.alloc(MIB - 1, 'a'));
    void output.stdout(Buffer.from('bc'));
    void output.stderr(Buffer.from('d'));
    expect(said('stdout')).toBe(`b${NOTE}`);
    expect(said('stderr')).toHaveLength(MIB - 1);
  });

  test('changes no byte below it', () => {
    const { output, said } = recorded(MIB);
    const binary = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    void output.stdout(binary);
    void output.stdout(Buffer.from('no line break'.repeat(1000)));
    expect(said('stdout')).toBe(binary.toString('latin1') + 'no line break'.repeat(1000));
  });
});

describe('a slow reader', () => {
  test('is waited for', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const write = writeTo(stream);
    expect(write(Buffer.from('ab'))).toBeUndefined();
    let done = false;
    const waiting = write(Buffer.from('cdef'))?.then(() => (done = true));
    expect(waiting).toBeDefined();
    await sleep(0);
    expect(done).toBe(false);
    stream.resume();
    await waiting;
    expect(done).toBe(true);
    for (const event of ['drain', 'close', 'error']) {
      expect(stream.listenerCount(event), event).toBe(new PassThrough().listenerCount(event));
    }
  });

  test('that disconnects is not waited for', async () => {
    const stream = new Writable({ highWaterMark: 1, write: () => undefined });
    stream.on('error', () => undefined);
    const waiting = writeTo(stream)(Buffer.from('abc'));
    stream.destroy(new Error('EPIPE'));
    await expect(waiting).resolves.toBeUndefined();
  });
});
