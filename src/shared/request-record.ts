import type { ProviderId } from './providers.ts';

/** What the log says about one request. No header, no body, no query: nothing in it can be a secret. */
export interface RequestRecord {
  readonly event: 'request';
  /** When it began, ISO 8601. */
  readonly time: string;
  readonly id: string;
  readonly provider: ProviderId;
  readonly method: string;
  /** Without its query; as far as it was decided, the canonical one that was forwarded. */
  path: string;
  /** What the client got; 0 when its connection ended before. */
  status: number;
  /** What the upstream answered; null when it did not. */
  upstreamStatus: number | null;
  /** Octets of the bodies, as they were on the wire less the chunks' frames. */
  requestBytes: number;
  responseBytes: number;
  durationMs: number;
  /** To the head of the upstream's answer. */
  timeToFirstByteMs: number | null;
  /** Code of an error that the sidecar answered with or ended the stream for. */
  error: string | null;
}
