import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { ReflectionGuard, StreamMask } from '../reflection.ts';
import { clientResponseHeaders } from '../request/headers.ts';
import { FrameMask } from './frame-mask.ts';
import { MessageGuard } from './message-guard.ts';

/**
 * Octets of a client's messages that are judged in one turn of the event loop: some 600 of the smallest. Node reads up to two
 * megabytes of a socket in a row, and everybody else would wait for the verdicts on 300,000 messages.
 */
const JUDGED_AT_ONCE = 4 * 1024;

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
  const toClient = (chunk: Buffer, passing: Buffer): void => {
    record.responseBytes += chunk.length;
    usage?.push(chunk);
    messages?.onSent(passing);
  };
  pump(socket, upstream, toUpstream, messages, JUDGED_AT_ONCE);
  pump(upstream, socket, toClient, new FrameMask(guard));
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

/**
 * @param onChunk gets what arrived, and what of it passed
 * @param atOnce octets that pass in one turn of the event loop
 */
function pump(
  from: Duplex,
  to: Duplex,
  onChunk: (chunk: Buffer, passing: Buffer) => void,
  mask?: StreamMask,
  atOnce = Number.POSITIVE_INFINITY,
): void {
  let isBetweenTurns = false;
  /** Of what waited for its turn. A stream tells its end even while it is paused. */
  const atEnd: (() => void)[] = [];
  const afterwards = (work: () => void): void => {
    if (isBetweenTurns) atEnd.push(work);
    else work();
  };
  const pass = (chunk: Buffer): void => {
    const part = chunk.subarray(0, atOnce);
    const passing = mask ? mask.pass(part) : part;
    if (to.writable && passing.length > 0 && !to.write(passing)) from.pause();
    onChunk(part, passing);
    isBetweenTurns = part.length < chunk.length;
    if (isBetweenTurns) {
      from.pause();
      setImmediate(pass, chunk.subarray(part.length));
      return;
    }
    if (!to.writableNeedDrain) from.resume();
    for (const work of atEnd.splice(0)) work();
  };
  from.on('data', pass);
  to.on('drain', () => {
    if (!isBetweenTurns) from.resume();
  });
  from.on('end', () => {
    afterwards(() => to.end(mask?.rest()));
  });
  from.on('close', () => {
    afterwards(() => to.destroy());
  });
}
