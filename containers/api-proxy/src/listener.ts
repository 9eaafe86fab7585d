import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import type { Capacity } from './capacity.ts';
import { createClientServer } from './client-server.ts';
import { Connection, stopAtRefusal } from './connection.ts';
import { asProxyError, errorCode, parserFailure, tooManyRequests, type ProxyError } from './errors.ts';
import { Forwarding } from './forward.ts';
import type { BodyJudge } from './judge/judge.ts';
import type { Limits } from './limits.ts';
import { loggedPath, newRecord, type Log } from './log.ts';
import { endsConnection, handedOver, refuse, refuseRaw } from './reply.ts';
import { admit, methodNotAllowed, type AdmittedRequest } from './request/admission.ts';
import { bodyLimit, bodyTooLarge } from './send-body.ts';
import type { Service } from './service.ts';
import { Ledger } from './usage/ledger.ts';
import type { UsageReading } from './usage/reading.ts';
import { readHandshake } from './websocket/handshake.ts';

export interface ListenerOptions {
  readonly service: Service;
  readonly limits: Limits;
  /** Shared by all listeners. */
  readonly capacity: Capacity;
  readonly log: Log;
}

/** How a request came in. */
interface Arrival {
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue?: true;
  /** Set if the client asks for a WebSocket: the octets that it sent after its request. */
  readonly early?: Buffer;
}

/** A request from its arrival to its line in the log. */
interface Visit extends Arrival {
  readonly client: IncomingMessage;
  readonly answer: ServerResponse;
  readonly record: RequestRecord;
  /** A value of `performance.now()`. */
  readonly startedAt: number;
  /** Set once the request is on its way to its upstream. */
  isUnderWay: boolean;
  usage: UsageReading | undefined;
}

/** Milliseconds between two checks for whether the last request has ended. */
const STOP_POLL_MS = 5;

/** A service's HTTP server: it refuses, answers what is meant for the sidecar, and sends everything else on its way. */
export class Listener {
  /** Not listening yet. */
  readonly server: Server;
  readonly #options: ListenerOptions;
  readonly #ledger: Ledger;
  /** Connections of WebSockets, which the HTTP server no longer knows. */
  readonly #upgraded = new Set<Duplex>();
  #underWay = 0;

  constructor(options: ListenerOptions) {
    const { limits, log } = options;
    this.#options = options;
    this.#ledger = new Ledger(log);
    this.server = createClientServer(limits);
    this.#listenToServer();
  }

