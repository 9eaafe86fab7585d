import type { Config } from '../config/config.ts';
import type { NetworkConfig } from '../config/network.ts';
import { optionName, settingText } from '../config/options.ts';
import type { FrontEndKind } from '../config/source.ts';
import { printableText } from '../host/file-names.ts';
import { isUsualPort } from '../config/egress-entry.ts';
import type { AllowProposal } from '../report/allow-proposal.ts';
import { REASONS } from '../report/egress-summary.ts';
import type { EgressReport } from '../report/egress.ts';
import type { RefusedRequest } from '../report/hosts.ts';
import { counted } from '../report/numbers.ts';
import { unexpectedOf, type Refusals } from '../report/refusals.ts';
import type { DomainTraffic, JudgedDomain } from '../report/traffic.ts';
import { CUT_OFF, isRefusedByProxy, isWrongCredential, unreachedText } from '../report/unreached.ts';
import { listed } from './amounts.ts';
import type { Annotation } from './outcome.ts';
import type { Paint } from './paint.ts';
import type { Group } from './policy.ts';
import { rowLines } from './rows.ts';

/** Names and lines that the log has of a kind. The command can ask for any number of names. */
const MOST = 20;

/**
 * The end of a log: what was refused or could not be reached, and what to do about it.
 *
 * @returns blocks of lines, each of which is a message; none if there is nothing to tell
 */
export function refusalBlocks(
  config: Config,
  domains: DomainTraffic,
  { mode, refusals, audited, proposal }: EgressReport,
  paint: Paint,
): string[][] {
  const both = joined(refusals, audited);
  const names = namesOf(both);
  const notes = [
    ...both.closed.slice(0, MOST).map((one) => `${nameOf(one)}: ${whyText(one)}`),
    ...(both.closed.length > MOST ? [`${String(both.closed.length - MOST)} more names are in Squid's log.`] : []),
    ...keylessNotes(config, both.keyless),
    ...furtherNotes(domains),
    ...harmlessNotes(both.harmless),
    ...(both.expected.length === 0
      ? []
      : [`${optionName(config.frontEnd, 'known-blocked')} expects ${namesText(both.expected)}.`]),
  ];
  const lead = leadText(config, [names.length, nounFor(names)], mode === 'audit', proposal, paint);
  return [
    ...(names.length + notes.length === 0
      ? []
      : [[lead, ...addedLines(both.allowable, proposal), ...notes.map((note) => `  ${note}`)]]),
    ...hostBlocks(config, both.atHosts, paint),
    ...unresolvableBlocks(config, domains.unresolvable, paint),
    ...unreachableBlocks(config, domains.unreachable, paint),
    ...(domains.isCutOff ? [[`${paint.note('⚠')} ${CUT_OFF}`]] : []),
  ];
}

function joined(refusals: Refusals, audited: Refusals): Refusals {
  return {
    allowable: [...refusals.allowable, ...audited.allowable],
    closed: [...refusals.closed, ...audited.closed],
    keyless: [...refusals.keyless, ...audited.keyless],
    atHosts: [...refusals.atHosts, ...audited.atHosts],
    harmless: [...refusals.harmless, ...audited.harmless],
    expected: [...refusals.expected, ...audited.expected],
  };
}

/** An address is no domain. */
const isAddress = (name: string): boolean => /^[0-9.]+$|:/.test(name);
const nounFor = (names: readonly string[]): string => (names.some(isAddress) ? 'destination' : 'domain');

/** The names that a reader has to think about. */
const namesOf = (refusals: Refusals): string[] => [...new Set(unexpectedOf({ ...refusals, atHosts: [] }))];

function leadText(
  { frontEnd }: Config,
  [count, noun]: readonly [number, string],
  isAudit: boolean,
  proposal: AllowProposal | undefined,
  paint: Paint,
): string {
  if (count === 0) return 'Nothing was refused that the command needs:';
  const verb = isAudit ? 'on no list' : 'refused';
  const add = `add to ${optionName(frontEnd, 'allow-domains')}:`;
  const ask = isAudit
    ? `With ${settingText(frontEnd, 'egress-policy', 'block')}, ${add}`
    : `If the command needs ${count === 1 ? 'it' : 'them'}, ${add}`;
  const lead = `${paint.bad('⛔')} ${counted(count, noun)} ${count === 1 ? 'was' : 'were'} ${verb}.`;
  return proposal === undefined ? lead : `${lead} ${ask}`;
}

