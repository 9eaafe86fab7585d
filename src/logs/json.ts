import type { LogReport } from './read.ts';
import type { Part } from './text.ts';

/** A report for programs: one JSON document, by `schema/logs.schema.json`. */
export function logJson(report: LogReport, part: Part): string {
  const { place, startedAt, durationMs, outcome, exitCode, isComplete, unreadableLines, rows, others, usage } = report;
  const requests = rows
    .filter(({ verdict }) => part === 'all' || (part === 'refused' && verdict !== 'allowed'))
    .map(({ time, ...row }) => ({ ...row, time: new Date(time).toISOString() }));
  const document = {
    version: 1,
    place,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    durationMs: durationMs ?? null,
    outcome: outcome ?? null,
    exitCode: exitCode ?? null,
    isComplete,
    unreadableLines,
    requests,
    otherRequests: others,
    refusedAtHosts: part === 'models' ? [] : (usage?.refused ?? []),
    models: part === 'refused' ? [] : (usage?.models ?? []),
    costUsd: usage?.costUsd ?? null,
    allowDomains: report.proposal?.lines ?? null,
  };
  // JSON may have these as they are, and a terminal obeys some of them.
  const inert = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(document, null, 2).replace(/[^\n -~]/g, inert)}\n`;
}
