import type { LogLevel } from './log-level.ts';
import type { ProviderId } from './providers.ts';
import type { Usage } from './usage.ts';

/** What the log says about one request. No header, no body, no query: nothing in it can be a secret. */
export interface RequestRecord {
  readonly event: 'request';
  /** `warn` where there was an error of the sidecar's. */
  level: LogLevel;
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
  /** True once it was admitted and sent on its way to the provider. */
  forwarded: boolean;
  /** As the provider names it; null where its answer named none. */
  model: string | null;
  /** `estimated` is true where the provider did not say, or the client left before it did. */
  usage: (Usage & { readonly estimated: boolean }) | null;
  /** Code of an error that the sidecar answered with or ended the stream for. */
  error: string | null;
}
