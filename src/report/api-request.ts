import type { RequestRecord } from '../shared/request-record.ts';
import type { JsonObject } from '../shared/json.ts';

/** One request that arrived at the api-proxy: a record of `requests.jsonl`. */
export interface ApiRequest extends Omit<RequestRecord, 'event' | 'level'> {
  readonly version: 1;
  /** US dollars; 0 for what used no model, null if the price is unknown. */
  readonly costUsd: number | null;
}

/** Characters of a text that the command or an upstream chose. */
const MAX_TEXT = 512;

/**
 * Makes a record of the api-proxy's own. Each field is named here: what else a line of the log may have stays there, and what a
 * line does not have is null, 0 or empty.
 *
 * @param costUsd undefined if the price is unknown
 */
export function apiRequest(record: RequestRecord, costUsd: number | undefined): ApiRequest {
  const { time, provider, status, requests, usage } = record;
  // Only these five were checked when the line was read.
  const rest = record as unknown as JsonObject;
  return {
    version: 1,
    time: new Date(time).toISOString(),
    durationMs: count(rest, 'durationMs') ?? 0,
    id: text(rest, 'id') ?? '',
    provider,
    host: text(rest, 'host'),
    method: text(rest, 'method') ?? '',
    path: text(rest, 'path') ?? '',
    status,
    upstreamStatus: count(rest, 'upstreamStatus'),
    requestBytes: count(rest, 'requestBytes') ?? 0,
    responseBytes: count(rest, 'responseBytes') ?? 0,
    timeToFirstByteMs: count(rest, 'timeToFirstByteMs'),
    forwarded: rest['forwarded'] === true,
    requests,
    model: text(rest, 'model'),
    usage,
    costUsd: costUsd ?? null,
    rule: text(rest, 'rule'),
    error: text(rest, 'error') as ApiRequest['error'],
  };
}

function count(record: JsonObject, name: keyof RequestRecord): number | null {
  const value = record[name];
  return typeof value === 'number' ? value : null;
}

function text(record: JsonObject, name: keyof RequestRecord): string | null {
  const value = record[name];
  if (typeof value !== 'string') return null;
  return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value;
}
