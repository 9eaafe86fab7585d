import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { Frames, pipedInput } from '../../src/run/command-input.ts';

interface Frame {
  readonly type: string;
  readonly content: Buffer;
}

function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt16BE(at + 1);
    frames.push({ type: String.fromCharCode(bytes[at]!), content: bytes.subarray(at + 3, at + 3 + length) });
    at += 3 + length;
  }
  return frames;
}

describe('piped input', () => {
  test.each([0, 1, 65_535, 65_536, 300_000])(
    'becomes frames, the last of which is its end: %d octets',
    async (size) => {
      const source = new PassThrough();
      const content = Buffer.alloc(size, 'ab');
      source.end(content);
      const frames = framesIn(await buffer(pipedInput(source).open()));
      expect(frames.at(-1)).toEqual({ type: 'e', content: Buffer.alloc(0) });
      expect(new Set(frames.slice(0, -1).map(({ type }) => type))).toEqual(new Set(size === 0 ? [] : ['d']));
      expect(Buffer.concat(frames.map((frame) => frame.content)).equals(content)).toBe(true);
    },
  );

  test('that fails has ended', async () => {
    const source = new PassThrough();
    const open = pipedInput(source).open();
    source.destroy(new Error('gone'));
    expect(framesIn(await buffer(open))).toEqual([{ type: 'e', content: Buffer.alloc(0) }]);
  });

  test('is not read any more when the command has ended', () => {
    const source = new PassThrough();
    const input = pipedInput(source);
    input.open();
    input.close();
    expect(source.isPaused()).toBe(true);
  });
});

test('a terminal has sizes, and no end', async () => {
  const frames = new Frames(false);
  frames.resize(30, 300);
  frames.end('x');
  expect(framesIn(await buffer(frames))).toEqual([
    { type: 'w', content: Buffer.from([0, 30, 1, 44]) },
    { type: 'd', content: Buffer.from('x') },
  ]);
});
