import { request as httpRequest, type Agent } from 'node:http';
import type { Target } from '../../../src/shared/sidecar-config.ts';
import type { AdmittedRequest } from './request/admission.ts';
import type { EndpointCheck } from './request/endpoints.ts';
import type { Exchange } from './exchange.ts';
import { Flow } from './flow.ts';
import {
  clientResponseHeaders,
  headerChanges,
  upstreamRequestHeaders,
  type HeaderRules,
} from './request/headers.ts';
import { headerValue } from './request/raw-headers.ts';
import { elapsedMs } from './log.ts';
import { errorCode, ProxyError } from './errors.ts';
import { refuse } from './reply.ts';
import type { ReflectionGuard } from './reflection.ts';
import { passInterim } from './interim.ts';
import { returnBody } from './return-body.ts';
import { openWebSocket } from './websocket/websocket.ts';

/** The way to one provider. */
export interface Route {
  readonly target: Target;
  /** Of the target, for the `Host` header. */
  readonly authority: string;
  readonly checkEndpoint: EndpointCheck;
  readonly rules: HeaderRules;
  readonly guard: ReflectionGuard;
  /** The answers must not be compressed. */
  readonly plainOnly: boolean;
  readonly agent: Agent;
}

export const bodyTooLarge = (maxBodyBytes: number): ProxyError =>
  new ProxyError('body_too_large', `The request body is larger than the limit of ${String(maxBodyBytes)} bytes.`);

function upstreamFailure(error: unknown, host: string, hasAnswered = false): ProxyError {
  if (error instanceof ProxyError) return error;
  const detail = errorCode(error);
  if (hasAnswered) {
    return new ProxyError('upstream_broken', `${host} broke its answer off (${detail}).`, { cause: error, detail });
  }
  return new ProxyError('upstream_closed', `${host} ended the connection before it had answered (${detail}).`, {
    cause: error,
    detail,
  });
}

/**
 * Sends the request upstream and streams both ways, octet by octet as they come.
 *
 * @returns ends the exchange with an error: as an answer where none has begun, else by breaking the client's stream
 */
export function forward(exchange: Exchange, admitted: AdmittedRequest, route: Route): (error: ProxyError) => void {
  const { client, answer, record, limits, maxBodyBytes, handshake } = exchange;
  const { target, guard } = route;
  const upstream = httpRequest({
    agent: route.agent,
    method: admitted.method,
    path: `${target.basePath}${admitted.path}${admitted.query}`,
    headers: [
      ...upstreamRequestHeaders(client.rawHeaders, admitted, route.rules, route.authority),
      ...(handshake?.headers ?? []),
    ],
    maxHeaderSize: limits.upstreamHeadBytes,
    timeout: limits.upstreamIdleMs,
  });

  // Node drops headers beyond its own limit unseen; the size of the head is limit enough.
  upstream.maxHeadersCount = 0;
  record.forwarded = true;
  record.requests = 1;
  if (exchange.log.isDebug) {
    const changes = headerChanges(client.rawHeaders, admitted, route.rules);
    exchange.log.event('debug', 'headers', { id: record.id, ...changes });
  }

  let settled = false;
  const fail = (error: ProxyError): void => {
    if (settled || answer.writableEnded) return;
    settled = true;
    record.error = error.logged;
    upstream.destroy();
    if (answer.headersSent) {
      // What has arrived still goes out, if only the head; the missing end (last chunk, length) tells the client that
      // this is not all.
      answer.write('', 'latin1');
      client.socket.destroySoon();
    } else {
      record.status = error.status;
      record.responseBytes = refuse(exchange.provider, client, answer, error, limits.lingerMs);
    }
  };

  upstream.on('error', (error) => {
    fail(upstreamFailure(error, target.host, answer.headersSent));
  });
  upstream.on('close', () => {
    if (!answer.headersSent) fail(upstreamFailure(undefined, target.host));
  });
  upstream.on('information', (interim) => {
    try {
      if (!settled) passInterim(interim, client, answer, guard);
    } catch (error) {
      fail(upstreamFailure(error, target.host));
    }
  });
  upstream.on('upgrade', (response, socket, head) => {
    record.timeToFirstByteMs = elapsedMs(exchange.startedAt);
    record.upstreamStatus = response.statusCode ?? 0;
    try {
      if (settled || handshake?.isAgreedBy(response) !== true) {
        throw new ProxyError('upstream_bad_response', `${target.host} changed the protocol unasked.`);
      }
      openWebSocket(exchange, response, socket, head, guard);
      settled = true;
    } catch (error) {
      socket.destroy();
      fail(upstreamFailure(error, target.host));
    }
  });
  upstream.on('timeout', () => {
    fail(new ProxyError('upstream_timeout', `${target.host} was silent for too long.`));
  });
  upstream.on('response', (response) => {
    record.timeToFirstByteMs = elapsedMs(exchange.startedAt);
    record.upstreamStatus = response.statusCode ?? 0;
    try {
      guard.check(response);
      answer.sendDate = false;
      const headers = guard.headers(clientResponseHeaders(response.rawHeaders));
      answer.writeHead(response.statusCode ?? 502, guard.text(response.statusMessage ?? ''), headers);
    } catch (error) {
      fail(upstreamFailure(error, target.host));
      return;
    }
    record.status = answer.statusCode;
    if (admitted.method !== 'HEAD') exchange.usage.open(response);
    const length = headerValue(response.rawHeaders, 'content-length');
    returnBody(response, length === undefined ? undefined : Number(length), exchange, guard, (error) => {
      fail(upstreamFailure(error, target.host, true));
    });
  });

  answer.on('close', () => {
    if (answer.writableFinished || settled) return;
    settled = true;
    record.error = 'client_closed';
    upstream.destroy();
  });

  if (handshake) {
    upstream.end();
    return fail;
  }
  const flow = new Flow(client, upstream);
  client.on('data', (chunk: Buffer) => {
    record.requestBytes += chunk.length;
    // Counted, not believed: a chunked body has no length to look at.
    if (record.requestBytes > maxBodyBytes) {
      if (answer.writableEnded) client.socket.destroy();
      else fail(bodyTooLarge(maxBodyBytes));
    } else if (upstream.destroyed) {
      return;
    } else if (record.requestBytes === admitted.body) {
      // An end of its own, behind the last octets, would be one more write to the system.
      upstream.end(chunk);
    } else {
      flow.write(chunk);
    }
  });
  client.on('end', () => {
    if (!settled && !upstream.writableEnded) upstream.end();
  });
  // Answered before all was sent: the rest is read and thrown away, and the client may go on with its connection.
  answer.on('finish', () => {
    if (upstream.writableEnded) return;
    upstream.destroy();
    client.resume();
  });
  return fail;
}
