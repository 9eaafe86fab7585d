import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { printable } from '../host/file-names.ts';
import type { AddedLine } from '../report/allow-proposal.ts';
import { REASONS } from '../report/egress-summary.ts';
import type { EgressReport } from '../report/egress.ts';
import type { RefusedRequest } from '../report/hosts.ts';
import { isSideRequest, sideTrafficOf } from '../report/side-traffic.ts';
import type { DomainTraffic, JudgedDomain } from '../report/traffic.ts';
import type { RunUsage } from '../report/usage.ts';
import { covers } from '../shared/host-pattern.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { counted, listed } from './amounts.ts';
import type { Annotation } from './outcome.ts';
import type { Group } from './policy.ts';
import { rowLines } from './rows.ts';
import type { Paint } from './paint.ts';

/** Names, and lines to add, that the log has. The command can ask for any number of names. */
const MOST = 20;

/** What was refused or could not be reached, sorted by what a reader does about it. */
export interface Refusals {
  /** The lines to add, with the names that they are for. */
  readonly added: readonly AddedLine[];
  /** Lines beyond those. */
  readonly leftOut: number;
  /** No entry would allow them. */
  readonly others: readonly JudgedDomain[];
  /** Hosts of providers without a key: a key is what the command needs. */
  readonly keyless: readonly JudgedDomain[];
  /** Side traffic of the programs of providers that have a key. */
  readonly side: readonly JudgedDomain[];
  /** Those that `known-blocked` has. */
  readonly expected: readonly JudgedDomain[];
  /** Requests for names that are not counted one by one. */
  readonly further: number;
  readonly unresolvable: readonly JudgedDomain[];
  /** Requests at named hosts that no rule allows. */
  readonly atHosts: readonly RefusedRequest[];
}

/** Sorts what was refused. */
export function refusalsOf(
  { providers, knownBlocked }: Pick<Config, 'providers' | 'knownBlocked'>,
  { blocked, audited, unresolvable, others }: DomainTraffic,
  egress: EgressReport | undefined,
  usage: RunUsage | undefined,
): Refusals {
  const { added = [], leftOut = 0 } = egress?.proposal ?? {};
  const proposed = new Set(added.flatMap(({ domains }) => domains.map(({ domain }) => domain)));
  const keys = providers.map(({ provider }) => provider.name);
  const kindOf = ({ domain }: JudgedDomain): 'added' | 'expected' | 'side' | 'keyless' | 'others' => {
    if (knownBlocked.some((pattern) => covers(pattern, domain))) return 'expected';
    const makers = sideTrafficOf(domain);
    if (makers.some((name) => keys.includes(name))) return 'side';
    if (proposed.has(domain)) return 'added';
    return makers.length > 0 ? 'keyless' : 'others';
  };
  const kinds = Map.groupBy([...blocked, ...audited], kindOf);
  return {
    ...{ added, leftOut, unresolvable },
    others: kinds.get('others') ?? [],
    keyless: kinds.get('keyless') ?? [],
    side: kinds.get('side') ?? [],
    expected: kinds.get('expected') ?? [],
    further: others.blocked + others.audited,
    atHosts: (usage?.refused ?? []).filter(
      (one) => !isSideRequest(one) && !knownBlocked.some((pattern) => covers(pattern, one.host)),
    ),
  };
}

/** Names that a reader has to think about. */
function counting({ added, others, keyless }: Refusals): JudgedDomain[] {
  return [...added.flatMap(({ domains }) => domains), ...keyless, ...others];
}

/** The end of a log: what was refused, and what to do about it. Empty if nothing was. Each block begins a message. */
export function refusalBlocks(config: Config, refusals: Refusals, paint: Paint): string[][] {
  return [
    ...domainBlocks(config, refusals, paint),
    ...hostBlocks(config, refusals.atHosts, paint),
    ...(refusals.unresolvable.length === 0
      ? []
      : [
          [
            `${paint.note('⚠')} allowed, but without an address: ${namesText(refusals.unresolvable)}. Check the spelling.`,
          ],
        ]),
  ];
}

function domainBlocks(config: Config, refusals: Refusals, paint: Paint): string[][] {
  const { added, leftOut, others, keyless, side, expected, further } = refusals;
  const domains = counting(refusals);
  const notes = [
    ...(leftOut === 0 ? [] : [`${String(leftOut)} more lines are in policy.json, in the logs.`]),
    ...others.slice(0, MOST).map((one) => `${nameOf(one)}: ${whyText(one)}. No entry allows that.`),
    ...(others.length > MOST ? [`${String(others.length - MOST)} more names are in Squid's log.`] : []),
    ...keylessNotes(config, keyless),
    ...(further === 0 ? [] : [`${counted(further, 'more request')} went to further names; they are in Squid's log.`]),
    ...sideNotes(side),
    ...(expected.length === 0
      ? []
      : [`Expected (${optionName(config.frontEnd, 'known-blocked')}): ${namesText(expected)}.`]),
  ];
  if (domains.length + notes.length === 0) return [];
  const isAudit = config.egress.mode === 'audit';
  const verb = isAudit ? 'would be refused without the audit' : domains.length === 1 ? 'was refused' : 'were refused';
  const option = optionName(config.frontEnd, 'allow-domains');
  const ask =
    added.length === 0 ? '' : ` If the command needs ${domains.length === 1 ? 'it' : 'them'}, add to ${option}:`;
  const lead =
    domains.length === 0
      ? 'Nothing that counts was refused.'
      : `${paint.bad('⛔')} ${counted(domains.length, 'domain')} ${verb}.${ask}`;
  return [[lead, ...addedLines(added).map((line) => `    ${line}`), ...notes.map((note) => `  ${note}`)]];
}

