import { request, type IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { constants } from 'node:os';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { Target } from '../../../../src/shared/sidecar-config.ts';
import { errorCode, NO_RETRY, ProxyError } from '../errors.ts';

export interface TunnelOptions {
  /** For messages: whose target it is, and which setting names it. */
  readonly owner: { readonly name: string; readonly setting: string };
  readonly target: Target;
  /** `http://address:port` of Squid. */
  readonly proxy: URL;
  readonly trust: () => SecureContext;
  /** Milliseconds for CONNECT and TLS handshake together. */
  readonly timeoutMs: number;
}

/** Puts an IPv6 address in brackets. */
const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** RFC 9110, section 7.2: the port is left out if it is the scheme's default. */
export function authorityOf(target: Target): string {
  return target.port === 443 ? bracketed(target.host) : `${bracketed(target.host)}:${target.port}`;
}

function refusedByFirewall({ owner, target }: TunnelOptions, detail: string): ProxyError {
  const place = `${target.host}:${target.port}`;
  return new ProxyError(
    'target_not_allowed',
    `The firewall refused ${place}, the target of ${owner.name}. Add this line to allow-domains: ${target.host}\n` +
      'If the line is there already, the name resolves to a private address: allow that one with add-hosts.',
    { detail, headers: NO_RETRY },
  );
}

/**
 * The network's own proxy looks names up and asks for credentials; Squid passes its answer on.
 *
 * @see RFC 9110, section 15.5.8
 */
function refusedByNetwork({ target }: TunnelOptions, status: 403 | 407, detail: string): ProxyError {
  const message =
    status === 407
      ? "The network's own proxy does not accept the credential (407). Check the user name and the password in upstream-proxy."
      : `The network's own proxy (upstream-proxy) refused ${target.host}:${target.port} (403). Ask whoever runs it.`;
  return new ProxyError('upstream_proxy_refused', message, { detail, headers: NO_RETRY });
}

/** The names of AWF's own pages. A proxy behind Squid may be a Squid too, and has the usual ones. */
const OWN_PAGE = 'ERR_AWF_';

/** Squid's header for the reason, such as `ERR_CONNECT_FAIL 110`. The number is the system's error. */
const SQUID_REASON = /^(?<reason>[A-Z_]+)(?: (?<errno>\d+))?/;
const ETIMEDOUT = String(constants.errno.ETIMEDOUT);

/** Detail of a failure that took all the time there was, so that nobody waits for a second one. */
export const TIMED_OUT = 'ETIMEDOUT';

function connectFailure(options: TunnelOptions, answer: IncomingMessage): ProxyError {
  const { reason, errno } = SQUID_REASON.exec(String(answer.headers['x-squid-error'] ?? ''))?.groups ?? {};
  const cause = [reason, errno === '0' ? undefined : errno].filter((part) => part !== undefined);
  const detail = ['CONNECT', answer.statusCode ?? 0, ...cause].join(' ');
  if (answer.statusCode === 403 && reason?.startsWith(OWN_PAGE) === true) return refusedByFirewall(options, detail);
  if (answer.statusCode === 403 || answer.statusCode === 407) {
    return refusedByNetwork(options, answer.statusCode, detail);
  }
  const { host } = options.target;
  if (reason === 'ERR_DNS_FAIL') {
    const message = `The name ${host} has no address: ${options.owner.setting} or the DNS may be wrong.`;
    return new ProxyError('upstream_dns_error', message, { detail });
  }
  if (answer.statusCode === 504 || (reason === 'ERR_CONNECT_FAIL' && errno === ETIMEDOUT)) {
    return connectTimeout(host, detail);
  }
  return new ProxyError('upstream_unreachable', `The firewall could not reach ${host} (${detail}).`, { detail });
}

const connectTimeout = (host: string, detail?: string): ProxyError =>
  new ProxyError(
    'upstream_connect_timeout',
    `${host} did not accept a connection in time, or its name was not resolved in time.`,
    detail === undefined ? {} : { detail },
  );

function noSquid(cause?: Error): ProxyError {
  const detail = cause ? errorCode(cause) : TIMED_OUT;
  return new ProxyError('proxy_unreachable', `The firewall's Squid did not answer (${detail}).`, { cause, detail });
}

function tlsFailure({ target }: TunnelOptions, cause: Error): ProxyError {
  const detail = errorCode(cause);
  // The system's errors, such as a reset. Verdicts on a certificate have OpenSSL's X509_V_ERR names or Node's own.
  if (/^E[A-Z]+$/.test(detail)) {
    // Unlike `upstream_closed`, this code tells that the upstream got nothing of the request.
    const message = `${target.host} closed the connection during the TLS handshake.`;
    return new ProxyError('upstream_handshake_closed', message, { cause, detail });
  }
  const message =
    `The TLS handshake with ${target.host} failed: ${detail}. ` +
    'If its certificate is signed by a private CA, set upstream-ca.';
  return new ProxyError('upstream_tls_error', message, { cause, detail, headers: NO_RETRY });
}

/**
 * Opens a TLS connection to the target through Squid's `CONNECT`.
 *
 * @throws ProxyError 403 if Squid refuses the target, 502 if it cannot be reached, 504 if it takes too long
 */
export function openTunnel(options: TunnelOptions): Promise<TLSSocket> {
  const { proxy, target, trust } = options;
  const authority = `${bracketed(target.host)}:${target.port}`;
  return new Promise((resolve, reject) => {
    let secured: TLSSocket | undefined;
    const connect = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? 80 : Number(proxy.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      agent: false,
    });
    const fail = (error: ProxyError) => {
      clearTimeout(timer);
      connect.destroy();
      secured?.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(connect.socket?.connecting === false ? connectTimeout(target.host) : noSquid());
    }, options.timeoutMs);

    connect.on('error', (cause) => {
      fail(noSquid(cause));
    });
    connect.on('connect', (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      // The TLS socket's events tell its user about errors. This listener only keeps them from being unhandled here.
      socket.on('error', () => undefined);
      if (answer.statusCode !== 200 || head.length > 0) {
        socket.destroy();
        fail(connectFailure(options, answer));
        return;
      }
      socket.setNoDelay(true);
      const named = isIP(target.host) === 0 ? { servername: target.host } : {};
      secured = connectTls({
        socket,
        host: target.host,
        ...named,
        secureContext: trust(),
        ALPNProtocols: ['http/1.1'],
      });
      secured.on('error', (cause: Error) => {
        fail(tlsFailure(options, cause));
      });
      secured.on('secureConnect', () => {
        clearTimeout(timer);
        if (secured) resolve(secured);
      });
    });
    connect.end();
  });
}
