import type { ApiError } from '../../../src/shared/provider-entry.ts';
import { ERROR_STATUS, type ErrorCode } from './error-codes.ts';

interface ProxyErrorOptions extends ErrorOptions {
  /** For the log only: the error code of the system, of TLS or of Squid. */
  readonly detail?: string;
  /** Further headers of the answer, lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Retrying cannot help: the SDKs of OpenAI and Anthropic heed this header above the status. */
export const NO_RETRY = { 'x-should-retry': 'false' };

/** An error that the sidecar itself answers with, in the provider's shape. Its message never holds a client's bytes. */
export class ProxyError extends Error implements ApiError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: ProxyErrorOptions = {}) {
    super(message, options);
    this.name = 'ProxyError';
    this.status = ERROR_STATUS[code];
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

/** The code of a system, TLS or HTTP-parser error, for the log; never its message, which may quote bytes. */
export function errorCode(error: unknown): string {
  if (error instanceof ProxyError) return error.detail === undefined ? error.code : `${error.code} (${error.detail})`;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
