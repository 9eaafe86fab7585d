import { request as httpRequest, type ClientRequest } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FORWARDED_CONNECTIONS, HOST_PORTS } from '../../../../src/shared/network.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { ClientHelloReader } from './client-hello.ts';

/** A host's name as it may stand in a request for a tunnel. Squid judges it again, the same way as any other. */
const NAME = /^[a-z0-9._-]{1,253}$/;

/** RFC 8446, sections 6 and 6.2: the record of a fatal alert, `unrecognized_name`. */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

/** Answers for named hosts, which are not carried anywhere. */
export interface NamedFront {
  readonly has: (host: string) => boolean;
  /** Takes over a connection whose first octets are still to be read. */
  readonly acceptDirect: (socket: Socket) => void;
}

export interface ForwarderOptions {
  /** Squid's port for what is carried for the command. */
  readonly proxy: URL;
  readonly limits: Limits;
  readonly log: Log;
}

export interface TlsForwarderOptions extends ForwarderOptions {
  /** Undefined without named hosts. */
  readonly named: NamedFront | undefined;
}

/**
 * Carries TLS connections to the host that they name. Squid decides on the name and reads it again from the same octets:
 * nothing here is decrypted, and nothing here decides.
 */
export class TlsForwarder {
  readonly #options: TlsForwarderOptions;
  readonly #servers: Server[] = [];
  readonly #open = new Set<Socket>();
  #forwarded = 0;

  constructor(options: TlsForwarderOptions) {
    this.#options = options;
  }

  /** @returns a server whose connections lead to `port` of the host that each of them names */
  serverFor(port: number): Server {
    // Each side may end its direction first.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accept(socket, port);
    });
    server.maxConnections = this.#options.limits.connections;
    this.#servers.push(server);
    return server;
  }

  #accept(client: Socket, port: number): void {
    this.#open.add(client);
    client.on('close', () => this.#open.delete(client));
    client.on('error', () => client.destroy());
    const timer = setTimeout(() => client.destroy(), this.#options.limits.headTimeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
      client.off('data', onData);
      client.off('end', onEnd);
    };
    const onEnd = (): void => {
      client.destroy();
    };
    const reader = new ClientHelloReader();
    let chunks: Buffer[] = [];
    let [length, needed] = [0, 0];
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      // Reading only when there is enough keeps a client that sends single octets from costing more than others.
      if (length < needed) return;
      const octets = Buffer.concat(chunks);
      chunks = [octets];
      const beginning = reader.read(octets);
      if (typeof beginning === 'number') {
        needed = beginning;
        return;
      }
      stop();
      if (beginning === 'not-tls') {
        this.#options.log.event('debug', 'not-carried', { reason: 'not-tls' });
        client.destroy();
        return;
      }
      client.pause();
      client.unshift(octets);
      this.#onHello(client, beginning.serverName, port);
    };
    client.once('close', stop);
    client.on('end', onEnd);
    client.on('data', onData);
  }

  #onHello(client: Socket, name: string | undefined, port: number): void {
    const { named, log } = this.#options;
    if (port === HOST_PORTS.direct && name !== undefined && named?.has(name) === true) {
      // A TLS server over a connection that stays half open would wait for the rest of a handshake forever.
      client.allowHalfOpen = false;
      named.acceptDirect(client);
    } else if (name === undefined || !NAME.test(name)) {
      log.event('debug', 'not-carried', { reason: name === undefined ? 'no-server-name' : 'odd-server-name' });
      refuse(client);
    } else if (this.#forwarded >= FORWARDED_CONNECTIONS.tls) {
      log.event('debug', 'not-carried', { reason: 'too-many', host: name });
      refuse(client);
    } else {
      this.#forward(client, name, port);
    }
  }

  #forward(client: Socket, name: string, port: number): void {
    const { limits, log } = this.#options;
    this.#forwarded += 1;
    const tunnel = this.#askForTunnel(`${name}:${String(port)}`);
    const giveUp = (detail: string): void => {
      log.event('debug', 'not-carried', { reason: detail, host: name });
      tunnel.destroy();
      refuse(client);
    };
    const timer = setTimeout(giveUp, limits.connectTimeoutMs, 'timeout');
    client.once('close', () => {
      this.#forwarded -= 1;
      clearTimeout(timer);
      tunnel.destroy();
    });
    tunnel.on('error', ({ message }) => {
      clearTimeout(timer);
      giveUp(message);
    });
    tunnel.on('connect', ({ statusCode }, upstream: Socket, head: Buffer) => {
      clearTimeout(timer);
      upstream.on('error', () => upstream.destroy());
      // Nobody can answer a hello that has not been sent.
      if (statusCode === 200 && head.length === 0 && !client.destroyed) join(client, upstream, limits.upstreamIdleMs);
      else {
        upstream.destroy();
        giveUp(`CONNECT ${String(statusCode)}`);
      }
    });
    tunnel.end();
  }

  #askForTunnel(authority: string): ClientRequest {
    const { hostname, port } = this.#options.proxy;
    const path = { method: 'CONNECT', path: authority, headers: { host: authority } };
    const createConnection = (): Socket =>
      connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
    return httpRequest({ ...path, createConnection });
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

/** Ends a connection in a way that clients report as a refusal of the name. */
function refuse(client: Socket): void {
  if (client.destroyed) return;
  client.end(UNRECOGNIZED_NAME, () => client.destroy());
}

function join(client: Socket, upstream: Socket, idleMs: number): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.pipe(other);
    // What has arrived still goes out.
    one.on('close', () => {
      other.destroySoon();
    });
    one.setTimeout(idleMs, () => one.destroy());
  }
}
