import type { RequestRecord } from '../shared/request-record.ts';

/** One request that arrived at the api-proxy: a record of `requests.jsonl`. */
export interface ApiRequest extends Omit<RequestRecord, 'event' | 'level'> {
  readonly version: 1;
  /** US dollars; 0 for what used no model, null if the price is unknown. */
  readonly costUsd: number | null;
}

/** Characters of a text that the command or an upstream chose. */
const MAX_TEXT = 512;

/**
 * Makes a record of the api-proxy's own. Each field is named here: what else a line of the log may have stays there.
 *
 * @param costUsd undefined if the price is unknown
 */
export function apiRequest(record: RequestRecord, costUsd: number | undefined): ApiRequest {
  const { time, durationMs, id, provider, host, method, path, status, upstreamStatus } = record;
  const { requestBytes, responseBytes, timeToFirstByteMs, forwarded, requests, model, usage, rule, error } = record;
  return {
    version: 1,
    ...{ time, durationMs, id, provider, host: short(host), method: cut(method), path: cut(path) },
    ...{ status, upstreamStatus, requestBytes, responseBytes, timeToFirstByteMs, forwarded, requests },
    ...{ model: short(model), usage, costUsd: costUsd ?? null, rule: short(rule), error },
  };
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);

const short = (text: string | null): string | null => (text === null ? null : cut(text));
