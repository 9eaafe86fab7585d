import { PROVIDERS } from '../shared/providers.ts';
import type { DroppedRecord, RequestRecord } from '../shared/request-record.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
import { USAGE_COUNTS } from '../shared/usage.ts';

/** A log from elsewhere may have anything for a name, and reports show this one as it is. */
const PROVIDER_IDS: ReadonlySet<unknown> = new Set(PROVIDERS.map(({ id }) => id));

/** Earlier versions did not have all of them. */
const TEXTS = ['host', 'method', 'path', 'model', 'rule', 'error'] as const satisfies (keyof RequestRecord)[];

/** The first lookup of a name that the sandbox's resolver refused. */
export interface LookupRecord {
  readonly event: 'lookup-refused';
  readonly time: string;
  /** In lower case, of letters, digits, `-`, `_` and `.` alone. */
  readonly name: string;
}

/** A line about anything but a request. */
export interface OtherRecord {
  readonly event: 'other';
  readonly time: string;
}

/**
 * Reads one line of the api-proxy's log.
 *
 * @returns undefined for a line that is no record, such as half a line of a sidecar that was killed: the caller counts
 *   those
 */
export function parseRequestLine(line: string): RequestRecord | DroppedRecord | LookupRecord | OtherRecord | undefined {
  const record = parseObject(line);
  const { event, time, provider, status, requests, usage } = record ?? {};
  if (record === undefined || typeof event !== 'string' || Number.isNaN(Date.parse(String(time)))) return undefined;
  // Only what the report reads is checked.
  switch (event) {
    case 'request': {
      const isWhole = isCount(status) && isCount(requests) && (usage === null || isUsage(usage));
      const isText = TEXTS.every((name) => typeof (record[name] ?? '') === 'string');
      const isServed = PROVIDER_IDS.has(provider) || (provider === null && typeof record['host'] === 'string');
      return isServed && isText && isWhole ? (record as unknown as RequestRecord) : undefined;
    }
    case 'dropped': {
      const isWhole = isCount(record['lines']) && isCount(requests) && isUsage(record);
      return isWhole ? (record as unknown as DroppedRecord) : undefined;
    }
    case 'lookup-refused': {
      const { name } = record;
      const isName = typeof name === 'string' && /^[a-z0-9._-]{1,253}$/.test(name);
      return isName ? { event, time: String(time), name } : undefined;
    }
    default:
      return { event: 'other', time: String(time) };
  }
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): boolean => Number.isFinite(value);

function isUsage(value: unknown): boolean {
  const counts = (value ?? {}) as JsonObject;
  return USAGE_COUNTS.every((name) => isCount(counts[name]));
}
