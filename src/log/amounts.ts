import { durationText } from '../report/numbers.ts';

/** Durations without a needless fraction: `3 s`, `2.6 s`. @param ms milliseconds */
export const duration = (ms: number): string => durationText(ms).replace('.0 s', ' s');

/** Minutes as a duration: `0.05` is `3 s`. */
export const minutesText = (minutes: number): string => duration(minutes * 60_000);

/** The first `most` of a list, and how many there are beyond them. */
export function listed(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return items.slice(0, most).join(', ') + (rest > 0 ? `, and ${String(rest)} more` : '');
}
