import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Provider } from '../../../src/shared/providers.ts';
import { admit, methodNotAllowed, type AdmittedRequest } from './request/admission.ts';
import { createClientServer } from './client-server.ts';
import { bodyTooLarge, forward, type Route } from './forward.ts';
import type { Budget } from './usage/budget.ts';
import type { Exchange } from './exchange.ts';
import { Ledger } from './usage/ledger.ts';
import type { Limits } from './limits.ts';
import { loggedPath, newRecord, type Log } from './log.ts';
import { asProxyError, errorCode, notConfigured, parserFailure, ProxyError } from './errors.ts';
import { answerHealth, endsConnection, handedOver, refuse, refuseRaw } from './reply.ts';
import { prepareDialect, UsageReading } from './usage/reading.ts';
import { readHandshake } from './websocket/websocket.ts';

export interface ListenerOptions {
  readonly provider: Provider;
  /** Undefined where the run was given no credential. */
  readonly route: Route | undefined;
  readonly limits: Limits;
  readonly maxBodyBytes: number;
  readonly budget: Budget;
  readonly log: Log;
}

/** Milliseconds between two looks at whether the last request has ended. */
const STOP_POLL_MS = 5;

/** One provider's HTTP server, not yet listening. */
export interface Listener {
  readonly server: Server;
  /**
   * Takes no more connections, gives the requests that are under way a short grace, and then ends every connection, and the
   * WebSockets that the HTTP server knows no more. Resolves once all of them are in the log.
   */
  readonly end: () => Promise<void>;
}

/** What a client's connection is busy with. */
class Connection {
  /** Undefined until its first request. */
  answer: ServerResponse | undefined;
  /** Of the exchange that is under way, where it has come as far as that. */
  fail: ((error: ProxyError) => void) | undefined;
  /** It ends with a refusal, which may still queue, or more requests have come in its packet. */
  isDoomed = false;

  get isBusy(): boolean {
    return this.isDoomed || this.answer?.writableFinished === false;
  }
}

const isHealthCheck = ({ method, path }: AdmittedRequest): boolean =>
  path === '/health' && (method === 'GET' || method === 'HEAD');

export function createListener(options: ListenerOptions): Listener {
  const { provider, route, limits, maxBodyBytes, budget, log } = options;
  const ledger = new Ledger(log);
  const dialect = prepareDialect(provider.usage);
  const credentialQuery = new Set(provider.credentialQuery.map((name) => name.toLowerCase()));
  const connections = new WeakMap<Duplex, Connection>();
  const upgraded = new Set<Duplex>();
  let underWay = 0;

  const admitFrom = (client: IncomingMessage): AdmittedRequest => {
    const { method = '', url = '', httpVersion, rawHeaders } = client;
    return admit({ method, target: url, httpVersion, rawHeaders }, credentialQuery, limits.headerCount);
  };
  const connectionOf = (socket: Duplex): Connection => {
    let connection = connections.get(socket);
    if (!connection) {
      connection = new Connection();
      connections.set(socket, connection);
    }
    return connection;
  };

  /** @param early what a client that asks for a WebSocket sent behind its request */
  const serve = (client: IncomingMessage, answer: ServerResponse, expectsContinue: boolean, early?: Buffer): void => {
    const startedAt = performance.now();
    const record = newRecord(provider.id, client.method ?? '', client.url ?? '');
    const connection = connectionOf(client.socket);
    const pipelined = connection.isBusy;
    if (!pipelined) {
      connection.answer = answer;
      connection.fail = undefined;
    }
    let isUnderWay = false;
    let usage: UsageReading | undefined;
    try {
      // An answer that queues behind another has no socket, and so no event tells of its client's end.
      if (pipelined) throw new ProxyError('pipelining', 'Send the next request when the answer has arrived.');
      const admitted = admitFrom(client);
      record.path = loggedPath(admitted.path);
      if (isHealthCheck(admitted)) {
        answerHealth(provider, route !== undefined, answer);
        return;
      }
      if (!route) throw notConfigured(provider);
      const generates = route.checkEndpoint(early ? { ...admitted, method: 'WEBSOCKET' } : admitted);
      const handshake = early && readHandshake(client.rawHeaders, admitted, early, provider.subprotocols);
      if (admitted.body !== 'chunked' && admitted.body > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
      if (underWay >= limits.concurrentRequests) {
        throw new ProxyError('too_many_requests', 'Too many requests are under way at the same time.');
      }
      budget.take();
      underWay++;
      isUnderWay = true;
      if (expectsContinue) answer.writeContinue();
      usage = new UsageReading(dialect, generates, budget);
      const exchange: Exchange = { ...options, client, answer, record, startedAt, usage };
      connection.fail = forward(handshake ? { ...exchange, handshake } : exchange, admitted, route);
    } catch (cause) {
      const error = asProxyError(cause);
      record.error = error.logged;
      record.status = error.status;
      if (endsConnection(client, error)) connection.isDoomed = true;
      record.responseBytes = refuse(provider, client, answer, error, limits.lingerMs);
    }
    // Behind the exchange's own listener, which completes the record.
    answer.on('close', () => {
      if (isUnderWay) underWay--;
      ledger.close(record, startedAt, usage);
    });
  };

  const refuseConnection = (socket: Duplex, error: ProxyError, client?: IncomingMessage): void => {
    refuseRaw(provider, socket, error, limits.lingerMs);
    const record = newRecord(provider.id, client?.method ?? '', client?.url ?? '');
    ledger.close({ ...record, status: error.status, error: error.logged }, performance.now());
  };

  const serveUpgrade = (client: IncomingMessage, socket: Socket, early: Buffer): void => {
    upgraded.add(socket);
    socket.once('close', () => {
      upgraded.delete(socket);
    });
    serve(client, handedOver(client, socket), false, early);
  };

  const server = createClientServer(limits);
  server.on('request', (client, answer) => {
    serve(client, answer, false);
  });
  server.on('checkContinue', (client: IncomingMessage, answer: ServerResponse) => {
    serve(client, answer, true);
  });
  server.on('checkExpectation', (client: IncomingMessage, answer: ServerResponse) => {
    serve(client, answer, false);
  });
  server.on('connect', (client: IncomingMessage, socket: Duplex) => {
    if (connectionOf(socket).isBusy) socket.destroy();
    else refuseConnection(socket, methodNotAllowed(), client);
  });
  server.on('upgrade', (client: IncomingMessage, socket: Socket, early: Buffer) => {
    if (connectionOf(socket).isBusy) socket.destroy();
    else serveUpgrade(client, socket, early);
  });
  server.on('clientError', (cause, socket) => {
    const error = parserFailure(errorCode(cause));
    const { isBusy, fail, answer } = connectionOf(socket);
    if (error.detail === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (isBusy && fail) fail(error);
    else if (isBusy && answer) {
      // Answered already; nothing more can be read from this connection.
      answer.end();
      answer.socket?.destroySoon();
    } else if (error.status === 408) refuseRaw(provider, socket, error, limits.lingerMs);
    else refuseConnection(socket, error);
  });
  const end = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    const deadline = performance.now() + limits.stopGraceMs;
    while (underWay > 0 && performance.now() < deadline) await sleep(STOP_POLL_MS);
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    await closed;
    // The last sockets say that they are closed at the end of this turn of the event loop; their records are written then.
    await sleep(1);
    await ledger.settled();
  };
  return { server, end };
}
