import type { EgressReport } from './egress.ts';
import { details, nameCell, table, type Row } from './markdown.ts';
import { clockText, counted, durationText } from './numbers.ts';
import type { Refusals } from './refusals.ts';

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
    ...refused.slice(0, MAX_REFUSED).map(({ at, domain, icon }) => [at, `${icon} ${nameCell(domain)}`] as const),
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
  const prepared = (['images', 'networks'] as const).flatMap((name): (readonly [number, string])[] => {
    const found = phaseOf(timings, name);
    return found === undefined ? [] : [[found.startMs, took(name, found.endMs - found.startMs)]];
  });
  // The containers start side by side, and run as long as the command.
  const starts = ['squid', 'api-proxy', 'agent'].flatMap((name) => phaseOf(timings, name)?.startMs ?? []);
  if (starts.length === 0) return prepared;
  const first = Math.min(...starts);
  return [...prepared, [first, took('containers and pre-flight check', startupMs - first)]];
}

function phaseOf({ phases }: RunTimings, name: string): RunTimings['phases'][number] | undefined {
  return phases.find(({ phase, endMs }) => phase === name && Number.isFinite(endMs));
}

/** A name that was refused, or would have been. */
interface FirstRefusal {
  readonly at: number;
  readonly domain: string;
  readonly icon: string;
}

/** The names that a reader has to look into, by the time of their first request. */
function firstRefusals(egress: EgressReport | undefined, originMs: number): FirstRefusal[] {
  if (egress === undefined) return [];
  const found = ({ allowable, closed, keyless }: Refusals, icon: string): FirstRefusal[] =>
    [...allowable, ...closed, ...keyless].map(({ firstAt, domain }) => ({ at: firstAt - originMs, domain, icon }));
  return [...found(egress.refusals, '⛔'), ...found(egress.audited, '🔎')].toSorted((a, b) => a.at - b.at);
}
