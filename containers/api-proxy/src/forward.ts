import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode, ProxyError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { passInterim } from './interim.ts';
import { elapsedMs } from './log.ts';
import { refuse } from './reply.ts';
import type { AdmittedRequest } from './request/admission.ts';
import { clientResponseHeaders, headerChanges, upstreamRequestHeaders } from './request/headers.ts';
import { ReturnBody } from './return-body.ts';
import type { Route } from './route.ts';
import { SendBody } from './send-body.ts';
import { refusalOf, type Handshake } from './websocket/handshake.ts';
import { relayWebSocket } from './websocket/relay.ts';

/** Sends a request upstream and streams both ways, octet by octet as they arrive. */
export class Forwarding {
  readonly #exchange: Exchange;
  readonly #admitted: AdmittedRequest;
  readonly #route: Route;
  readonly #handshake: Handshake | undefined;
  readonly #upstream: ClientRequest;
  /** The exchange has failed, was abandoned, or became a WebSocket. Later events change nothing. */
  #settled = false;

  /** @param handshake of a client that asks for a WebSocket */
  constructor(exchange: Exchange, admitted: AdmittedRequest, route: Route, handshake: Handshake | undefined) {
    this.#exchange = exchange;
    this.#admitted = admitted;
    this.#route = route;
    this.#handshake = handshake;
    this.#upstream = this.#request();
  }

  #request(): ClientRequest {
    const { client, limits } = this.#exchange;
    const { agent, upstreamPath, rules, authority } = this.#route;
    const { method, path, query } = this.#admitted;
    const request = httpRequest({
      agent,
      method,
      path: `${upstreamPath(path)}${query}`,
      headers: [
        ...upstreamRequestHeaders(client.rawHeaders, this.#admitted, rules, authority),
        ...(this.#handshake?.headers ?? []),
      ],
      maxHeaderSize: limits.upstreamHeadBytes,
      timeout: this.#handshake ? limits.handshakeMs : limits.upstreamIdleMs,
    });
    // Node silently drops headers beyond its own limit. The limit on the size of the head is enough.
    request.maxHeadersCount = 0;
    return request;
  }

  start(): void {
    const { answer, log, record } = this.#exchange;
    const { target } = this.#route;
    record.forwarded = true;
    if (this.#exchange.spending) record.requests = 1;
    if (log.isDebug) this.#logHeaders();
    this.#upstream.on('error', (error) => {
      this.#failBecauseOf(error, answer.headersSent);
    });
    this.#upstream.on('close', () => {
      if (!answer.headersSent) this.#failBecauseOf(undefined);
    });
    this.#upstream.on('timeout', () => {
      const refusal = this.#handshake && refusalOf(undefined, target.host);
      this.fail(refusal ?? new ProxyError('upstream_timeout', `${target.host} was silent for too long.`));
    });
    this.#upstream.on('information', (interim) => {
      this.#attempt(() => {
        if (!this.#settled) passInterim(interim, this.#exchange.client, answer, this.#route.guard);
      });
    });
    this.#upstream.on('response', (response) => {
      this.#onResponse(response);
    });
    this.#upstream.on('upgrade', (response, socket, head) => {
      this.#onUpgrade(response, socket, head);
    });
    answer.on('close', () => {
      this.#onClientClosed();
    });
    if (this.#handshake) this.#upstream.end();
    else this.#sendBody();
  }

  #logHeaders(): void {
    const { client, log, record } = this.#exchange;
    const changes = headerChanges(client.rawHeaders, this.#admitted, this.#route.rules);
    log.event('debug', 'headers', { id: record.id, ...changes });
  }

  #sendBody(): void {
    new SendBody(this.#exchange, this.#upstream, this.#admitted.body, (error) => {
      this.fail(error);
    }).start();
  }

  #onResponse(response: IncomingMessage): void {
    const { answer, record, usage } = this.#exchange;
    const { guard } = this.#route;
    this.#recordArrival(response);
    const refusal = this.#handshake && refusalOf(response.statusCode, this.#route.target.host);
    if (refusal) {
      this.fail(refusal);
      return;
    }
    const isHeadSent = this.#attempt(() => {
      guard.check(response);
      answer.sendDate = false;
      const headers = guard.headers(clientResponseHeaders(response.rawHeaders));
      answer.writeHead(response.statusCode ?? 502, guard.text(response.statusMessage ?? ''), headers);
    });
    if (!isHeadSent) return;
    record.status = answer.statusCode;
    if (this.#admitted.method !== 'HEAD') usage?.open(response);
    new ReturnBody(response, this.#exchange, guard, (error) => {
      this.#failBecauseOf(error, true);
    }).start();
  }

  #onUpgrade(response: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#recordArrival(response);
    const isOpen = this.#attempt(() => {
      if (this.#settled || this.#handshake?.isAgreedBy(response) !== true) {
        const message = `${this.#route.target.host} switched to another protocol without being asked.`;
        throw new ProxyError('upstream_bad_response', message);
      }
      relayWebSocket(this.#exchange, response, socket, head, this.#route.guard);
      this.#settled = true;
    });
    if (!isOpen) socket.destroy();
  }

  #recordArrival({ statusCode }: IncomingMessage): void {
    const { record, startedAt } = this.#exchange;
    record.timeToFirstByteMs = elapsedMs(startedAt);
    record.upstreamStatus = statusCode ?? 0;
  }

  #onClientClosed(): void {
    const { answer, record } = this.#exchange;
    if (answer.writableFinished || this.#settled) return;
    this.#settled = true;
    record.error = 'client_closed';
    this.#upstream.destroy();
  }

  /** @returns false if it threw, and the exchange failed for that reason */
  #attempt(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#failBecauseOf(error);
      return false;
    }
  }

  #failBecauseOf(cause: unknown, hasAnswered = false): void {
    this.fail(upstreamFailure(cause, this.#route.target.host, hasAnswered));
  }

  /** Ends the exchange: with an answer if none has begun, otherwise by breaking the client's stream. */
  fail(error: ProxyError): void {
    const { service, client, answer, record, limits } = this.#exchange;
    if (this.#settled || answer.writableEnded) return;
    this.#settled = true;
    record.error = error.logged;
    this.#upstream.destroy();
    if (answer.headersSent) {
      // What has arrived still goes out, even if it is only the head. The missing end (last chunk, length) tells the
      // client that the answer is incomplete.
      answer.write('', 'latin1');
      client.socket.destroySoon();
    } else {
      record.status = error.status;
      record.responseBytes = refuse(service, client, answer, error, limits.lingerMs);
    }
  }
}

function upstreamFailure(cause: unknown, host: string, hasAnswered: boolean): ProxyError {
  if (cause instanceof ProxyError) return cause;
  const detail = errorCode(cause);
  return hasAnswered
    ? new ProxyError('upstream_broken', `${host} broke off its answer (${detail}).`, { cause, detail })
    : new ProxyError('upstream_closed', `${host} closed the connection before it answered (${detail}).`, {
        cause,
        detail,
      });
}
