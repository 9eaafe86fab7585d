import type { AddedEndpoint } from './endpoints.ts';
import type { LogLevel } from './log-level.ts';
import type { ProviderId } from './providers.ts';
import { ValueError } from './value-error.ts';

/**
 * The one document that a run writes to the api-proxy's standard input. It carries the credentials, so it exists only in
 * the two processes' memory and the pipe between them.
 */
export interface SidecarConfig {
  /** Providers with a credential; the others answer 503. */
  readonly providers: Partial<Record<ProviderId, SidecarProvider>>;
  /** `http://address:port` of Squid. */
  readonly proxyUrl: string;
  /** PEM certificates that upstream servers may be signed by, beside the public ones. */
  readonly upstreamCa?: string;
  /** Largest request body in bytes; a longer one gets 413. */
  readonly maxBodyBytes: number;
  /** Endpoints beside those of the providers' tables. */
  readonly allowEndpoints?: readonly AllowedEndpoint[];
  readonly budget?: SidecarBudget;
  /** What the log holds beside the requests; `info` by default. */
  readonly logLevel?: LogLevel;
}

/** What a run may use of all providers together; no limit where a field is missing. */
export interface SidecarBudget {
  readonly maxRequests?: number;
  /** Of prompts and answers together. */
  readonly maxTokens?: number;
}

export interface AllowedEndpoint extends AddedEndpoint {
  readonly provider: ProviderId;
}

export interface SidecarProvider {
  readonly credential: string;
  readonly target: Target;
}

/** An upstream: `https://host:port/basePath`. */
export interface Target {
  /** Lower case, no trailing dot. */
  readonly host: string;
  readonly port: number;
  /** Empty, or starts with a slash and does not end with one. */
  readonly basePath: string;
}

/** Default of the request-body limit: 10 MB. */
export const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Where the api-proxy writes its log, in its container. */
export const API_PROXY_LOG_DIR = '/var/log/api-proxy';
export const API_PROXY_LOG_FILE = 'api-proxy.log';

/**
 * Trims a credential and refuses one that could not be a header value.
 *
 * @returns the trimmed value, or undefined when nothing is left: an empty secret counts as absent
 * @throws ValueError naming `name`, never the value, when it has an inner line break or another control character
 */
export function normaliseCredential(name: string, value: string | undefined): string | undefined {
  const trimmed = value?.trim() ?? '';
  if (trimmed === '') return undefined;
  // RFC 9110, section 5.5: a field value has no control characters; a line break would start another header.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
    throw new ValueError(
      `${name} contains a line break or another control character. Store it again as a single line without one.`,
    );
  }
  return trimmed;
}
