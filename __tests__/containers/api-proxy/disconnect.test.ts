import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually, useSidecar, type SidecarFixture, UNREAD } from '../../../testing/sidecar/sidecar.ts';

/** Milliseconds within which the upstream's connection must end. */
const PROMISED_MS = 1_000;

const UPLOAD = 'POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nbegin';
const REQUEST = 'POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
const WEBSOCKET = [
  'GET /v1/responses HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

interface Situation {
  readonly octets: string;
  /** Prepares the upstream. @returns a function that returns whether the situation has occurred */
  readonly arrange: (t: SidecarFixture, received: () => string, ended: () => void) => () => boolean;
}

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'while it waits for the answer': {
    octets: REQUEST,
    arrange: (t, _, ended) => {
      t.upstream.handler = (__, ___, socket) => socket.on('close', ended);
      return () => t.upstream.requests[0]?.complete === true;
    },
  },
  'in the middle of the answer': {
    octets: REQUEST,
    arrange: (t, received, ended) => {
      t.upstream.handler = (_, response, socket) => {
        socket.on('close', ended);
        response.writeHead(200).write('data: 1\n\n');
      };
      return () => received().includes('data: 1');
    },
  },
  'in the middle of its upload': {
    octets: UPLOAD,
    arrange: (t, _, ended) => {
      t.upstream.handler = (__, ___, socket) => socket.on('close', ended);
      return () => t.upstream.requests[0]?.body.join('') === 'begin';
    },
  },
  'over a WebSocket': {
    octets: WEBSOCKET,
    arrange: (t, received, ended) => {
      t.upstream.upgrade = (request, socket) => {
        const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
        const accept = createHash('sha1').update(key).digest('base64');
        const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.on('close', ended).resume();
        socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
      };
      return () => received().includes(' 101 ');
    },
  },
};

const WAYS: Readonly<Record<string, (socket: Socket) => void>> = {
  closes: (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
};

describe('a client that', () => {
  const t = useSidecar({ configured: ['openai'], config: UNREAD });
  const rows = Object.keys(WAYS).flatMap((way) =>
    Object.keys(SITUATIONS).map((situation) => [way, situation] as const),
  );

  test.each(rows)('%s %s ends the upstream’s connection within a second', async (way, situation) => {
    let received = '';
    let endedAt = 0;
    const { octets, arrange } = SITUATIONS[situation]!;
    const hasCome = arrange(
      t,
      () => received,
      () => (endedAt = performance.now()),
    );
    const socket = connect(t.port('openai'), '127.0.0.1', () => socket.write(octets));
    socket.on('error', () => undefined).on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    await eventually(situation, hasCome);
    expect(endedAt).toBe(0);
    const leftAt = performance.now();
    WAYS[way]!(socket);
    await eventually('the end upstream', () => endedAt > 0);
    expect(endedAt - leftAt).toBeLessThan(PROMISED_MS);
  });
});
