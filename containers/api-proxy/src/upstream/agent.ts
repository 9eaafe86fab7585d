import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Limits } from '../limits.ts';
import type { AnswerCode } from '../../../../src/shared/request-record.ts';
import { ProxyError } from '../errors.ts';
import { openTunnel, TIMED_OUT, type TunnelOptions } from './tunnel.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The public roots, as Node has them (NODE_EXTRA_CA_CERTS included), and a CA of the user's own.
 *
 * @throws Error when `upstreamCa` holds no certificate or a broken one, which Node itself would pass over in silence
 */
export function trustStore(upstreamCa: string | undefined): SecureContext {
  // Without `ca`, Node uses its prepared store; parsing the roots from PEM takes 14 ms and 2 MB.
  if (upstreamCa === undefined) return createSecureContext();
  const certificates = upstreamCa.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error('upstream-ca holds no PEM certificate.');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new Error('upstream-ca holds a PEM certificate that cannot be read.', { cause });
  }
  const secureContext = createSecureContext();
  // As the option `ca` does, but to the prepared store and not in its place.
  const store = secureContext.context as { readonly addCACert: (pem: string) => void };
  for (const certificate of certificates) store.addCACert(certificate);
  return secureContext;
}

/** Failures before the first octet of a request was sent, which a second attempt may not meet. */
const TRANSIENT: readonly AnswerCode[] = [
  'proxy_unreachable',
  'upstream_dns_error',
  'upstream_unreachable',
  'upstream_handshake_closed',
];

const isTransient = (error: unknown): boolean =>
  error instanceof ProxyError && TRANSIENT.includes(error.code) && error.detail !== TIMED_OUT;

const isSquidStarting = (error: unknown): boolean => error instanceof ProxyError && error.code === 'proxy_unreachable';

/** Keeps a provider's tunnels and their TLS sessions for reuse: the second request of a client pays no handshake. */
export class TunnelAgent extends Agent {
  readonly #options: TunnelOptions;
  readonly #limits: Limits;
  /** Opened ahead of the first request, which takes it, finished or not. */
  #spare: Promise<TLSSocket> | undefined;
  /** A request has come: it would rather have an error now than wait for a Squid that does not start. */
  #wanted = false;

  constructor(options: TunnelOptions, limits: Limits) {
    // The timeout is that of unused sockets; each request brings its own for the time of its use.
    super({ keepAlive: true, maxFreeSockets: limits.idleTunnels, timeout: limits.tunnelIdleMs, scheduling: 'lifo' });
    this.#options = options;
    this.#limits = limits;
  }

  /** One agent has one target, so all its sockets are alike. */
  override getName(): string {
    return 'tunnel';
  }

  override createConnection(_: unknown, callback?: (error: Error | null, socket: Duplex) => void): undefined {
    this.#take().then(
      (socket) => callback?.(null, socket),
      (error: unknown) => (callback as ((error: Error) => void) | undefined)?.(error as Error),
    );
  }

  /**
   * Opens a tunnel for the first request to come. While Squid is starting it tries again.
   *
   * @throws ProxyError when the tunnel cannot be opened; the requests to come try on their own
   */
  async prewarm(): Promise<void> {
    const spare = this.#openWhileStarting();
    this.#spare = spare;
    try {
      const socket = await spare;
      socket.setTimeout(this.#limits.tunnelIdleMs, () => {
        if (this.#spare === spare) socket.destroy();
      });
      socket.unref();
    } catch (error) {
      if (this.#spare === spare) this.#spare = undefined;
      throw error;
    }
  }

  async #openWhileStarting(): Promise<TLSSocket> {
    const deadline = Date.now() + this.#limits.prewarmMs;
    for (;;) {
      try {
        return await openTunnel(this.#options);
      } catch (error) {
        // Only a Squid that is not there yet is waited for; what it answers would be the same the next time.
        if (this.#wanted || !isSquidStarting(error) || Date.now() > deadline) throw error;
      }
      await sleep(this.#limits.connectRetryMs, undefined, { ref: false });
    }
  }

  async #take(): Promise<TLSSocket> {
    const spare = this.#spare;
    this.#spare = undefined;
    this.#wanted = true;
    const socket = await spare?.catch(() => undefined);
    if (socket?.writable === true) {
      socket.setTimeout(0);
      return socket.ref();
    }
    return await this.#open();
  }

  /** Nothing of a request has been sent while its tunnel is opening, so that one more attempt is safe. */
  async #open(): Promise<TLSSocket> {
    try {
      return await openTunnel(this.#options);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    await sleep(this.#limits.connectRetryMs);
    return await openTunnel(this.#options);
  }
}
