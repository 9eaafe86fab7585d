import { duration } from './amounts.ts';
import type { Group } from './policy.ts';
import { rowLines } from './rows.ts';

/** What the first line tells. */
export interface Opening {
  /** AWF's own version; undefined for an installation that has none. */
  readonly version: string | undefined;
  /** What people call the run. */
  readonly label: string | undefined;
  /** `linux/amd64` */
  readonly platform: string;
  /** The engine's version: `28.3.1`. Undefined if it has not answered. */
  readonly engine: string | undefined;
}

/** The first line of a run: who speaks, and on what. */
export function firstLine({ version, label, platform, engine }: Opening): string {
  const machine = engine === undefined ? platform : `${platform}, Docker ${shortened(engine)}`;
  return [version, label, machine].filter((part) => part !== undefined).join(' · ');
}

/** The first two numbers of a version. */
const shortened = (version: string): string => /^\d+\.\d+/.exec(version)?.[0] ?? version;

/** A part of a start. Milliseconds since the process started. */
export interface Phase {
  readonly phase: string;
  readonly startMs: number;
  /** NaN for what has not ended. */
  readonly endMs: number;
}

/** How a start is told: what a reader knows, and the phases that it consists of. */
const PARTS: readonly (readonly [name: string, phases: readonly string[]])[] = [
  ['images', ['images']],
  ['networks', ['networks']],
  ['containers and check', ['agent']],
];

/**
 * The sandbox is up.
 *
 * @param startupMs from the start of the process to the command's first instruction
 */
export function sandboxGroup(startupMs: number, phases: readonly Phase[]): Group {
  const tookMs = ({ startMs, endMs }: Phase): number => (Number.isNaN(endMs) ? startupMs : endMs) - startMs;
  const parts = PARTS.flatMap(([name, members]) => {
    const found = phases.filter(({ phase }) => members.includes(phase));
    if (found.length === 0) return [];
    return [`${name} ${duration(found.reduce((sum, one) => sum + tookMs(one), 0))}`];
  });
  const rows = phases
    .toSorted((a, b) => a.startMs - b.startMs)
    .map((one) => [one.phase, `${duration(tookMs(one))}, from ${duration(one.startMs)}`] as const);
  return {
    title: `sandbox is up after ${duration(startupMs)} (${parts.join(', ')})`,
    lines: [...rowLines(rows), 'Most of it happens at the same time. timings.json, in the logs, has the milliseconds.'],
  };
}
