/** WebSockets octet by octet: a client's opening, and an upstream that agrees. */

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { eventually } from './api-proxy-sidecar.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** RFC 6455, section 1.3, has this very pair. */
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

export const wish = (target: string, ...lines: string[]): string => {
  const names = lines.map((line) => line.split(':', 1)[0]!.toLowerCase());
  const usual = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const all = [...usual, `Sec-WebSocket-Key: ${KEY}`].filter(
    (line) => !names.includes(line.split(':', 1)[0]!.toLowerCase()),
  );
  return [`GET ${target} HTTP/1.1`, ...all, ...lines, '', ''].join('\r\n');
};

/** Agrees, with further header lines. */
export function accept(request: IncomingMessage, socket: Duplex, ...lines: string[]): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${answer}`, ...lines, '', ''].join('\r\n'));
}

/** Agrees, with further header lines, and then sends back what it gets. */
export const agree =
  (...lines: string[]) =>
  (request: IncomingMessage, socket: Duplex) => {
    accept(request, socket, ...lines);
    socket.pipe(socket);
  };

/** Writes `octets` and waits for the head of the answer. */
export async function openWebSocket(
  port: number,
  octets: string,
): Promise<{ socket: Socket; head: string; received: () => string }> {
  const socket = connect(port, '127.0.0.1', () => socket.write(octets));
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  await eventually('an answer', () => received.includes('\r\n\r\n'));
  const [head = '', ...rest] = received.split('\r\n\r\n');
  received = rest.join('\r\n\r\n');
  return { socket, head, received: () => received };
}
