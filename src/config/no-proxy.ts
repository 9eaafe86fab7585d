import { isIP } from 'node:net';
import { parseCidr } from '../shared/cidr.ts';
import { canonicalHost } from './domain.ts';
import type { NamePattern } from '../shared/host-pattern.ts';

/** The host's exceptions from its proxy. */
export interface DirectNames {
  /** True if it turns the proxy off. */
  readonly everything: boolean;
  readonly patterns: readonly NamePattern[];
  /** Entries that cannot be kept. */
  readonly ignored: readonly string[];
}

/** Entries for the host itself, which no sandbox reaches. */
const OWN_HOST = /^(localhost|.*\.localhost|127\..*|\[?::1\]?|0\.0\.0\.0)$/;

/**
 * Reads the variable with the exceptions as most programs do: `corp.example`, `.corp.example` and `*.corp.example` stand for the domain with its
 * subdomains, and `*` for everything. Squid decides by the name and before it looks it up, so addresses, ranges and ports
 * cannot be kept.
 */
export function directNames(text: string): DirectNames {
  const entries = text
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .filter((entry) => entry !== '' && !OWN_HOST.test(entry));
  const read = entries.map((entry) => ({ entry, host: hostOf(entry) }));
  return {
    everything: entries.includes('*'),
    patterns: read.flatMap(({ host }) => (host === undefined ? [] : [{ host, match: 'domain' as const }])),
    ignored: read.filter(({ entry, host }) => host === undefined && entry !== '*').map(({ entry }) => entry),
  };
}

function hostOf(entry: string): string | undefined {
  if (isIP(entry.replace(/^\[|\]$/g, '')) !== 0 || parseCidr(entry) !== undefined || entry.includes(':'))
    return undefined;
  return canonicalHost(entry.replace(/^\*?\./, ''));
}