/** Lines to paste. Behind the entry, a comment says what it is for. */
function addedLines(allowable: readonly JudgedDomain[], proposal: AllowProposal | undefined): string[] {
  if (proposal === undefined) return [];
  const { added, covered, leftOut } = proposal;
  const shown = added.slice(0, MOST);
  const width = Math.max(...shown.map((line) => line.length)) + 2;
  const rest = added.length - shown.length + leftOut;
  return [
    ...shown.map((line) => `    ${line.padEnd(width)}# ${purposeOf(line, allowable, covered)}`),
    ...(rest > 0 ? [`    # ${String(rest)} more are in policy.json, in the logs`] : []),
  ];
}

function purposeOf(line: string, allowable: readonly JudgedDomain[], covered: AllowProposal['covered']): string {
  const entry = line.replace(/^# (?:https:\/\/)?=?|:\d+$/g, '');
  const entryPort = /:(\d+)$/.exec(line)?.[1];
  const isUnknown = line.startsWith('#');
  const isAtPort = (port: number): boolean => (isUsualPort(port) ? undefined : String(port)) === entryPort;
  const meant = allowable.filter(({ domain, port }) =>
    isUnknown
      ? isAtPort(port) &&
        (domain === entry || ((!covered.has(domain) || !isUsualPort(port)) && domain.endsWith(`.${entry}`)))
      : covered.get(domain) === line,
  );
  const requests = counted(sumOf(meant), 'request');
  if (isUnknown) return `${requests}, unknown to AWF: look first`;
  return `${namesText(meant.map(({ domain }) => domain))}, ${requests}`;
}

const sumOf = (list: readonly { readonly requests: number }[]): number =>
  list.reduce((sum, { requests }) => sum + requests, 0);

function whyText({ domain, reason, rule, requests }: JudgedDomain): string {
  const known = REASONS[isAddress(domain) ? 'address' : (reason ?? '')]?.replaceAll('`', '');
  const by = rule === null ? '' : ` by "${printableText(rule.entry)}"`;
  const why = reason === 'denied' ? `denied${by}` : (known ?? 'no entry allows it');
  return `${counted(requests, 'request')}; ${why}`;
}

/** Nobody has to allow a model's own host. */
function keylessNotes({ frontEnd }: Config, keyless: Refusals['keyless']): string[] {
  return keyless.slice(0, MOST).map(({ domain, provider: { name, credentials } }) => {
    const key = frontEnd === 'action' ? credentials[0]?.input : credentials[0]?.variable;
    return `${printableText(domain)} is ${name}'s own host. Do not allow it: set ${key ?? ''}, and AWF asks the model for the command.`;
  });
}

function furtherNotes({ others }: DomainTraffic): string[] {
  const further = others.blocked + others.audited + others.unresolvable + others.unreachable;
  return further === 0 ? [] : [`${counted(further, 'more request')} went to other names; they are in Squid's log.`];
}

/** Without this, a reader would suspect an attack. */
function harmlessNotes(harmless: Refusals['harmless']): string[] {
  return Map.groupBy(harmless, ({ programs }) => programs.join(' and '))
    .entries()
    .map(([programs, list]) => {
      const names = namesText(list.map(({ what }) => what));
      return `Side traffic of ${programs}, which works without: ${names}.`;
    })
    .toArray();
}

function hostBlocks({ frontEnd }: Config, refused: readonly RefusedRequest[], paint: Paint): string[][] {
  return (['host-rules', 'allow-endpoints'] as const).flatMap((option) => {
    const own = refused.filter((one) => one.option === option);
    if (own.length === 0) return [];
    const add = `If the command needs that, add to ${optionName(frontEnd, option)}:`;
    return [
      [
        `${paint.bad('⛔')} ${counted(sumOf(own), 'request')} had no rule and got 403. ${add}`,
        ...own.slice(0, MOST).map(({ line }) => `    ${printableText(line)}`),
        ...(own.length > MOST ? [`    # ${String(own.length - MOST)} more are in the api-proxy's log`] : []),
      ],
    ];
  });
}

/** An audit asks for the address of a name that is on no list, too. */
function unresolvableBlocks({ frontEnd }: Config, unresolvable: readonly JudgedDomain[], paint: Paint): string[][] {
  const option = optionName(frontEnd, 'dns-servers');
  const [listed, others] = [true, false].map((isListed) =>
    unresolvable.filter((one) => (one.reason === null) === isListed),
  );
  const block = (lead: string, list: readonly JudgedDomain[] = []): string[][] => {
    const names = namesText(list.map(({ domain }) => domain));
    return list.length === 0
      ? []
      : [
          [
            `${paint.note('⚠')} ${lead}: ${names}. Check the spelling, and the DNS of this machine. ${option} names another server.`,
          ],
        ];
  };
  return [...block('Allowed, but without an address', listed), ...block('On no list, and without an address', others)];
}

/** What nobody answered for, or the network's own proxy kept from the run. A command often only sees that TLS was cut. */
function unreachableBlocks(
  { frontEnd, network }: Config,
  unreachable: readonly JudgedDomain[],
  paint: Paint,
): string[][] {
  return [...Map.groupBy(unreachable, ({ reason }) => reason)].map(([reason, list]) => {
    const names = namesText(list.map(({ domain }) => domain));
    const why = `${unreachedText(reason)}. ${unreachableRemedy(frontEnd, network, reason)}`;
    return [`${paint.note('⚠')} Allowed, but not reached: ${names}. Why: ${why}`];
  });
}

function unreachableRemedy(frontEnd: FrontEndKind, { upstreamProxy }: NetworkConfig, reason: string | null): string {
  if (upstreamProxy === undefined) return 'Check the host.';
  const { origin, isSecure } = upstreamProxy;
  if (isWrongCredential(reason)) return `Check the user name and the password in ${origin}.`;
  if (isRefusedByProxy(reason)) return `Ask whoever runs the proxy of ${origin}.`;
  const certificate = `Its certificate must be for its name, and from an authority that this machine or ${optionName(frontEnd, 'upstream-ca')} trusts.`;
  return [`Check the host, and the proxy of ${origin}.`, ...(isSecure ? [certificate] : [])].join(' ');
}

const nameOf = ({ domain }: JudgedDomain): string => printableText(domain);

const namesText = (names: readonly string[]): string => listed([...new Set(names.map(printableText))], MOST);

/** The message about refused names that is shown apart from the log; undefined if there are none that count. */
export function refusedAnnotation({ refusals }: EgressReport): Annotation | undefined {
  const names = namesOf(refusals).map(printableText);
  if (names.length === 0) return undefined;
  const more = 'The end of the log and the job summary say what to add.';
  return { title: `AWF refused ${counted(names.length, nounFor(names))}`, text: `${listed(names, 10)}. ${more}` };
}

/** What the command reached, and which entries nothing used; undefined if there is neither. */
export function reachedGroup({ allowed, others, unused }: DomainTraffic): Group | undefined {
  const left = unusedLines(allowed, unused);
  if (allowed.length + left.length === 0) return undefined;
  const rows = allowed.slice(0, 50).map(({ domain, requests, rule }) => {
    const by = rule === null ? '' : `, by ${printableText(rule.preset ?? rule.entry)} (${printableText(rule.from)})`;
    return [printableText(domain), `${counted(requests, 'request')}${by}`] as const;
  });
  const rest = allowed.length - rows.length;
  const requests = counted(sumOf(allowed) + others.allowed, 'request');
  return {
    title: allowed.length === 0 ? 'reached no domain' : `reached ${counted(allowed.length, 'domain')} with ${requests}`,
    lines: [...rowLines(rows), ...(rest > 0 ? [`${String(rest)} more domains are in Squid's log.`] : []), ...left],
  };
}

/** Entries that could go. A preset could if nothing used any of its entries; the summary has each of them. */
function unusedLines(allowed: readonly JudgedDomain[], unused: DomainTraffic['unused']): string[] {
  const used = new Set(allowed.map(({ rule }) => rule?.preset));
  const idle = unused.filter(({ preset }) => preset === null || !used.has(preset));
  const names = [
    ...new Set(idle.map(({ entry, preset, from }) => `${printableText(preset ?? entry)} (${printableText(from)})`)),
  ];
  if (names.length === 0) return [];
  const rest = names.length - MOST;
  return [`Nothing used ${names.slice(0, MOST).join(', ')}${rest > 0 ? `, and ${String(rest)} more` : ''}.`];
}
