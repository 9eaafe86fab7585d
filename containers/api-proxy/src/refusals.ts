import type { Provider } from '../../../src/shared/providers.ts';
import { errorCode, NO_RETRY, ProxyError } from './proxy-error.ts';

/** 503 that names what would enable the provider. */
export function notConfigured(provider: Provider): ProxyError {
  const inputs = provider.credentials.map(({ input }) => input).join(' or ');
  const variables = provider.credentials.map(({ variable }) => variable).join(' or ');
  const labels = provider.credentials.map(({ label }) => label).join(' or ');
  const message =
    `${provider.name} is not configured: this run was given no credential for it. ` +
    `To enable it, give ${labels} by the input ${inputs}, or by the variable ${variables} on the command line.`;
  return new ProxyError('provider_not_configured', message, { headers: NO_RETRY });
}

/** What Node's own parser refused, in our words: its messages are for programmers. */
export function parserFailure(code: string): ProxyError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ProxyError('head_too_large', 'The request line and headers are too large.', { detail: code });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ProxyError('request_timeout', 'The request did not arrive in time.', { detail: code });
  }
  return new ProxyError('malformed_request', 'This is not well-formed HTTP/1.1.', { detail: code });
}

export const asProxyError = (cause: unknown): ProxyError =>
  cause instanceof ProxyError
    ? cause
    : new ProxyError('internal_error', 'The api-proxy failed.', { cause, detail: errorCode(cause) });
