import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { SidecarTls } from '../../../../src/shared/sidecar-config.ts';
import { errorCode } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';

/**
 * How a handshake ends if the client does not trust the certificate that it got: by an alert, under OpenSSL's names, or,
 * as Node's client does it, without a word.
 */
const DISTRUST =
  /^ECONNRESET$|ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED)/;

/**
 * Ends TLS for named hosts, and hands what is inside to the host's HTTP server. A connection whose server name is not the
 * expected one ends before it gets a certificate.
 */
export class TlsFront {
  readonly #servers: ReadonlyMap<string, HttpServer>;
  readonly #contexts: ReadonlyMap<string, SecureContext>;
  readonly #limits: Limits;
  readonly #log: Log;
  /** Hosts whose certificate a client has refused. Each is logged once. */
  readonly #refused = new Set<string>();
  /** The host whose certificate a connection got. */
  readonly #offered = new WeakMap<TLSSocket, string>();
  /** By the host that the tunnel is for. */
  readonly #byHost: ReadonlyMap<string, Server>;
  /** For connections that name their host in the handshake alone. */
  readonly direct: Server;

  /** @param servers by host, each of which has a certificate */
  constructor(servers: ReadonlyMap<string, HttpServer>, { key, chains }: SidecarTls, limits: Limits, log: Log) {
    this.#servers = servers;
    this.#limits = limits;
    this.#log = log;
    this.#contexts = new Map(
      [...servers.keys()].map((host) => [host, createSecureContext({ key, cert: chains[host] ?? '' })]),
    );
    this.#byHost = new Map([...servers.keys()].map((host) => [host, this.#server(host)]));
    this.direct = this.#server(undefined);
  }

  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** Takes over a client's end of a tunnel to `host`. */
  accept(host: string, socket: Socket): void {
    this.#byHost.get(host)?.emit('connection', socket);
  }

  /** Takes over a connection that names its host in the handshake alone. */
  acceptDirect(socket: Socket): void {
    this.direct.emit('connection', socket);
  }

  /** @param expected undefined lets the client choose */
  #server(expected: string | undefined): Server {
    const contexts = this.#contexts;
    const offered = this.#offered;
    // Node calls it as a method of the connection.
    function offer(this: TLSSocket, name: string, found: (error: Error | null, context?: SecureContext) => void): void {
      const host = name.toLowerCase();
      const context = expected === undefined || expected === host ? contexts.get(host) : undefined;
      if (!context) {
        found(new Error('another server name'));
        return;
      }
      offered.set(this, host);
      found(null, context);
    }
    // Without a certificate of its own: a client that names no host gets none.
    const server = createServer({
      handshakeTimeout: this.#limits.headTimeoutMs,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      SNICallback: offer,
    });
    server.maxConnections = this.#limits.connections;
    server.on('secureConnection', (socket) => {
      this.#onSecure(socket, expected);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#onFailure(error, socket);
    });
    return server;
  }

  #onSecure(socket: TLSSocket, expected: string | undefined): void {
    const host = socket.servername;
    const server = typeof host === 'string' ? this.#servers.get(host.toLowerCase()) : undefined;
    if (!server || typeof host !== 'string' || (expected !== undefined && host.toLowerCase() !== expected)) {
      socket.destroy();
      return;
    }
    server.emit('connection', socket);
  }

  #onFailure(error: Error, socket: TLSSocket): void {
    socket.destroy();
    const detail = errorCode(error);
    const host = this.#offered.get(socket);
    this.#log.event('debug', 'handshake-failed', { host: host ?? null, error: detail });
    if (host !== undefined && DISTRUST.test(detail)) this.#logRefusal(host);
  }

  #logRefusal(host: string): void {
    if (this.#refused.has(host)) return;
    this.#refused.add(host);
    this.#log.notice({ event: 'certificate-refused', host });
  }

  close(): void {
    this.direct.close();
  }
}
