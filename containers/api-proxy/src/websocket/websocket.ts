import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { nameMatcher } from '../../../../src/shared/name-patterns.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import type { Exchange } from '../exchange.ts';
import { clientResponseHeaders } from '../request/headers.ts';
import { errorCode, ProxyError } from '../errors.ts';
import type { ReflectionGuard, StreamMask } from '../reflection.ts';

/** A client's wish for a WebSocket, checked and written anew. */
export interface Handshake {
  /** Names and values in turn, for the upstream request. */
  readonly headers: readonly string[];
  /** True when the answer agrees to what was forwarded, and to no more. */
  readonly isAgreedBy: (answer: IncomingMessage) => boolean;
}

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen octets in Base64: RFC 6455, section 4.2.1. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

const list = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(',')).flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));

const malformed = (message: string): ProxyError => new ProxyError('malformed_request', message);

/**
 * Reads the client's half of the opening handshake. Subprotocols that are not listed are left out: browsers' SDKs put
 * keys there, having no headers. No extension passes, for nothing can be found in frames that are compressed: neither a
 * credential nor what was used (RFC 6455, section 9.1: a server that is offered none uses none).
 *
 * @param protocols names that pass; a trailing `*` is a prefix
 * @throws ProxyError 400, or 426 for another version
 */
export function readHandshake(
  rawHeaders: readonly string[],
  { method, body }: AdmittedRequest,
  early: Buffer,
  protocols: readonly string[],
): Handshake {
  const valuesOf = (name: string): string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === `sec-websocket-${name}`);
  const [key = '', ...otherKeys] = valuesOf('key');
  if (method !== 'GET' || body !== 0) throw malformed('A WebSocket begins with a GET without a body.');
  // Until the answer is there, it is not known in which protocol these would be read.
  if (early.length > 0) throw malformed('Octets came before the WebSocket was open.');
  if (valuesOf('version').join() !== '13') {
    const headers = { 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'close, upgrade' };
    throw new ProxyError('upgrade_refused', 'The only WebSocket version that passes is 13.', { headers });
  }
  if (!KEY.test(key) || otherKeys.length > 0) throw malformed('There must be exactly one Sec-WebSocket-Key.');

  const offered = list(valuesOf('protocol')).filter(nameMatcher(protocols));
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return {
    headers: [
      ...['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13', 'sec-websocket-key', key],
      ...(offered.length === 0 ? [] : ['sec-websocket-protocol', offered.join(', ')]),
    ],
    isAgreedBy: ({ headers }) =>
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['sec-websocket-accept'] === accept &&
      [undefined, ...offered].includes(headers['sec-websocket-protocol']) &&
      headers['sec-websocket-extensions'] === undefined,
  };
}

function pump(from: Duplex, to: Duplex, see: (chunk: Buffer) => void, mask?: StreamMask): void {
  from.on('data', (chunk: Buffer) => {
    const passing = mask ? mask.pass(chunk) : chunk;
    if (to.writable && passing.length > 0 && !to.write(passing)) from.pause();
    see(chunk);
  });
  to.on('drain', () => {
    from.resume();
  });
  from.on('end', () => {
    to.end(mask?.rest());
  });
  from.on('close', () => {
    to.destroy();
  });
}

/**
 * Passes the agreement on and then relays octet by octet until either side ends it, or both are silent for too long. The
 * frames are the two ends' own matter.
 *
 * Each answer that comes in it and says what it used is a request of its own against the budget. When that is exhausted
 * the connection ends, and a client that goes on without one is told why.
 *
 * @param head octets of the first frames
 */
export function openWebSocket(
  { client, answer, record, limits, usage, budget }: Exchange,
  agreement: IncomingMessage,
  upstream: Duplex,
  head: Buffer,
  guard: ReflectionGuard,
): void {
  const { socket } = client;
  record.status = 101;
  answer.sendDate = false;
  const agreed = guard.headers(clientResponseHeaders(agreement.rawHeaders));
  const headers = [...agreed, 'connection', 'Upgrade', 'upgrade', 'websocket'];
  answer.writeHead(101, headers).flushHeaders();
  for (const event of ['data', 'end', 'timeout']) socket.removeAllListeners(event);
  const watch = (end: Duplex, name: 'client' | 'upstream'): void => {
    end.on('error', (error) => {
      record.error ??= `${name}_closed (${errorCode(error)})`;
    });
  };
  watch(socket, 'client');
  watch(upstream, 'upstream');
  // Set anew by each octet in either direction.
  socket.setTimeout(limits.upstreamIdleMs, () => {
    record.error ??= 'websocket_timeout';
    socket.destroy();
  });
  usage.open(agreement);
  usage.onMessage = (count) => {
    if (count > 1) budget.addRequest();
    record.requests = count;
    if (budget.refusal === undefined) return;
    record.error ??= budget.refusal.logged;
    socket.destroySoon();
  };
  const toUpstream = (chunk: Buffer): void => {
    record.requestBytes += chunk.length;
  };
  const toClient = (chunk: Buffer): void => {
    record.responseBytes += chunk.length;
    usage.push(chunk);
  };
  pump(socket, upstream, toUpstream);
  pump(upstream, socket, toClient, guard.stream());
  if (head.length > 0) upstream.unshift(head);
}
