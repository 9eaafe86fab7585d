/** The bodies of errors, in the shapes that the providers' own clients parse. */

/** An error that the sidecar itself answers with, before a provider's shape is put around it. */
export interface ApiError {
  readonly status: number;
  /** Machine-readable, snake case. */
  readonly code: string;
  readonly message: string;
}

export const openAiErrorBody = (error: ApiError): unknown => ({
  error: {
    message: error.message,
    type: error.status >= 500 ? 'server_error' : 'invalid_request_error',
    param: null,
    code: error.code,
  },
});

/** https://docs.anthropic.com/en/api/errors */
const ANTHROPIC_ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
};

/** https://cloud.google.com/apis/design/errors */
const GOOGLE_STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export const anthropicErrorBody = (error: ApiError): unknown => ({
  type: 'error',
  error: {
    type: ANTHROPIC_ERROR_TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error'),
    message: error.message,
  },
});

export const copilotErrorBody = (error: ApiError): unknown => ({ error: { message: error.message, code: error.code } });

export const googleErrorBody = (error: ApiError): unknown => ({
  error: {
    code: error.status,
    message: error.message,
    status: GOOGLE_STATUSES[error.status] ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
  },
});
