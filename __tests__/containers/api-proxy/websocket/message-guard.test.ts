import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { BadFrame, FrameReader } from '../../../../containers/api-proxy/src/websocket/frame-reader.ts';
import { openRaw } from '../../../../testing/sidecar/client.ts';
import { eventually, useSidecar } from '../../../../testing/sidecar/sidecar.ts';
import {
  BINARY,
  clientFrame as frame,
  CLOSE,
  CONTINUATION,
  PING,
  TEXT,
} from '../../../../testing/sidecar/client-frame.ts';
import { accept, wish } from '../../../../testing/sidecar/websocket-handshake.ts';

const HOSTED = JSON.stringify({ type: 'response.create', tools: [{ type: 'web_search' }] });
const CONTROL = HOSTED.replace('web_search', 'function');
const LINE = 'allow-provider-tools: web-search';

describe('frames', () => {
  const stream = Buffer.concat([
    frame(TEXT, 'one'),
    frame(TEXT, 'tw', { isLast: false }),
    frame(PING, 'in between'),
    frame(CONTINUATION, '', { isLast: false }),
    frame(CONTINUATION, 'o'),
    frame(BINARY, 'x'.repeat(300)),
    frame(TEXT, 'y'.repeat(70_000), { isMasked: false }),
    frame(CLOSE, ''),
  ]);

  test.each([1, 2, 3, 7, 13, 1_000, 1_000_000])('are read wherever chunks end: by %i', (size) => {
    const messages: string[] = [];
    let message = '';
    const reader = new FrameReader({
      onData: (payload) => (message += payload.toString()),
      onMessageEnd: () => {
        messages.push(message);
        message = '';
      },
    });
    const boundaries: number[] = [];
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
      if (reader.isAtBoundary) boundaries.push(Math.min(at + size, stream.length));
    }
    expect(messages).toEqual(['one', 'two', 'x'.repeat(300), 'y'.repeat(70_000)]);
    expect(boundaries.at(-1)).toBe(stream.length);
    if (size === 1) expect(boundaries).toHaveLength(8);
  });

  test.each([
    ['compressed', [frame(TEXT, '{}', { reserved: 0x40 })]],
    ['with a reserved opcode', [frame(3, '{}')]],
    ['that continue nothing', [frame(CONTINUATION, '{}')]],
    ['that begin inside a message', [frame(TEXT, '{', { isLast: false }), frame(TEXT, '}')]],
  ])('%s are refused', (_, frames) => {
    const reader = new FrameReader({ onData: () => undefined, onMessageEnd: () => undefined });
    expect(() => {
      for (const octets of frames) reader.push(octets);
    }).toThrow(BadFrame);
  });
});

