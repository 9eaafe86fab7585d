import type { EgressReport } from './egress.ts';
import { details, nameCell, table, type Row } from './markdown.ts';
import { clockText, counted, durationText } from './numbers.ts';
import type { JudgedDomain } from './traffic.ts';

/** When the phases of a run began and ended. Milliseconds since the process started. */
export interface RunTimings {
  readonly phases: readonly { readonly phase: string; readonly startMs: number; readonly endMs: number }[];
  /** Of the command's first instruction; undefined if it never ran. */
  readonly startupMs: number | undefined;
  /** When the process started, in milliseconds since the epoch. */
  readonly originMs: number;
}

/** Refused names that the timeline has. */
const MAX_REFUSED = 12;

/** How long a step took so far. @returns milliseconds */
export function totalMs({ phases, startupMs }: RunTimings): number {
  return Math.max(startupMs ?? 0, ...phases.map(({ endMs }) => endMs).filter(Number.isFinite));
}

/** What happened when. None if the command never ran. */
export function timelineBlocks(timings: RunTimings, egress: EgressReport | undefined, ending: string): string[] {
  const { startupMs } = timings;
  if (startupMs === undefined) return [];
  const refused = firstRefusals(egress, timings.originMs);
  const commandEnd = phaseOf(timings, 'agent')?.endMs ?? totalMs(timings);
  const clean = phaseOf(timings, 'remove');
  const events: (readonly [number, string])[] = [
    ...startEvents(timings, startupMs),
    [startupMs, `**the command starts**`],
    ...refused.slice(0, MAX_REFUSED).map(({ at, domain }) => [at, `⛔ ${nameCell(domain)}`] as const),
    [commandEnd, `**${ending}** after ${durationText(commandEnd - startupMs)}`],
    ...(clean === undefined ? [] : [[clean.startMs, took('clean-up', clean.endMs - clean.startMs)] as const]),
  ];
  const rows = events.toSorted(([a], [b]) => a - b).map(([at, what]): Row => [clockText(at), what]);
  const more = refused.length - MAX_REFUSED;
  return details(`<b>Timeline</b>: started in ${durationText(startupMs)}`, [
    ...table(['At', 'What'], rows, false),
    ...(more > 0 ? [`${counted(more, 'more name')} refused; \`access.jsonl\` in the logs has them all.`] : []),
  ]);
}

const took = (what: string, ms: number): string => `${what} (${durationText(ms)})`;

function startEvents(timings: RunTimings, startupMs: number): (readonly [number, string])[] {
  const agent = phaseOf(timings, 'agent');
  const named = [
    ['images', 'images'],
    ['networks', 'networks'],
    ['squid', 'Squid'],
    ['api-proxy', 'api-proxy'],
  ].flatMap(([phase = '', name = '']): (readonly [number, string])[] => {
    const found = phaseOf(timings, phase);
    // Containers that run as long as the command are there when it starts.
    return found === undefined ? [] : [[found.startMs, took(name, Math.min(found.endMs, startupMs) - found.startMs)]];
  });
  return agent === undefined ? named : [...named, [agent.startMs, took('pre-flight check', startupMs - agent.startMs)]];
}

function phaseOf({ phases }: RunTimings, name: string): RunTimings['phases'][number] | undefined {
  return phases.find(({ phase, endMs }) => phase === name && Number.isFinite(endMs));
}

/** The names that a reader has to look into, by the time of their first request. */
function firstRefusals(egress: EgressReport | undefined, originMs: number): { at: number; domain: string }[] {
  if (egress === undefined) return [];
  const names: JudgedDomain[] = [egress.refusals, egress.audited].flatMap(({ allowable, closed, keyless }) => [
    ...allowable,
    ...closed,
    ...keyless,
  ]);
  return names.map(({ firstAt, domain }) => ({ at: firstAt - originMs, domain })).toSorted((a, b) => a.at - b.at);
}
