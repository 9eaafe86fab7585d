import type { Server as HttpServer } from 'node:http';
import type { SidecarHost, SidecarTls } from '../../../../src/shared/sidecar-config.ts';
import type { Capacity } from '../capacity.ts';
import type { Limits } from '../limits.ts';
import { listen } from '../listen.ts';
import { Listener } from '../listener.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import type { NamedFront } from '../transparent/tls-forwarder.ts';
import { createConnectFront } from './connect-front.ts';
import { TlsFront } from './tls-front.ts';

/** Where the sidecar answers for named hosts. */
export interface HostPorts {
  /** For Squid, which hands on the agent's tunnels. */
  readonly connect: number;
  /** TLS, for programs that do not ask a proxy. */
  readonly direct: number;
}

export interface NamedHostOptions {
  readonly tls: SidecarTls;
  readonly limits: Limits;
  readonly capacity: Capacity;
  readonly log: Log;
}

/** Answers for named hosts: the way in, and a listener for each of them. */
export class NamedHosts {
  readonly #listeners: readonly Listener[];
  readonly #tls: TlsFront;
  readonly #front: HttpServer;

  /** @param serviceOf makes the service of a host */
  constructor(
    hosts: readonly SidecarHost[],
    serviceOf: (host: SidecarHost) => Service,
    { tls, limits, capacity, log }: NamedHostOptions,
  ) {
    const listeners = hosts.map((host) => ({
      host,
      listener: new Listener({ service: serviceOf(host), limits: limitsOf(host, limits), capacity, log }),
    }));
    const servers = new Map(listeners.map(({ host, listener }) => [host.name, listener.server]));
    // Node bounds the time of a request only on a server that has announced that it listens. These get their connections
    // from the TLS servers.
    for (const server of servers.values()) server.emit('listening');
    this.#listeners = listeners.map(({ listener }) => listener);
    this.#tls = new TlsFront(servers, tls, limits, log);
    this.#front = createConnectFront(this.#tls, limits);
  }

  /** For who listens at the port of HTTPS in our place. */
  get front(): NamedFront {
    return this.#tls;
  }

  /**
   * @param ports 0 for a free one
   * @param direct the port at which somebody else listens for programs that ask no proxy
   * @throws Error if a port cannot be listened on
   */
  async listen(ports: HostPorts, host: string | undefined, direct?: number): Promise<HostPorts> {
    const [connect, own] = await Promise.all([
      listen(this.#front, ports.connect, host),
      direct ?? listen(this.#tls.direct, ports.direct, host),
    ]);
    return { connect, direct: own };
  }

  /** Ends every connection. Resolves once all requests are in the log. */
  async end(): Promise<void> {
    this.#tls.close();
    this.#front.close();
    await Promise.all(this.#listeners.map((listener) => listener.end()));
    this.#front.closeAllConnections();
  }
}

const limitsOf = (host: SidecarHost, limits: Limits): Limits =>
  'provider' in host ? limits : { ...limits, requestTimeoutMs: limits.uploadTimeoutMs };
