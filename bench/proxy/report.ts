/** Makes the tables and the verdicts on the targets from the measurements. Pure. */
import { DIRECT, FLOOR, GUARD, OURS } from './contenders.ts';
import type { Metric, Sample } from './measure.ts';
import type { Memory } from './process-stats.ts';
import { median } from '../statistics.ts';

/** The results of a contender in the rounds that count. */
export interface Result {
  readonly name: string;
  readonly samples: readonly Partial<Sample>[];
  /** Undefined for the direct path. */
  readonly memory: { readonly idle: Memory; readonly loaded: Memory } | undefined;
}

/** One number per round, or undefined if there is none. */
type Series = (result: Result) => readonly (number | undefined)[];
interface Column {
  readonly title: string;
  readonly series: Series;
  readonly digits: number;
  /** Shows no ratio, because the number can be close to zero. */
  readonly alone?: true;
  /** The median by default. */
  readonly summary?: (values: readonly number[]) => number;
}

const present = (values: readonly (number | undefined)[]): number[] => values.filter((value) => value !== undefined);
const worst = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.max(...values));
const of =
  (metric: Metric): Series =>
  ({ samples }) =>
    samples.map((sample) => sample[metric]);

function paired(
  a: readonly (number | undefined)[],
  b: readonly (number | undefined)[],
  combine: (a: number, b: number) => number,
): (number | undefined)[] {
  return a.map((value, round) => {
    const other = b[round];
    return value === undefined || other === undefined ? undefined : combine(value, other);
  });
}

/** Each ratio compares numbers of the same round, because the machine's state affects both. */
const ratios = (series: Series, result: Result, floor: Result): number =>
  median(present(paired(series(result), series(floor), (value, least) => value / least)));

function table(first: string, columns: readonly Column[], results: readonly Result[]): string {
  const floor = results.find(({ name }) => name === FLOOR);
  const cell = ({ series, digits, alone, summary = median }: Column, result: Result): string => {
    const number = summary(present(series(result)));
    if (Number.isNaN(number)) return '-';
    const compared = alone !== true && floor && result !== floor && result.name !== DIRECT;
    return `${number.toFixed(digits)}${compared ? ` (${ratios(series, result, floor).toFixed(2)})` : ''}`;
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row([first, ...columns.map(({ title }) => title)]),
    row(['---', ...columns.map(() => '---')]),
    ...results.map((result) => row([result.name, ...columns.map((column) => cell(column, result))])),
  ].join('\n');
}

/** What a contender adds to the direct path. */
function addedTo(results: readonly Result[]): (metric: Metric) => Series {
  const direct = results.find(({ name }) => name === DIRECT);
  return (metric) => (result) =>
    paired(of(metric)(result), direct ? of(metric)(direct) : [], (value, least) => value - least);
}

/** @returns Markdown */
export function report(results: readonly Result[], bare: Memory): string {
  const added = addedTo(results);
  const contenders = results.filter(({ name }) => name !== DIRECT);
  const memory = (title: string, pick: (memory: NonNullable<Result['memory']>) => number | undefined): Column => ({
    title,
    series: ({ memory }) => [memory && pick(memory)],
    digits: 1,
  });
  const requests: Column[] = [
    { title: 'added p50, ms', series: added('small50'), digits: 2 },
    { title: 'added p95, ms', series: added('small95'), digits: 2 },
    { title: 'requests/s', series: of('smallPerSecond'), digits: 0 },
    { title: 'CPU, us', series: of('smallCpu'), digits: 0 },
    { title: 'TLS handshakes', series: of('handshakesPerRequest'), digits: 4, alone: true },
  ];
  const streams: Column[] = [
    { title: 'added p50, ms', series: added('events50'), digits: 2 },
    { title: 'streams/s', series: of('eventsPerSecond'), digits: 0 },
    { title: 'CPU, us', series: of('eventsCpu'), digits: 0 },
  ];
  const large: Column[] = [
    { title: 'answer, ms', series: of('answer'), digits: 1 },
    { title: 'prompt, ms', series: of('prompt'), digits: 1 },
    { title: 'stall, ms', series: of('stall'), digits: 1, alone: true },
    { title: 'worst stall, ms', series: of('stall'), digits: 1, alone: true, summary: worst },
  ];
  const memories: Column[] = [
    memory('idle RSS', ({ idle }) => idle.rss),
    memory('idle anonymous', ({ idle }) => idle.anonymous),
    memory('idle cgroup', ({ idle }) => idle.cgroup),
    memory('RSS after the load', ({ loaded }) => loaded.rss),
  ];
  const node: Result = { name: 'node, doing nothing', samples: [], memory: { idle: bare, loaded: bare } };
  const processes = contenders.filter(({ name }) => name !== GUARD.on && name !== GUARD.off);
  return [
    table('300 B of JSON', requests, results),
    table('a stream of 50 events', streams, results),
    table('9 MB', large, results),
    table('memory, MB', memories, [...processes, node]),
    targets(results).join('\n'),
  ].join('\n\n');
}

/** The targets of the design, each with the measured value. */
function targets(results: readonly Result[]): string[] {
  const ours = results.find(({ name }) => name === OURS);
  const floor = results.find(({ name }) => name === FLOOR);
  if (!ours || !floor) return [];
  const added = addedTo(results);
  const line = (what: string, measured: number, limit: number, digits = 2): string =>
    `target: ${what}: ${measured.toFixed(digits)}, at most ${limit}: ${measured <= limit ? 'met' : 'MISSED'}`;
  const ratio = (what: string, series: Series, limit: number): string =>
    line(`${what}, by the floor's`, ratios(series, ours, floor), limit);
  return [
    ratio('added latency of 300 B', added('small50'), 1.25),
    ratio('added latency of a stream', added('events50'), 1.25),
    ratio('CPU of 300 B', of('smallCpu'), 1.25),
    ratio('CPU of a stream', of('eventsCpu'), 1.25),
    line('TLS handshakes per request', median(present(of('handshakesPerRequest')(ours))), 0.01, 4),
    ratio('time of a 9 MB answer', of('answer'), 1.5),
    ratio('time of a 9 MB prompt', of('prompt'), 1.5),
    line('longest stall of another stream, ms, median of the rounds', median(present(of('stall')(ours))), 20, 1),
    line('idle memory, MB of RSS', ours.memory?.idle.rss ?? Number.NaN, 60, 1),
  ];
}