describe('X22 a WebSocket message that makes the provider fetch or connect', () => {
  const t = useSidecar();
  const opened: Socket[] = [];
  afterEach(() => {
    for (const socket of opened) socket.destroy();
    opened.length = 0;
  });

  /** Opens a WebSocket, and records what the provider got. */
  async function open(target = '/v1/responses', port = t.port('openai')) {
    let provider: Duplex | undefined;
    const got: Buffer[] = [];
    t.upstream.upgrade = (request, socket) => {
      accept(request, socket);
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      provider = socket;
    };
    const connection = await openRaw(port, wish(target));
    opened.push(connection.socket);
    return { ...connection, provider: provider!, got: () => Buffer.concat(got) };
  }

  test('is refused with an error in the provider’s shape, and the line in the close frame', async () => {
    const { socket, received, got } = await open();
    socket.write(frame(TEXT, CONTROL));
    await eventually('the control', () => got().equals(frame(TEXT, CONTROL)));
    socket.write(frame(TEXT, HOSTED));
    await once(socket, 'close');
    expect(got()).toEqual(frame(TEXT, CONTROL));
    const answer = Buffer.from(received(), 'latin1');
    const length = answer.readUInt16BE(2);
    expect(answer.subarray(0, 2)).toEqual(Buffer.from([0x81, 126]));
    expect(JSON.parse(answer.toString('utf8', 4, 4 + length))).toMatchObject({
      type: 'error',
      status: 403,
      error: { code: 'provider_tool_not_allowed', message: expect.stringContaining(LINE) as string },
    });
    expect(answer.subarray(4 + length)).toEqual(
      Buffer.concat([Buffer.from([0x88, 2 + LINE.length, 1008 >> 8, 1008 & 0xff]), Buffer.from(LINE)]),
    );
    expect(await t.records(1)).toMatchObject([{ status: 101, error: 'provider_tool_not_allowed' }]);
  });

  test.each<[string, Buffer[]]>([
    ['in fragments', [frame(TEXT, HOSTED.slice(0, 50), { isLast: false }), frame(CONTINUATION, HOSTED.slice(50))]],
    [
      'in fragments with a ping between them',
      [frame(TEXT, HOSTED.slice(0, 52), { isLast: false }), frame(PING, '{}'), frame(CONTINUATION, HOSTED.slice(52))],
    ],
    ['without a mask', [frame(TEXT, HOSTED, { isMasked: false })]],
    ['behind one that may pass', [Buffer.concat([frame(TEXT, CONTROL), frame(TEXT, HOSTED)])]],
    ['octet by octet', [...frame(TEXT, HOSTED)].map((octet) => Buffer.from([octet]))],
    ['in a long message', [frame(TEXT, HOSTED.replace('{', `{"x":"${'x'.repeat(100_000)}",`))]],
    ['that is not JSON', [frame(TEXT, 'tools=web_search')]],
    ['that is not complete JSON', [frame(TEXT, '{"type":"response.create"')]],
    ['that is compressed', [frame(TEXT, HOSTED, { reserved: 0x40 })]],
  ])('%s never reaches the provider as a whole', async (_, frames) => {
    const { socket, got } = await open();
    // The sidecar may end the connection before the last octets are sent, which is an error of the socket.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (const octets of frames) {
      socket.write(octets);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    const whole: string[] = [];
    const reader = new FrameReader({ onData: () => undefined, onMessageEnd: () => whole.push('message') });
    reader.push(got());
    expect(whole).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ error: expect.stringMatching(/provider_tool|body_unread/) as string }]);
  });

  test('of Gemini’s live API, in a binary message', async () => {
    const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
    const { socket, got, received } = await open(live, t.port('gemini'));
    const control = frame(BINARY, JSON.stringify({ setup: { tools: [{ functionDeclarations: [] }] } }));
    socket.write(control);
    await eventually('the control', () => got().equals(control));
    socket.write(frame(BINARY, JSON.stringify({ setup: { tools: [{ googleSearch: {} }] } })));
    await once(socket, 'close');
    expect(got()).toEqual(control);
    expect(received()).toContain(LINE);
  });

  test('while a frame of the provider’s is arriving ends the connection without a frame inside it', async () => {
    const { socket, provider, received } = await open();
    const half = Buffer.from([0x81, 100, 0x7b]);
    provider.write(half);
    await eventually('the half', () => received().length === half.length);
    socket.write(frame(TEXT, HOSTED));
    await once(socket, 'close');
    expect(Buffer.from(received(), 'latin1')).toEqual(half);
  });

  test('D2 does not: a flood of small ones, which arrives as it was sent, with the end after it', async () => {
    const { socket, provider, got } = await open();
    const ended = once(provider, 'end');
    const frames = Buffer.concat(Array.from({ length: 30_000 }, (_, i) => frame(TEXT, String(i))));
    socket.end(frames);
    await ended;
    expect(got().equals(frames)).toBe(true);
  });

  test('does not: empty messages, pings and the end', async () => {
    const { socket, got } = await open();
    const frames = Buffer.concat([frame(TEXT, ''), frame(PING, 'x'), frame(TEXT, CONTROL), frame(CLOSE, '')]);
    socket.write(frames);
    await eventually('all of it', () => got().equals(frames));
  });
});
