/** Texts of others for a terminal: one line, of limited length, in characters that a terminal only shows. */

import { printableText } from '../host/file-names.ts';
import { unreachedText } from '../report/unreached.ts';
import type { RequestRow } from './rows.ts';

/** A text that anybody may have chosen. Longer ones lose their middle, which leaves the end of a host's name. */
export function shown(text: string, longest = 60): string {
  const safe = printableText(text).replace(/[^ -~]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
  if (safe.length <= longest) return safe;
  const half = Math.floor((longest - 3) / 2);
  return `${safe.slice(0, half)}...${safe.slice(half + 3 - longest)}`;
}

/** By reason, as in `access.jsonl`. */
const REASONS: Readonly<Record<string, string>> = {
  'not-listed': 'not in allow-domains',
  denied: 'denied',
  port: 'its port is not allowed',
  'http-port': 'HTTP passes at port 80 only',
  address: 'an address, not a name',
  'odd-name': 'no host has such a name',
  'named-host': 'only the api-proxy answers for it',
  'private-address': 'its address is private',
  'server-name': 'another name inside the tunnel',
  'closed-server-name': 'a closed name inside the tunnel',
  'no-server-name': 'no name inside the tunnel',
  'not-tls': 'no TLS inside the tunnel',
};

/** What decided on a request. */
export function whyOf({ verdict, rule, reason }: Pick<RequestRow, 'verdict' | 'rule' | 'reason'>): string {
  const by = rule === null ? '' : ` by ${shown(rule.preset ?? rule.entry, 40)}`;
  if (verdict === 'allowed') return `allowed${by}`;
  if (verdict === 'unresolvable') {
    return reason === null ? `allowed${by}, but it has no address` : 'on no list, and it has no address';
  }
  if (verdict === 'unreachable') return `allowed${by}, but ${unreachedText(reason)}`;
  const why = REASONS[reason ?? ''] ?? 'refused by Squid';
  return reason === 'denied' ? `${why}${by}` : why;
}

/** `0:04.1`, `1:02:03`: since the start of a run. */
export function clock(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const [hours, minutes, seconds] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  if (hours > 0) return `${String(hours)}:${two(minutes)}:${two(Math.floor(seconds))}`;
  return `${String(minutes)}:${seconds.toFixed(1).padStart(4, '0')}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2.6 s`, `1 min 12 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
  return `${String(Math.floor(seconds / 3600))} h ${String(Math.floor(seconds / 60) % 60)} min`;
}

/** `3 minutes ago`. */
export function ago(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  const [unit, size] = units.find(([, each]) => ms >= each) ?? ['minute', 0];
  if (size === 0) return 'just now';
  const count = Math.floor(ms / size);
  return `${String(count)} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** `412`, `91 k`, `1.2 M`. */
export function rounded(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 999_500) return `${String(Math.round(count / 1_000))} k`;
  return `${(count / 1_000_000).toFixed(1)} M`;
}
