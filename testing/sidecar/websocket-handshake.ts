/** Both halves of a WebSocket's opening handshake, as octets. The keys come from RFC 6455, section 1.3. */

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export const WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const WEBSOCKET_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** The client's half. An extra line replaces the usual line of the same name. */
export function wish(target: string, ...lines: string[]): string {
  const names = lines.map((line) => line.split(':', 1)[0]!.toLowerCase());
  const usual = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const all = [...usual, `Sec-WebSocket-Key: ${WEBSOCKET_KEY}`].filter(
    (line) => !names.includes(line.split(':', 1)[0]!.toLowerCase()),
  );
  return [`GET ${target} HTTP/1.1`, ...all, ...lines, '', ''].join('\r\n');
}

/** The server's half, with extra header lines. */
export function accept(request: IncomingMessage, socket: Duplex, ...lines: string[]): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${answer}`, ...lines, '', ''].join('\r\n'));
}

/** Accepts with extra header lines, then echoes everything. */
export const agree =
  (...lines: string[]) =>
  (request: IncomingMessage, socket: Duplex) => {
    accept(request, socket, ...lines);
    socket.pipe(socket);
  };
