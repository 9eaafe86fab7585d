import { validateHeaderValue, type IncomingMessage, type InformationEvent, type ServerResponse } from 'node:http';
import type { ReflectionGuard } from './reflection.ts';
import { clientResponseHeaders } from './request/headers.ts';
import { headerPairs } from './request/raw-headers.ts';

/**
 * Passes an interim answer on (1xx, for example `103 Early Hints`), as RFC 9110, section 15.2, requires of a proxy.
 * HTTP/1.0 has no such thing. A client that does not read its connection gets no more of them: they must not pile up
 * here.
 */
export function passInterim(
  { statusCode, statusMessage, rawHeaders }: InformationEvent,
  { httpVersion, socket }: IncomingMessage,
  answer: ServerResponse,
  guard: ReflectionGuard,
): void {
  if (answer.headersSent || httpVersion === '1.0' || socket.writableNeedDrain) return;
  const lines = headerPairs(guard.headers(clientResponseHeaders(rawHeaders))).map(([name, value]) => {
    validateHeaderValue(name, value);
    return `${name}: ${value}`;
  });
  validateHeaderValue('reason', statusMessage);
  // Not writeEarlyHints: it knows only one status and one header, and writes names in lower case.
  const head = [`HTTP/1.1 ${statusCode} ${guard.text(statusMessage)}`, ...lines, '', ''];
  socket.write(head.join('\r\n'), 'latin1');
}
