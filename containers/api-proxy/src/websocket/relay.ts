import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { ReflectionGuard, StreamMask } from '../reflection.ts';
import { clientResponseHeaders } from '../request/headers.ts';
import { MessageGuard } from './message-guard.ts';

/**
 * Passes the agreement on to the client, then relays octets both ways until either side ends the connection or both are
 * silent for too long. The client's messages are judged as they pass; the rest of the frames is a matter between the two
 * ends.
 *
 * Every answer inside that reports its usage counts against the budget as a request of its own. When the budget is
 * exhausted the connection ends, and a client that continues with plain requests is told the reason.
 *
 * @param head octets of the first frames
 */
export function relayWebSocket(
  exchange: Exchange,
  agreement: IncomingMessage,
  upstream: Duplex,
  head: Buffer,
  guard: ReflectionGuard,
): void {
  const { client, record, limits, usage, judge } = exchange;
  const { socket } = client;
  sendAgreement(exchange, agreement, guard);
  recordFailure(exchange, socket, 'client');
  recordFailure(exchange, upstream, 'upstream');
  // Octets in either direction restart this timer.
  socket.setTimeout(limits.upstreamIdleMs, () => {
    record.error ??= 'websocket_timeout';
    socket.destroy();
  });
  usage?.open(agreement, (count) => {
    chargeAnswer(exchange, count);
  });
  const messages = judge && new MessageGuard(exchange, upstream, judge);
  const toUpstream = (chunk: Buffer): void => {
    record.requestBytes += chunk.length;
  };
  const toClient = (chunk: Buffer): void => {
    record.responseBytes += chunk.length;
    usage?.push(chunk);
    messages?.onSent(chunk);
  };
  pump(socket, upstream, toUpstream, messages);
  pump(upstream, socket, toClient, guard.stream());
  if (head.length > 0) upstream.unshift(head);
}

function sendAgreement({ client, answer, record }: Exchange, agreement: IncomingMessage, guard: ReflectionGuard): void {
  record.status = 101;
  answer.sendDate = false;
  const agreed = guard.headers(clientResponseHeaders(agreement.rawHeaders));
  answer.writeHead(101, [...agreed, 'connection', 'Upgrade', 'upgrade', 'websocket']).flushHeaders();
  // Until now these ended the connection if the client sent anything before the agreement.
  for (const event of ['data', 'end', 'timeout']) client.socket.removeAllListeners(event);
}

function recordFailure({ record }: Exchange, end: Duplex, name: 'client' | 'upstream'): void {
  end.on('error', (error) => {
    record.error ??= `${name}_closed (${errorCode(error)})`;
  });
}

/** @param count answers in this WebSocket so far; the handshake has already paid for the first one */
function chargeAnswer({ client, record, spending }: Exchange, count: number): void {
  if (count > 1) spending?.addRequest();
  record.requests = count;
  const refusal = spending?.refusal();
  if (refusal === undefined) return;
  record.error ??= refusal.logged;
  client.socket.destroySoon();
}

function pump(from: Duplex, to: Duplex, onChunk: (chunk: Buffer) => void, mask?: StreamMask): void {
  from.on('data', (chunk: Buffer) => {
    const passing = mask ? mask.pass(chunk) : chunk;
    if (to.writable && passing.length > 0 && !to.write(passing)) from.pause();
    onChunk(chunk);
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
