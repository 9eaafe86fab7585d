import { describe, expect, test } from 'vitest';
import { ReflectionGuard } from '../../../../containers/api-proxy/src/reflection.ts';
import { FrameMask } from '../../../../containers/api-proxy/src/websocket/frame-mask.ts';
import {
  BINARY,
  clientFrame,
  CLOSE,
  CONTINUATION,
  PING,
  TEXT,
  type FrameOptions,
} from '../../../../testing/sidecar/client-frame.ts';

const SECRET = 'sk-abcsk-abd-1234';
const MASK = '*'.repeat(SECRET.length);
const CHUNKS = [1, 2, 3, 7, 13, 1_000];

const frame = (opcode: number, text: string, options: FrameOptions = {}): Buffer =>
  clientFrame(opcode, text, { ...options, isMasked: false });
const newMask = (): FrameMask => new FrameMask(new ReflectionGuard([SECRET], { plainOnly: true }, () => undefined));

function through(stream: Buffer, size: number): string {
  const mask = newMask();
  const passed: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) {
    passed.push(Buffer.from(mask.pass(Buffer.from(stream.subarray(at, at + size)))));
  }
  return Buffer.concat([...passed, mask.rest()]).toString('latin1');
}

describe('F8 a credential in a WebSocket', () => {
  test.each(CHUNKS)('is masked wherever frames and chunks of %i octets cut it', (size) => {
    const text = `a ${SECRET} b sk-abc${SECRET}`;
    const masked = text.replaceAll(SECRET, MASK);
    for (let first = 0; first <= text.length; first++) {
      const second = Math.min(first + 5, text.length);
      const cut = (whole: string): Buffer =>
        Buffer.concat([
          frame(TEXT, whole.slice(0, first), { isLast: false }),
          frame(PING, 'in between'),
          frame(CONTINUATION, whole.slice(first, second), { isLast: false }),
          frame(CONTINUATION, '', { isLast: false }),
          frame(CONTINUATION, whole.slice(second)),
          frame(BINARY, whole),
        ]);
      expect(through(cut(text), size)).toBe(cut(masked).toString('latin1'));
    }
  });

  test.each(CHUNKS)('is masked in a ping and in the reason of an end, in chunks of %i octets', (size) => {
    const stream = (key: string): Buffer =>
      Buffer.concat([
        frame(TEXT, 'sk-abc', { isLast: false }),
        frame(PING, `a ${key}`),
        frame(CONTINUATION, 'x'),
        frame(CLOSE, `\x03\xf0${key} b`),
      ]);
    expect(through(stream(SECRET), size)).toBe(stream(MASK).toString('latin1'));
  });

  test('a message that ends like the beginning of one does not wait', () => {
    const mask = newMask();
    for (const stream of [frame(TEXT, 'yes'), frame(PING, 'sk-abc'), frame(BINARY, SECRET.slice(0, -1))]) {
      expect(mask.pass(Buffer.from(stream)).equals(stream)).toBe(true);
    }
  });

  test('two messages are not one', () => {
    const stream = Buffer.concat([frame(TEXT, SECRET.slice(0, 9)), frame(TEXT, SECRET.slice(9))]);
    expect(through(stream, 1)).toBe(stream.toString('latin1'));
  });

  test('whatever waits for the rest of a message is bounded', () => {
    const mask = newMask();
    const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(PING, 'x')));
    const stream = Buffer.concat([frame(TEXT, 'sk-a', { isLast: false }), pings]);
    expect(mask.pass(Buffer.from(stream)).equals(stream)).toBe(true);
  });

  test('octets that are no frames pass as they are', () => {
    const text = `HTTP/1.1 200 OK\r\n\r\n\xff\xff${'x'.repeat(300)}`;
    for (const size of CHUNKS) expect(through(Buffer.from(text, 'latin1'), size)).toBe(text);
  });
});