  #listenToServer(): void {
    this.server.on('connection', stopAtRefusal);
    this.server.on('request', (client, answer) => {
      this.#serve(client, answer);
    });
    this.server.on('checkContinue', (client: IncomingMessage, answer: ServerResponse) => {
      this.#serve(client, answer, { expectsContinue: true });
    });
    // For any other expectation. Admission refuses it in the provider's shape.
    this.server.on('checkExpectation', (client: IncomingMessage, answer: ServerResponse) => {
      this.#serve(client, answer);
    });
    this.server.on('connect', (client: IncomingMessage, socket: Duplex) => {
      if (Connection.of(socket).isBusy) socket.destroy();
      else this.#refuseConnection(socket, methodNotAllowed(), client);
    });
    this.server.on('upgrade', (client: IncomingMessage, socket: Socket, early: Buffer) => {
      if (Connection.of(socket).isBusy) socket.destroy();
      else this.#upgrade(client, socket, early);
    });
    this.server.on('clientError', (cause, socket) => {
      this.#clientError(cause, socket);
    });
  }

  #serve(client: IncomingMessage, answer: ServerResponse, arrival: Arrival = {}): void {
    const startedAt = performance.now();
    const record = this.#newRecord(client);
    const visit: Visit = { ...arrival, client, answer, record, startedAt, isUnderWay: false, usage: undefined };
    try {
      const admitted = this.#admit(visit);
      // Without a line in the log: the engine asks for our health every second.
      if (this.#options.service.answer(admitted, answer)) return;
      this.#forward(visit, admitted);
    } catch (cause) {
      this.#refuse(visit, asProxyError(cause));
    }
    // Registered after the exchange's own listener, which completes the record.
    answer.on('close', () => {
      if (visit.isUnderWay) {
        this.#underWay--;
        this.#options.capacity.removeRequest();
      }
      this.#ledger.close(record, startedAt, visit.usage);
    });
  }

  #admit({ client, answer, record }: Visit): AdmittedRequest {
    const { method = '', url = '', httpVersion, rawHeaders } = client;
    Connection.of(client.socket).begin(answer);
    const { service, limits } = this.#options;
    const admitted = admit({ method, target: url, httpVersion, rawHeaders }, service, limits.headerCount);
    record.path = loggedPath(admitted.path);
    return admitted;
  }

  #newRecord(client?: IncomingMessage): RequestRecord {
    const { provider, host } = this.#options.service;
    return newRecord(provider, client?.method ?? '', client?.url ?? '', host);
  }

  #forward(visit: Visit, asked: AdmittedRequest): void {
    const { client, answer, record, startedAt, early } = visit;
    const { service } = this.#options;
    const passage = service.decide(asked, client, early !== undefined);
    const { admitted, route, rule, judge, usage, spending } = passage;
    const handshake = early && readHandshake(client.rawHeaders, admitted, early, service.subprotocols);
    this.#checkLimits(admitted, judge);
    const refusal = spending?.refusal();
    if (refusal) throw refusal;
    spending?.addRequest();
    this.#underWay++;
    this.#options.capacity.addRequest();
    visit.isUnderWay = true;
    visit.usage = usage;
    record.rule = rule;
    if (visit.expectsContinue) answer.writeContinue();
    const exchange = { ...this.#options, client, answer, record, startedAt, usage, judge, spending };
    const forwarding = new Forwarding(exchange, admitted, route, handshake);
    Connection.of(client.socket).forwarding = forwarding;
    forwarding.start();
  }

  #checkLimits({ body }: AdmittedRequest, judge: BodyJudge | undefined): void {
    const { limits, service, capacity } = this.#options;
    const maxBodyBytes = bodyLimit(service, judge);
    if (body !== 'chunked' && body > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    if (this.#underWay >= limits.concurrentRequests || capacity.isFull) throw tooManyRequests();
  }

  #refuse({ client, answer, record }: Visit, error: ProxyError): void {
    const { service, limits } = this.#options;
    record.error = error.logged;
    record.status = error.status;
    if (endsConnection(client, error)) Connection.of(client.socket).isDoomed = true;
    record.responseBytes = refuse(service, client, answer, error, limits.lingerMs);
  }

  #upgrade(client: IncomingMessage, socket: Socket, early: Buffer): void {
    this.#upgraded.add(socket);
    socket.once('close', () => {
      this.#upgraded.delete(socket);
    });
    this.#serve(client, handedOver(client, socket), { early });
  }

  /** Node's parser gave up, the client took too long, or its connection broke. */
  #clientError(cause: Error, socket: Duplex): void {
    const { service, limits } = this.#options;
    const error = parserFailure(errorCode(cause));
    const { isBusy, isDoomed, forwarding, answer } = Connection.of(socket);
    if (error.detail === 'ECONNRESET' || !socket.writable) socket.destroy();
    // The parser was stopped; the refusal is on its way.
    else if (isDoomed) return;
    else if (isBusy && forwarding) forwarding.fail(error);
    else if (isBusy && answer) {
      // The request has its answer, but nothing more can be read from this connection.
      answer.end();
      answer.socket?.destroySoon();
      // An idle connection that timed out is no request, so it gets no line in the log.
    } else if (error.status === 408) refuseRaw(service, socket, error, limits.lingerMs);
    else this.#refuseConnection(socket, error);
  }

  #refuseConnection(socket: Duplex, error: ProxyError, client?: IncomingMessage): void {
    const { service, limits } = this.#options;
    refuseRaw(service, socket, error, limits.lingerMs);
    this.#ledger.close({ ...this.#newRecord(client), status: error.status, error: error.logged }, performance.now());
  }

  /**
   * Accepts no more connections, gives the requests that are under way a short grace, then ends every connection, the
   * WebSockets included. Resolves once all requests are in the log.
   */
  async end(): Promise<void> {
    const { limits } = this.#options;
    const closed = this.server.listening ? once(this.server, 'close') : undefined;
    this.server.close();
    const deadline = performance.now() + limits.stopGraceMs;
    while (this.#underWay > 0 && performance.now() < deadline) await sleep(STOP_POLL_MS);
    this.server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await closed;
    // The last sockets emit `close` at the end of this turn of the event loop. Their records are written then.
    await sleep(1);
    await this.#ledger.settled();
  }
}
