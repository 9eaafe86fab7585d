import type { PresetFinder } from '../config/egress-build.ts';
import { parse } from 'tldts';
import { asciiText, isUsualPort, type EgressEntry } from '../config/egress-entry.ts';
import { suffixProblem } from '../config/public-suffix.ts';
import type { JudgedDomain } from './traffic.ts';

/** What `allow-domains` would have to say so that nothing of the run is refused. */
export interface AllowProposal {
  /** Lines to paste: first those that are there, then the new ones. */
  readonly lines: readonly string[];
  /** The new ones. */
  readonly added: readonly string[];
  /** New lines that no preset of AWF's vouches for. In {@link lines}, they are comments. */
  readonly unknown: number;
  /** Names beyond the number that is proposed. */
  readonly leftOut: number;
  /** The presets of the names that one vouches for. */
  readonly covered: ReadonlyMap<string, string>;
}

/** New lines that are proposed. */
const MAX_LINES = 50;
/** What a line to paste is made of. A name with an underscore is not proposed: no registered domain has one. */
const PLAIN = /^[a-z0-9.:/=-]+$/;
/** So many hosts of one domain are proposed as the domain. */
const FOLDED_FROM = 3;
/** Reasons that an entry removes. */
const CURABLE = ['not-listed', 'port', 'server-name'];

/**
 * Proposes entries for what was refused, or would have been. Names that no preset covers are commented out: a hijacked command
 * can ask for any name, and a list that is pasted unread must not allow it.
 *
 * @param wanted names that are {@link isAllowable}
 * @param presetsOf the presets that allow a host at a port
 * @returns undefined if there is nothing to add
 */
export function allowProposal(
  entries: readonly EgressEntry[],
  wanted: readonly JudgedDomain[],
  presetsOf: PresetFinder,
): AllowProposal | undefined {
  const covered = new Map<string, string>();
  const unknown = wanted.filter(({ domain, port }) => {
    const [preset] = presetsOf(domain, port);
    if (preset !== undefined) covered.set(domain, preset);
    return preset === undefined;
  });
  const folded = folds(unknown);
  const plain = folded.filter((line) => PLAIN.test(line)).map((line) => `# ${line}`);
  const added = [...[...new Set(covered.values())].sort(), ...plain];
  if (added.length === 0) return undefined;
  const shown = added.slice(0, MAX_LINES);
  return {
    lines: [...new Set(entries.map((entry) => entry.preset ?? asciiText(entry))), ...shown],
    added: shown,
    unknown: shown.filter((line) => line.startsWith('#')).length,
    leftOut: added.length - shown.length + folded.length - plain.length,
    covered,
  };
}

/** True for a name that an entry would allow. An address has none, and neither has a name of other characters. */
export function isAllowable({ domain, reason }: Pick<JudgedDomain, 'domain' | 'reason'>): boolean {
  return CURABLE.includes(reason ?? '') && /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(domain) && !/^[0-9.]+$/.test(domain);
}

/** The entries for the names, several of one domain as the domain, unless that opens names of others too. */
function folds(names: readonly JudgedDomain[]): string[] {
  const ofDomain = Map.groupBy(names, ({ domain, port }) =>
    isUsualPort(port) ? (parse(domain, { allowPrivateDomains: true }).domain ?? domain) : `${domain}:${String(port)}`,
  );
  const isFolded = (domain: string, members: readonly JudgedDomain[]): boolean =>
    new Set(members.map((member) => member.domain)).size >= FOLDED_FROM && suffixProblem(domain, '') === undefined;
  return [...ofDomain].flatMap(([domain, members]) => (isFolded(domain, members) ? [domain] : members.map(entryFor)));
}

/** A host that is or has a public suffix stands for itself alone. */
function entryFor({ domain, port }: JudgedDomain): string {
  const name = suffixProblem(domain, '') === undefined ? domain : `=${domain}`;
  return isUsualPort(port) ? name : `https://${name}:${String(port)}`;
}
