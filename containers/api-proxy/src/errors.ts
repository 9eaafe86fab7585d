import type { ApiError } from '../../../src/shared/provider-entry.ts';
import type { Provider } from '../../../src/shared/providers.ts';
import { ERROR_STATUS, type AnswerCode, type RequestError } from '../../../src/shared/request-record.ts';

interface ProxyErrorOptions extends ErrorOptions {
  /** For the log only: the error code of the system, of TLS or of Squid. */
  readonly detail?: string;
  /** The answer's status, if the code's own is not the right one for the provider. */
  readonly status?: number;
  /** Extra headers of the answer, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * For errors that a retry cannot help. The SDKs of OpenAI and Anthropic obey this header before they look at the
 * status.
 */
export const NO_RETRY = { 'x-should-retry': 'false' };

/**
 * An error that the sidecar itself answers with, in the provider's shape. Its message never contains a client's bytes.
 */
export class ProxyError extends Error implements ApiError {
  readonly status: number;
  readonly code: AnswerCode;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: AnswerCode, message: string, options: ProxyErrorOptions = {}) {
    super(message, options);
    this.name = 'ProxyError';
    this.status = options.status ?? ERROR_STATUS[code];
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }

  /** As the log records it. */
  get logged(): RequestError {
    return this.detail === undefined ? this.code : `${this.code} (${this.detail})`;
  }
}

/** The code of a system, TLS or HTTP-parser error, for the log. Never the message, which may quote a client's bytes. */
export function errorCode(error: unknown): string {
  if (error instanceof ProxyError) return error.logged;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

export const asProxyError = (cause: unknown): ProxyError =>
  cause instanceof ProxyError
    ? cause
    : new ProxyError('internal_error', 'The api-proxy failed.', { cause, detail: errorCode(cause) });

/** 503 that names the input and the variable that would enable the provider. */
export function notConfigured({ name, credentials }: Provider): ProxyError {
  const inputs = credentials.map(({ input }) => input).join(' or ');
  const variables = credentials.map(({ variable }) => variable).join(' or ');
  const labels = credentials.map(({ label }) => label).join(' or ');
  const message =
    `${name} is not configured: this run was given no credential for it. ` +
    `To enable it, set the input ${inputs} to ${labels}, or set the variable ${variables} on the command line.`;
  return new ProxyError('provider_not_configured', message, { headers: NO_RETRY });
}

export const tooManyRequests = (): ProxyError =>
  new ProxyError('too_many_requests', 'Too many requests are under way at the same time.');

/** Node's messages about what its own parser refused are meant for programmers, so the client gets ours. */
export function parserFailure(code: string): ProxyError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ProxyError('head_too_large', 'The request line and headers are too large.', { detail: code });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ProxyError('request_timeout', 'The request did not arrive in time.', { detail: code });
  }
  return new ProxyError('malformed_request', 'This is not well-formed HTTP/1.1.', { detail: code });
}

/**
 * The part of a client's text that a message may repeat: nothing that a terminal acts on.
 *
 * @param limit characters
 */
export const printable = (text: string, limit = 60): string => text.replace(/[^!-~]/g, '?').slice(0, limit);
