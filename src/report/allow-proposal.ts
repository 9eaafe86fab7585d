import { parse } from 'tldts';
import type { EgressEntry } from '../config/egress-entry.ts';
import { sideTrafficOf } from './side-traffic.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';

/** What `allow-domains` would have to say so that nothing of the run is refused. */
export interface AllowProposal {
  /** Lines to paste: first those that are there, then the new ones. */
  readonly lines: readonly string[];
  /** New lines that no preset of AWF's vouches for. In {@link lines}, they are comments. */
  readonly unknown: number;
  /** Names beyond the number that is proposed. */
  readonly leftOut: number;
}

/** New lines that are proposed. */
const MAX_LINES = 50;
/** So many hosts of one domain are proposed as the domain. */
const FOLDED_FROM = 3;
/** Reasons that an entry removes. */
const CURABLE = ['not-listed', 'port', 'server-name'];

/**
 * Proposes entries for what was refused, or would have been. Names that no preset covers are commented out: a hijacked command
 * can ask for any name, and a list that is pasted unread must not allow it.
 *
 * @param presetsOf the presets that cover a host
 * @returns undefined if there is nothing to add
 */
export function allowProposal(
  entries: readonly Pick<EgressEntry, 'text' | 'preset'>[],
  { blocked, audited }: Pick<DomainTraffic, 'blocked' | 'audited'>,
  presetsOf: (host: string) => readonly string[],
): AllowProposal | undefined {
  const wanted = [...audited, ...blocked].filter(isProposable);
  const presets = new Set<string>();
  const unknown = wanted.filter(({ domain, port }) => {
    const [preset] = port === 443 || port === 80 ? presetsOf(domain) : [];
    if (preset !== undefined) presets.add(preset);
    return preset === undefined;
  });
  const folded = folds(unknown).map((line) => `# ${line}`);
  const added = [...[...presets].sort(), ...folded];
  if (added.length === 0) return undefined;
  const shown = added.slice(0, MAX_LINES);
  return {
    lines: [...new Set(entries.map(({ text, preset }) => preset ?? text)), ...shown],
    unknown: shown.filter((line) => line.startsWith('#')).length,
    leftOut: added.length - shown.length,
  };
}

/** The names that need a look before somebody allows them are those that the command can choose. */
function isProposable({ domain, reason }: JudgedDomain): boolean {
  return (
    CURABLE.includes(reason ?? '') &&
    /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(domain) &&
    !/^[0-9.]+$/.test(domain) &&
    sideTrafficOf(domain).length === 0
  );
}

/** The entries for the names, several of one domain as the domain. */
function folds(names: readonly JudgedDomain[]): string[] {
  const ofDomain = Map.groupBy(names, ({ domain, port }) =>
    port === 443 || port === 80 ? (parse(domain, { allowPrivateDomains: true }).domain ?? domain) : domain,
  );
  return [...ofDomain].flatMap(([domain, members]) =>
    new Set(members.map((member) => member.domain)).size >= FOLDED_FROM ? [domain] : members.map(entryFor),
  );
}

const entryFor = ({ domain, port }: JudgedDomain): string =>
  port === 443 || port === 80 ? domain : `https://${domain}:${String(port)}`;
