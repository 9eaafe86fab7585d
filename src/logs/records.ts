import { REQUEST_SCHEMES, type DecidingRule, type EgressRequest } from '../report/requests.ts';
import { isObject } from '../shared/json.ts';

const VERDICTS = ['allowed', 'audited', 'refused', 'unresolvable', 'unreachable'] as const;
const SOURCES = ['agent', 'api-proxy'] as const;

/**
 * Reads a line of `access.jsonl`.
 *
 * @returns undefined for a line that is no such record: the caller counts those
 */
export function parseRecord(line: string): EgressRequest | undefined {
  const record = parsed(line);
  if (!isObject(record) || record['version'] !== 1) return undefined;
  const { time, host, port, serverName, reason, rule } = record;
  const isWhole =
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    typeof host === 'string' &&
    Number.isInteger(port) &&
    isTextOrNull(serverName) &&
    isTextOrNull(reason) &&
    (rule === null || isRule(rule)) &&
    VERDICTS.some((known) => known === record['verdict']) &&
    SOURCES.some((known) => known === record['source']) &&
    REQUEST_SCHEMES.some((known) => known === record['scheme']);
  return isWhole ? (record as unknown as EgressRequest) : undefined;
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

export const isRule = (value: unknown): value is DecidingRule =>
  isObject(value) &&
  typeof value['entry'] === 'string' &&
  typeof value['from'] === 'string' &&
  isTextOrNull(value['preset']);

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
