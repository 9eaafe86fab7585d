import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { AnswerCode } from '../../../../src/shared/request-record.ts';
import { ProxyError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { openTunnel, TIMED_OUT, type TunnelOptions } from './tunnel.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The public roots as Node has them, including NODE_EXTRA_CA_CERTS, and the user's own authorities.
 *
 * @returns loads them at the first call. It takes 15 ms, and the command waits until the sidecar listens.
 * @throws Error if `upstreamCa` contains no certificate or a broken one, which Node itself would silently ignore
 */
export function trustStore(upstreamCa: string | undefined): () => SecureContext {
  // Without `ca`, Node uses its prepared store. Parsing the roots from PEM would take 14 ms and 2 MB.
  let made = upstreamCa === undefined ? undefined : withAuthorities(upstreamCa);
  return () => (made ??= createSecureContext());
}

function withAuthorities(upstreamCa: string): SecureContext {
  const certificates = upstreamCa.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error('upstream-ca contains no PEM certificate.');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new Error('upstream-ca contains a PEM certificate that cannot be read.', { cause });
  }
  const secureContext = createSecureContext();
  // The option `ca` would replace the prepared store; this adds to it.
  const store = secureContext.context as { readonly addCACert: (pem: string) => void };
  for (const certificate of certificates) store.addCACert(certificate);
  return secureContext;
}

/** Failures before the first octet of a request was sent, where a second attempt may succeed. */
const TRANSIENT: readonly AnswerCode[] = [
  'proxy_unreachable',
  'upstream_dns_error',
  'upstream_unreachable',
  'upstream_handshake_closed',
];

const isTransient = (error: unknown): boolean =>
  error instanceof ProxyError && TRANSIENT.includes(error.code) && error.detail !== TIMED_OUT;

const isSquidStarting = (error: unknown): boolean => error instanceof ProxyError && error.code === 'proxy_unreachable';

/** Keeps a provider's tunnels and their TLS sessions for reuse, so a client's second request pays for no handshake. */
export class TunnelAgent extends Agent {
  readonly #options: TunnelOptions;
  readonly #limits: Limits;
  /** Opened before the first request, which takes it whether or not it is finished. */
  #spare: Promise<TLSSocket> | undefined;
  /** A request has arrived. It prefers an error now over waiting for a Squid that does not start. */
  #wanted = false;

  constructor(options: TunnelOptions, limits: Limits) {
    // This timeout applies to unused sockets. Each request sets its own for as long as it uses one.
    super({ keepAlive: true, maxFreeSockets: limits.idleTunnels, timeout: limits.tunnelIdleMs, scheduling: 'lifo' });
    this.#options = options;
    this.#limits = limits;
  }

  /** All sockets of an agent are interchangeable, because it has one target. */
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
   * Opens a tunnel for the first request, and tries again while Squid is starting.
   *
   * @throws ProxyError if the tunnel cannot be opened; each request then tries for itself
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
        // Wait only for a Squid that does not listen yet. What it answers would be the same the next time.
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

  /** Nothing of the request is sent while its tunnel is opening, so one more attempt is safe. */
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
