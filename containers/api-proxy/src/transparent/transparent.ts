import { TRANSPARENT_PORTS } from '../../../../src/shared/network.ts';
import type { SidecarTransparent } from '../../../../src/shared/transparent.ts';
import type { Limits } from '../limits.ts';
import { listen } from '../listen.ts';
import type { Log } from '../log.ts';
import { HttpForwarder } from './http-forwarder.ts';
import { Resolver } from './resolver.ts';
import { createSshRefusal } from './ssh-refusal.ts';
import { TlsForwarder, type NamedFront } from './tls-forwarder.ts';

/** Where the sidecar serves programs that ask no proxy. */
export interface TransparentPorts {
  readonly dns: number;
  readonly http: number;
  readonly ssh: number;
  readonly tls: number;
}

/** Everything for programs that ask no proxy: the resolver leads them here, and the forwarders carry them to Squid. */
export class Transparent {
  readonly #resolver: Resolver;
  readonly #http: HttpForwarder;
  readonly #tls: TlsForwarder;
  readonly #tlsPorts: readonly number[];
  readonly #ssh = createSshRefusal();

  constructor(policy: SidecarTransparent, named: NamedFront | undefined, limits: Limits, log: Log) {
    const options = { proxy: new URL(policy.proxyUrl), limits, log };
    this.#resolver = new Resolver(policy, limits, log);
    this.#http = new HttpForwarder(options);
    this.#tls = new TlsForwarder({ ...options, named });
    this.#tlsPorts = policy.tlsPorts;
  }

  /**
   * Listens. The resolver comes last, over TCP: once it accepts a connection, everything else does too.
   *
   * @param ports 0 for a free one
   * @throws Error if a port cannot be listened on
   */
  async listen(ports: TransparentPorts, host: string | undefined): Promise<TransparentPorts> {
    const [http, tls, ssh] = await Promise.all([
      listen(this.#http.server, ports.http, host),
      listen(this.#tls.serverFor(TRANSPARENT_PORTS.tls), ports.tls, host),
      listen(this.#ssh, ports.ssh, host),
      ...this.#tlsPorts.map((port) => listen(this.#tls.serverFor(port), port, host)),
    ]);
    return { http, tls, ssh, dns: await this.#resolver.listen(ports.dns, host) };
  }

  close(): void {
    this.#resolver.close();
    this.#http.close();
    this.#tls.close();
    this.#ssh.close();
  }
}