/** Lines to paste. Behind the entry, a comment says what it is for. */
function addedLines(added: readonly AddedLine[]): string[] {
  const shown = added.slice(0, MOST);
  const width = Math.max(0, ...shown.map(({ line }) => line.length)) + 2;
  const lines = shown.map(({ line, domains }) => {
    const requests = counted(
      domains.reduce((sum, one) => sum + one.requests, 0),
      'request',
    );
    const what = line.startsWith('#')
      ? `${requests}, unknown to AWF: look first`
      : `${namesText(domains)}, ${requests}`;
    return `${line.padEnd(width)}# ${what}`;
  });
  return added.length > MOST ? [...lines, `# ${String(added.length - MOST)} more lines are in policy.json`] : lines;
}

function keylessNotes({ frontEnd }: Config, keyless: readonly JudgedDomain[]): string[] {
  return keyless.slice(0, MOST).map((one) => {
    const provider = PROVIDERS.find(
      ({ sideTraffic, name }) => sideTraffic.includes(one.domain) && sideTrafficOf(one.domain).includes(name),
    );
    const credential = provider?.credentials[0];
    const key = frontEnd === 'action' ? credential?.input : credential?.variable;
    return `${nameOf(one)}: ${provider?.program.name ?? ''} asks for it. For ${provider?.name ?? ''}'s models, give ${key ?? ''} instead.`;
  });
}

/** Without this, a reader would suspect an attack. */
function sideNotes(side: readonly JudgedDomain[]): string[] {
  return PROVIDERS.flatMap(({ name, program }) => {
    const own = side.filter(({ domain }) => sideTrafficOf(domain)[0] === name);
    return own.length === 0
      ? []
      : [`Harmless: ${namesText(own)}, side traffic of ${program.name}, which works without.`];
  });
}

function hostBlocks({ frontEnd }: Config, refused: readonly RefusedRequest[], paint: Paint): string[][] {
  return (['host-rules', 'allow-endpoints'] as const).flatMap((option) => {
    const own = refused.filter((one) => one.option === option);
    if (own.length === 0) return [];
    const requests = counted(
      own.reduce((sum, one) => sum + one.requests, 0),
      'request',
    );
    return [
      [
        `${paint.bad('⛔')} ${requests} had no rule and got 403. If the command needs that, add to ${optionName(frontEnd, option)}:`,
        ...own.slice(0, MOST).map(({ line }) => `    ${printable(line)}`),
        ...(own.length > MOST ? [`    # ${String(own.length - MOST)} more are in the api-proxy's log`] : []),
      ],
    ];
  });
}

const nameOf = ({ domain }: JudgedDomain): string => printable(domain);

const namesText = (names: readonly JudgedDomain[]): string => listed([...new Set(names.map(nameOf))], MOST);

function whyText({ reason, rule, requests }: JudgedDomain): string {
  const why =
    reason === 'denied' && rule !== null ? `denied by "${printable(rule.entry)}"` : (REASONS[reason ?? ''] ?? reason);
  return `${counted(requests, 'request')}, refused because of ${why ?? 'Squid'}`;
}

/** The message about refused names that is shown apart from the log; undefined if there are none that count. */
export function refusedAnnotation({ frontEnd }: Pick<Config, 'frontEnd'>, refusals: Refusals): Annotation | undefined {
  const names = [...new Set(counting(refusals).map(nameOf))];
  if (names.length === 0) return undefined;
  const option = optionName(frontEnd, 'allow-domains');
  return {
    title: `AWF refused ${counted(names.length, 'domain')}`,
    text: `${listed(names, 10)}. The job summary has the new ${option}.`,
  };
}

/** What the command reached; undefined if that was nothing. */
export function reachedGroup({ allowed, others }: DomainTraffic): Group | undefined {
  if (allowed.length === 0) return undefined;
  const requests = allowed.reduce((sum, one) => sum + one.requests, others.allowed);
  const rows = allowed.slice(0, 50).map(({ domain, requests: own, rule }) => {
    const by = rule === null ? '' : `, by ${printable(rule.preset ?? rule.entry)} (${printable(rule.from)})`;
    return [printable(domain), `${counted(own, 'request')}${by}`] as const;
  });
  const rest = allowed.length - rows.length;
  return {
    title: `reached ${counted(allowed.length, 'domain')} with ${counted(requests, 'request')}`,
    lines: [...rowLines(rows), ...(rest > 0 ? [`${String(rest)} more domains are in Squid's log.`] : [])],
  };
}
