import { parse } from 'tldts';
import { SUFFIX_PARENTS } from './suffix-parents.ts';

let parents: ReadonlyMap<string, string> | undefined;

/** By name: a public suffix below it. */
function suffixBelow(host: string): string | undefined {
  parents ??= new Map(
    SUFFIX_PARENTS.trim()
      .split(/\s+/)
      .map((pair): [string, string] => {
        const [below = '', name = ''] = pair.split('|');
        return [name, `${below}.${name}`];
      }),
  );
  return parents.get(host);
}

/**
 * Whether an entry covers names that anybody can have: everything below a public suffix. Private ones count too, because a
 * hijacked agent can have a name there like everybody else.
 *
 * @param kind `=` for the host alone, `*.` for its subdomains, or nothing for both
 * @returns what is wrong, and what to write instead
 */
export function suffixProblem(host: string, kind: string): [problem: string, hint: string] | undefined {
  const { publicSuffix, isIcann } = parse(host, { allowPrivateDomains: true });
  const insist = `If you mean all of them, strangers' included, write "${kind}${host}!".`;
  const own = `Name the domain itself: "example.${host}". ${insist}`;
  if (publicSuffix === host && isIcann === true) return ['is a public suffix, under which anybody can register', own];
  if (!host.includes('.')) return kind === '*.' ? ['is a whole top-level domain', own] : undefined;
  // The service's own host is nobody else's.
  if (kind === '=') return undefined;
  if (publicSuffix === host) return ['is a public suffix, under which anybody can have a name', own];
  const below = suffixBelow(host);
  if (below === undefined) return undefined;
  return [
    `covers ${below}, a public suffix, under which anybody can have a name`,
    `Name what you need of it: "=${host}" or "example.${host}". ${insist}`,
  ];
}
