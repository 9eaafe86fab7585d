import { validateHeaderValue, type IncomingMessage, type InformationEvent, type ServerResponse } from 'node:http';
import { clientResponseHeaders } from './request/headers.ts';
import type { ReflectionGuard } from './reflection.ts';

/**
 * Passes an interim answer (1xx, `103 Early Hints`) on, as RFC 9110, section 15.2, asks of a proxy. A client of HTTP/1.0
 * knows none; one that takes nothing off its connection gets no more of them, for they must not pile up here.
 */
export function passInterim(
  { statusCode, statusMessage, rawHeaders }: InformationEvent,
  { httpVersion, socket }: IncomingMessage,
  answer: ServerResponse,
  guard: ReflectionGuard,
): void {
  if (answer.headersSent || httpVersion === '1.0' || socket.writableNeedDrain) return;
  const fields = guard.headers(clientResponseHeaders(rawHeaders));
  const lines = fields.flatMap((name, i) => {
    if (i % 2 === 1) return [];
    const value = fields[i + 1] ?? '';
    validateHeaderValue(name, value);
    return [`${name}: ${value}`];
  });
  // Not by writeEarlyHints, which knows one status and one header, and puts names into lower case.
  const head = [`HTTP/1.1 ${String(statusCode)} ${guard.text(statusMessage)}`, ...lines, '', ''];
  socket.write(head.join('\r\n'), 'latin1');
}
