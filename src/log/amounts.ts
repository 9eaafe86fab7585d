/** Numbers as people read them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `2.6 s`, `12 s`, `2 min 37 s`, `1 h 5 min`. @param ms milliseconds */
export function duration(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 10) return `${tenths} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (ms >= HOUR - SECOND / 2) return joined(Math.round(ms / MINUTE), 60, 'h', 'min');
  return joined(seconds, 60, 'min', 's');
}

function joined(amount: number, base: number, large: string, small: string): string {
  const rest = amount % base;
  return `${Math.floor(amount / base)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `38`, `1.2 k`, `398 k`, `1.4 M`. */
export function amount(value: number): string {
  if (value < 1_000) return String(value);
  if (value < 9_950) return `${Math.round(value / 100) / 10} k`;
  if (value < 999_500) return `${Math.round(value / 1_000)} k`;
  return `${Math.round(value / 100_000) / 10} M`;
}

/** `1 domain`, `3 domains`. */
export function counted(value: number, noun: string): string {
  return `${amount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** The first `most` of a list, and how many there are beyond them. */
export function listed(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return items.slice(0, most).join(', ') + (rest > 0 ? `, and ${String(rest)} more` : '');
}

/** Minutes as a duration: `0.05` is `3 s`. */
export const minutesText = (minutes: number): string => duration(minutes * MINUTE);
