/** What a run wrote about itself. The files may come from anybody, so each value is looked at before it is used. */

import type { EgressMode } from '../config/egress-rules.ts';
import type { DecidingRule } from '../report/requests.ts';
import type { ModelUsage, RunUsage } from '../report/usage.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { isObject } from '../shared/json.ts';
import { USAGE_COUNTS } from '../shared/usage.ts';
import { isRule } from './records.ts';

/** How a run went, by `run.json`. */
export interface RecordedRun {
  readonly outcome: string | undefined;
  readonly exitCode: number | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  readonly durationMs: number | undefined;
  readonly program: string | undefined;
}

export function recordedRun(document: unknown): RecordedRun {
  const { outcome, exitCode, startedAt, durationMs, program } = isObject(document) ? document : {};
  const started = typeof startedAt === 'string' ? Date.parse(startedAt) : Number.NaN;
  return {
    outcome: textIn(outcome),
    exitCode: countIn(exitCode),
    startedAt: Number.isNaN(started) ? undefined : started,
    durationMs: countIn(durationMs),
    program: textIn(program),
  };
}

/** The policy of a run, by `policy.json`. */
export interface RecordedPolicy {
  readonly mode: EgressMode;
  readonly allow: readonly DecidingRule[];
  /** Undefined for a run that proposes nothing. */
  readonly proposal: { readonly lines: readonly string[]; readonly leftOut: number } | undefined;
}

/** Lines of a list. A run proposes fewer. */
const MAX_LINES = 2_000;

/** @returns undefined if it is no such document */
export function recordedPolicy(document: unknown): RecordedPolicy | undefined {
  if (!isObject(document) || !Array.isArray(document['allow'])) return undefined;
  const { mode, allow, proposal } = document;
  const { allowDomains, leftOut } = isObject(proposal) ? proposal : {};
  const lines: unknown[] = Array.isArray(allowDomains) ? allowDomains : [];
  return {
    mode: mode === 'audit' ? 'audit' : 'block',
    allow: allow.filter(isRule).slice(0, MAX_LINES),
    proposal: Array.isArray(allowDomains)
      ? { lines: lines.filter((line) => typeof line === 'string').slice(0, MAX_LINES), leftOut: countIn(leftOut) ?? 0 }
      : undefined,
  };
}

export type RecordedUsage = Pick<RunUsage, 'models' | 'refused' | 'overBudget' | 'costUsd'>;

/** @returns undefined if it is no such document */
export function recordedUsage(document: unknown): RecordedUsage | undefined {
  if (!isObject(document) || !Array.isArray(document['models'])) return undefined;
  const { models, refused, overBudget, costUsd } = document;
  const lines: unknown[] = Array.isArray(refused) ? refused : [];
  return {
    models: models.filter(isModel).slice(0, MAX_LINES),
    refused: lines.filter(isRefused).slice(0, MAX_LINES) as unknown as RunUsage['refused'],
    overBudget: countIn(overBudget) ?? 0,
    costUsd: countIn(costUsd) ?? null,
  };
}

function isModel(value: unknown): value is ModelUsage {
  if (!isObject(value)) return false;
  const { provider, model, costUsd } = value;
  return (
    PROVIDERS.some(({ id }) => id === provider) &&
    (model === null || typeof model === 'string') &&
    (costUsd === null || Number.isFinite(costUsd)) &&
    ['requests', 'failed', ...USAGE_COUNTS].every((name) => Number.isFinite(value[name]))
  );
}

const isRefused = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['host'] === 'string' &&
  typeof value['line'] === 'string' &&
  typeof value['option'] === 'string' &&
  Number.isFinite(value['requests']);

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
