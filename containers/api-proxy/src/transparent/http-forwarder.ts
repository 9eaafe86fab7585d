import {
  request as httpRequest,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { FORWARDED_CONNECTIONS } from '../../../../src/shared/network.ts';
import { createPlainServer } from '../client-server.ts';
import { Connection } from '../connection.ts';
import { errorCode } from '../errors.ts';
import { connectionOptions } from '../request/admission.ts';
import { eachHeader } from '../request/raw-headers.ts';
import type { ForwarderOptions } from './tls-forwarder.ts';

/** RFC 9110, section 7.6.1, and what speaks to a proxy. They concern one connection. `Expect` was answered here. */
const ONE_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect'],
]);

/** A name, for the port of HTTP. */
const HOST = /^([a-z0-9._-]{1,253}?)\.?(?::80)?$/;

/** What cannot be passed on as the one thing that everybody would take it for. */
class BadRequest extends Error {}

/**
 * Carries requests of HTTP to the host that each of them names. Each becomes a request of its own to Squid, which decides
 * on it. Only what was parsed is passed on, so nobody behind can find a second request in the first one's octets.
 */
export class HttpForwarder {
  readonly server: Server;
  readonly #options: ForwarderOptions;
  #forwarded = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.server = createPlainServer({ ...options.limits, requestTimeoutMs: options.limits.uploadTimeoutMs });
    this.server.on('request', (client, answer) => {
      this.#serve(client, answer);
    });
    this.server.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  }

  #serve(client: IncomingMessage, answer: ServerResponse): void {
    if (this.#forwarded >= FORWARDED_CONNECTIONS.http) {
      refuse(answer, 503, 'Too many requests are under way at the same time.');
      return;
    }
    try {
      this.#forward(client, answer, target(client));
    } catch (error) {
      // Whatever it is: nobody else would catch it, and this process serves others, too.
      if (error instanceof BadRequest) refuse(answer, 400, error.message);
      else refuse(answer, 502, `The firewall cannot pass the request on (${errorCode(error)}).`);
    }
  }

  #forward(client: IncomingMessage, answer: ServerResponse, { name, path }: Target): void {
    const { proxy, limits, log } = this.#options;
    const { hostname, port } = proxy;
    const upstream = httpRequest({
      ...{ host: hostname, port: Number(port), agent: false, method: client.method ?? 'GET' },
      path: `http://${name}${path}`,
      headers: [...passedHeaders(client.rawHeaders, ['host', name]), ...framing(client)],
      ...{ maxHeaderSize: limits.upstreamHeadBytes, timeout: limits.upstreamIdleMs },
    });
    upstream.maxHeadersCount = 0;
    const fail = (detail: string): void => {
      upstream.destroy();
      log.event('debug', 'not-carried', { reason: detail, host: hostname });
      if (answer.headersSent) answer.destroy();
      else refuse(answer, 502, `The firewall's Squid did not answer (${detail}).`);
    };
    upstream.on('timeout', () => {
      fail('timeout');
    });
    upstream.on('error', (error) => {
      fail(errorCode(error));
    });
    upstream.on('response', (response) => {
      response.on('error', (error) => {
        fail(errorCode(error));
      });
      answer.sendDate = false;
      try {
        // Node reads answers that it does not write: with control characters, or a status below 100.
        answer.writeHead(response.statusCode ?? 502, response.statusMessage, passedHeaders(response.rawHeaders));
      } catch (error) {
        fail(errorCode(error));
        return;
      }
      response.pipe(answer);
    });
    this.#forwarded += 1;
    answer.on('close', () => {
      this.#forwarded -= 1;
      upstream.destroy();
    });
    client.pipe(upstream);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Where a request is for: the host, without its port, and the path. */
interface Target {
  readonly name: string;
  readonly path: string;
}

/** @throws BadRequest if it is not certain what the request is for */
function target({ url = '', rawHeaders, httpVersion }: IncomingMessage): Target {
  const hosts: string[] = [];
  eachHeader(rawHeaders, (name, value) => {
    if (name === 'host') hosts.push(value.trim().toLowerCase());
    // A coding that this server does not undo would reach the host without its name.
    if (name === 'transfer-encoding' && value.trim().toLowerCase() !== 'chunked') {
      throw new BadRequest('The only Transfer-Encoding that the firewall passes is chunked.');
    }
  });
  const name = HOST.exec(hosts[0] ?? '')?.[1];
  if (hosts.length !== 1 || name === undefined) {
    throw new BadRequest('The request must have exactly one Host, with the name of the host and no port but 80.');
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw new BadRequest('The firewall passes HTTP/1.1 and 1.0.');
  // RFC 9112, section 3.2: a client that takes us for the host itself sends a path, or `*` with OPTIONS.
  if (!url.startsWith('/')) throw new BadRequest('The request target must be a path.');
  return { name, path: url };
}

/** Node frames no body of a `GET` by itself, and what is not framed would be read as the next request. */
function framing({ headers }: IncomingMessage): string[] {
  return headers['transfer-encoding'] === undefined ? [] : ['transfer-encoding', 'chunked'];
}

/** @param first a header that the client's own of the same name gives way to */
function passedHeaders(rawHeaders: readonly string[], first: readonly string[] = []): string[] {
  const dropped = new Set([...ONE_HOP, ...first.slice(0, 1)]);
  eachHeader(rawHeaders, (name, value) => {
    if (name === 'connection') for (const option of connectionOptions(value)) dropped.add(option);
  });
  // Whatever `Connection` names, the body keeps its end.
  dropped.delete('content-length');
  const passed = [...first];
  eachHeader(rawHeaders, (name, value, spelling) => {
    if (!dropped.has(name)) passed.push(spelling, value);
  });
  return passed;
}

function refuse(answer: ServerResponse, status: number, text: string): void {
  Connection.of(answer.req.socket).isDoomed = true;
  answer.writeHead(status, STATUS_CODES[status] ?? '', {
    'content-type': 'text/plain; charset=utf-8',
    connection: 'close',
  });
  answer.end(`${text}\n`);
}
