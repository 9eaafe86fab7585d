/** Numbers as a summary shows them: rounded, because nobody compares the last digits there. The logs have them all. */

/** A duration: `0.2 s`, `37 s`, `2 min 41 s`, `1 h 5 min`. @param ms milliseconds */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${(Math.max(ms, 0) / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return joined([minutes, 'min'], [seconds % 60, 's']);
  return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
}

const joined = ([large, unit]: [number, string], [small, smaller]: [number, string]): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smaller}`;

/** A moment of a run, as a clock shows it: `0:03`, `12:41`, `1:02:03`. @param ms milliseconds since its start */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (number: number): string => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** The limits are those of rounding: 999,500 is a million. */
const UNITS = [
  { unit: 'k', size: 1e3, below: 999_500 },
  { unit: 'M', size: 1e6, below: 999_500_000 },
];

/** A count: `987`, `9.9 k`, `398 k`, `1.2 M`. */
export function countText(count: number): string {
  if (count < 1_000) return String(count);
  const { unit, size } = UNITS.find(({ below }) => count < below) ?? { unit: 'G', size: 1e9 };
  const scaled = count / size;
  return `${scaled < 9.95 ? scaled.toFixed(1).replace('.0', '') : String(Math.round(scaled))} ${unit}`;
}

/** `1 domain`, `4 domains`, `12 k requests`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
