import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAnew, type LogDirectories } from '../host/log-directories.ts';
import type { ProviderId } from '../shared/providers.ts';
import type { RequestRecord } from '../shared/request-record.ts';
import { API_PROXY_LOG_FILE } from '../shared/contract.ts';
import { NO_USAGE, sumOfUsage, type Usage } from '../shared/usage.ts';

/** What a run used of its providers, beside the api-proxy's log. */
export const USAGE_FILE = 'usage.json';

/** The requests of a run for one model. */
export interface ModelUsage extends Usage {
  readonly provider: ProviderId;
  /** Null for those whose answer named none, refusals for example. */
  readonly model: string | null;
  readonly requests: number;
  /** Requests that the client got a status of 400 or above for. */
  readonly failed: number;
}

/** Everything that a run used. */
export interface RunUsage extends Usage {
  /** Those that were sent on their way to a provider. */
  readonly requests: number;
  /** True where some of the tokens are estimated: the provider did not say. */
  readonly estimated: boolean;
  /** Requests that the run's budget refused. */
  readonly overBudget: number;
  readonly models: readonly ModelUsage[];
}

/** Adds up the records of requests. */
export function totals(records: readonly RequestRecord[]): RunUsage {
  const byModel = Map.groupBy(records, ({ provider, model }) => `${provider} ${model ?? ''}`);
  return {
    requests: records.filter(({ forwarded }) => forwarded).length,
    ...sum(records),
    estimated: records.some(({ usage }) => usage?.estimated),
    overBudget: records.filter(({ status, error }) => status === 429 && error === 'budget_exhausted').length,
    models: [...byModel.values()].map((group): ModelUsage => {
      const { provider, model } = group[0] as RequestRecord;
      const failed = group.filter(({ status }) => status >= 400).length;
      return { provider, model, requests: group.length, failed, ...sum(group) };
    }),
  };
}

function sum(records: readonly RequestRecord[]): Usage {
  return records.reduce((total, { usage }) => (usage ? sumOfUsage(total, usage) : total), NO_USAGE);
}

/**
 * The requests in the api-proxy's log. A log that does not exist counts as empty: the run may have ended before it was made.
 *
 * @param since when the run began, in milliseconds since the epoch: a directory that the user chose keeps earlier runs'
 */
export function readRequests({ apiProxy }: LogDirectories, since: number): RequestRecord[] {
  let text: string;
  try {
    text = readFileSync(join(apiProxy, API_PROXY_LOG_FILE), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const record = parseRecord(line);
    return record !== undefined && Date.parse(record.time) >= since ? [record] : [];
  });
}

function parseRecord(line: string): RequestRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<RequestRecord>;
    return record.event === 'request' ? (record as RequestRecord) : undefined;
  } catch {
    return undefined; // the last line of a sidecar that was killed may be half a line
  }
}

/** Writes `usage.json`. */
export function writeUsage({ apiProxy }: LogDirectories, usage: RunUsage): void {
  writeAnew(apiProxy, USAGE_FILE, usage);
}
