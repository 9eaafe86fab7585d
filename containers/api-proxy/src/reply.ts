import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelChoice } from '../../../src/shared/model-choice.ts';
import type { ProviderId } from '../../../src/shared/providers.ts';
import { ERROR_STATUS } from '../../../src/shared/request-record.ts';
import type { ProxyError } from './errors.ts';
import type { ErrorAnswer, Service } from './service.ts';

function errorHeaders(error: ProxyError, { contentType, body }: ErrorAnswer, close: boolean): Record<string, string> {
  return {
    'content-type': contentType,
    'content-length': String(body.length),
    'cache-control': 'no-store',
    ...(close ? { connection: 'close' } : {}),
    ...error.headers,
  };
}

const answerTo = (service: Service, { status, code, message }: ProxyError, client?: IncomingMessage): ErrorAnswer =>
  service.errorAnswer({ status, code, message }, client?.headers['user-agent']);

const hasUnreadBody = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');

/**
 * After a malformed request or an unread body, nobody knows where the next request begins (RFC 9112, section 6.3).
 */
export const endsConnection = (request: IncomingMessage, error: ProxyError): boolean =>
  ERROR_STATUS[error.code] === 400 || hasUnreadBody(request);

/**
 * Answers with an error of the sidecar's own.
 *
 * If the rest of the request's body is not wanted, the connection ends with this answer, but not at once: closing a
 * socket with unread data resets it, and the client would lose the answer that explains the close (RFC 9112,
 * section 9.6). So the answer is sent in full, and the connection stays open for up to `lingerMs` while the rest of the
 * body is discarded.
 *
 * @returns the length of the body in octets
 */
export function refuse(
  service: Service,
  request: IncomingMessage,
  answer: ServerResponse,
  error: ProxyError,
  lingerMs: number,
): number {
  const own = answerTo(service, error, request);
  const { body } = own;
  const linger = hasUnreadBody(request);
  // With a reason of its own: that of an upstream may be the error, and Node would take it again.
  const headers = errorHeaders(error, own, endsConnection(request, error));
  answer.writeHead(error.status, STATUS_CODES[error.status] ?? '', headers);
  if (!linger) {
    answer.end(body);
    return body.length;
  }
  answer.write(body);
  const end = () => {
    answer.end();
  };
  const timer = setTimeout(end, lingerMs);
  answer.once('close', () => {
    clearTimeout(timer);
  });
  request.once('end', end);
  request.resume();
  return body.length;
}

/** Like {@link refuse}, for a connection that the HTTP server has handed over or given up. */
export function refuseRaw(service: Service, socket: Duplex, error: ProxyError, lingerMs: number): void {
  const own = answerTo(service, error);
  const headers = errorHeaders(error, own, true);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const reason = STATUS_CODES[error.status] ?? '';
  socket.on('error', () => undefined);
  socket.end([`HTTP/1.1 ${error.status} ${reason}`, ...lines, '', own.body.toString()].join('\r\n'));
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.resume();
}

/**
 * An answer for a connection that the HTTP server has handed over because its client wants another protocol. Unless
 * that is agreed on, the connection ends with the answer. It also ends if the client sends anything before the answer
 * (RFC 6455, section 4.1).
 */
export function handedOver(client: IncomingMessage, socket: Socket): ServerResponse {
  const end = () => socket.destroy();
  socket
    .on('error', () => undefined)
    .on('data', end)
    .on('end', end);
  const answer = new ServerResponse(client);
  answer.shouldKeepAlive = false;
  answer.assignSocket(socket);
  answer.once('finish', () => {
    socket.destroySoon();
  });
  return answer;
}

/**
 * Tells which model to set, as lines of `NAME=value`; nothing if there is none to choose, or none is known in time.
 *
 * @param limitMs the command waits for the answer
 */
export async function answerModelChoice(
  choice: Promise<ModelChoice | undefined>,
  limitMs: number,
  answer: ServerResponse,
): Promise<void> {
  const known = await Promise.race([choice, sleep(limitMs, undefined, { ref: false })]);
  const lines = Object.entries(known ?? {}).map(([name, value]) => `${name}=${value}\n`);
  answer.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  answer.end(lines.join(''));
}

/** Tells that the port is served and whether its provider is configured, but nothing about how. */
export function answerHealth(provider: ProviderId, configured: boolean, answer: ServerResponse): void {
  const body = JSON.stringify({ status: 'ok', provider, configured });
  answer.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  answer.end(body);
}
