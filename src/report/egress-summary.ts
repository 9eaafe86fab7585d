import type { EgressReport } from './egress.ts';
import { isUsualPort } from '../config/egress-entry.ts';
import type { AllowProposal } from './allow-proposal.ts';
import { code, details, list, nameCell, note, table, type Row } from './markdown.ts';
import { counted, countText } from './numbers.ts';
import type { Harmless, Refusals } from './refusals.ts';
import type { DecidingRule } from './requests.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';
import { CUT_OFF, unreachedText } from './unreached.ts';

/** What a reader has to see of the domains: the list to paste, what was refused, and what nobody could reach. */
export function refusedBlocks(domains: DomainTraffic, { mode, refusals, audited, proposal }: EgressReport): string[] {
  const refusedTitle = mode === 'audit' ? 'Refused, even in an audit' : 'Refused';
  return [
    ...proposalBlocks(mode, proposal, refusals),
    ...table(['Would be refused', 'Requests'], allowableRows(audited, proposal)),
    ...table([refusedTitle, 'Requests'], allowableRows(refusals, proposal)),
    ...unknownNote(refusals, audited, proposal),
    ...table(['No list entry can allow', 'Requests'], [...refusals.closed, ...audited.closed].map(closedRow)),
    ...keylessNotes([...refusals.keyless, ...audited.keyless]),
    ...table(['Allowed, but without an address', 'Requests'], unresolvableRows(domains, true)),
    ...table(['On no list, and without an address', 'Requests'], unresolvableRows(domains, false)),
    ...table(['Allowed, but not reached', 'Requests'], domains.unreachable.map(unreachableRow)),
    ...(domains.isCutOff ? [CUT_OFF] : []),
    ...furtherNote(domains),
    ...unreadNote(domains.unreadableLines, 'Squid'),
  ];
}

/** An audit asks for the address of a name that is on no list, too. */
const unresolvableRows = ({ unresolvable }: DomainTraffic, isListed: boolean): Row[] =>
  unresolvable
    .filter(({ reason }) => (reason === null) === isListed)
    .map(({ domain, requests }) => [nameCell(domain), countText(requests)]);

/** What a reader may want to see: what needs no action, and what was allowed. */
export function networkBlocks(domains: DomainTraffic, egress: EgressReport): string[] {
  const { allowed, unused } = domains;
  const requests = allowed.reduce((sum, one) => sum + one.requests, 0);
  const rows = allowed.map(({ domain, rule, requests: count }): Row => [
    `${nameCell(domain)}${rule === null ? '' : note(`by ${ruleText(rule)}`)}`,
    countText(count),
  ]);
  const title =
    allowed.length === 0
      ? '<b>Network</b>: no request was allowed'
      : `<b>Network</b>: ${counted(allowed.length, 'domain')}, ${counted(requests, 'request')} allowed`;
  return [
    ...harmlessBlocks([...egress.refusals.harmless, ...egress.audited.harmless]),
    ...expectedBlocks([...egress.refusals.expected, ...egress.audited.expected]),
    ...details(title, [
      ...table(['Domain', 'Requests'], rows),
      ...presetBlocks(egress.presets),
      ...unusedBlocks(unused),
    ]),
  ];
}

function presetBlocks(presets: EgressReport['presets']): string[] {
  const items = presets.map(({ name, entries }) => `${code(name)}: ${entries.map(nameCell).join(', ')}`);
  return items.length === 0 ? [] : ['What the presets are on this machine:', ...list(items)];
}

export function unreadNote(count: number, program: string): string[] {
  return count === 0 ? [] : [`⚠️ ${linesText(count)} of ${program}'s log could not be read.`];
}

export function linesText(count: number): string {
  return `${count} line${count === 1 ? '' : 's'}`;
}

/** No name can end the block: it has only letters, digits, hyphens and dots. */
function proposalBlocks(
  mode: EgressReport['mode'],
  proposal: AllowProposal | undefined,
  { allowable }: Refusals,
): string[] {
  if (proposal === undefined) return [];
  const lead =
    mode === 'audit' && allowable.length === 0
      ? 'An audit refuses nothing of this. **To allow it with `egress-policy: block`**, use this list:'
      : '**If the command needs what was refused**, this is the new list:';
  const plain = proposal.lines.filter((line) => /^[ -~]+$/.test(line));
  return [
    lead,
    ['```yaml', 'allow-domains: |', ...plain.map((line) => `  ${line}`), '```'].join('\n'),
    ...(proposal.leftOut === 0
      ? []
      : [`${countText(proposal.leftOut)} more names are in \`policy.json\`, in the logs.`]),
  ];
}

function allowableRows({ allowable }: Refusals, proposal: AllowProposal | undefined): Row[] {
  return allowable.map(({ domain, port, requests }) => {
    const preset = proposal?.covered.get(domain);
    const name = atPort(domain, port);
    return [`${nameCell(name)}${preset === undefined ? ' ❓' : ` (${preset})`}`, countText(requests)];
  });
}

function unknownNote({ allowable }: Refusals, audited: Refusals, proposal: AllowProposal | undefined): string[] {
  const isKnown = ({ domain }: JudgedDomain): boolean => proposal?.covered.has(domain) ?? false;
  if ([...allowable, ...audited.allowable].every(isKnown)) return [];
  return [
    '❓ No preset of AWF has this domain, so its line is commented out. Find out what asked for it before you allow it: a hijacked agent can ask for any name.',
  ];
}

/** In a reader's words: why, and what there is to do. */
export const REASONS: Readonly<Record<string, string>> = {
  'not-listed': 'an entry needs a name with a dot',
  'named-host': 'only the api-proxy answers for it',
  'private-address': 'its address is private: name it in `add-hosts`',
  port: 'its port',
  'http-port': 'HTTP passes at port 80 only',
  address: 'an address: use a name, with `add-hosts` if need be',
  'odd-name': 'no host has such a name',
  'server-name': 'another name inside the tunnel',
  'closed-server-name': 'a closed name inside the tunnel',
  'no-server-name': 'no name inside the tunnel',
  'not-tls': 'no TLS inside the tunnel',
};

const atPort = (domain: string, port: number): string =>
  isUsualPort(port) || domain.includes(':') ? domain : `${domain}:${String(port)}`;

function closedRow({ domain, reason, rule, requests, port }: JudgedDomain): Row {
  const isAddress = /^[0-9.]+$|:/.test(domain);
  const text = reason === 'denied' ? deniedText(rule) : REASONS[isAddress ? 'address' : (reason ?? '')];
  return [`${nameCell(atPort(domain, port))}${text === undefined ? '' : note(text)}`, countText(requests)];
}

const unreachableRow = ({ domain, reason, requests }: JudgedDomain): Row => [
  `${nameCell(domain)}${note(unreachedText(reason))}`,
  countText(requests),
];

const deniedText = (rule: DecidingRule | null): string => `denied${rule === null ? '' : ` by ${ruleText(rule)}`}`;

function keylessNotes(keyless: Refusals['keyless']): string[] {
  return Map.groupBy(keyless, ({ provider }) => provider)
    .entries()
    .map(([{ name, credentials }, hosts]) => {
      const host = hosts[0]?.domain ?? '';
      const input = credentials[0]?.input ?? '';
      return `🔑 ${code(host)} is ${name}'s own host, and this step has no key for it. Set \`${input}\`: AWF then asks the model for the command. A secret is empty in a pull request from a fork.`;
    })
    .toArray();
}

function harmlessBlocks(harmless: readonly Harmless[]): string[] {
  if (harmless.length === 0) return [];
  const programs = [...new Set(harmless.flatMap((one) => one.programs))].sort();
  const who = programs.join(' and ');
  const what = programs.length === 1 ? 'asks for this on its own and works' : 'ask for this on their own and work';
  const count = harmless.length === 1 ? '1 more is' : `${countText(harmless.length)} more are`;
  return details(`${count} harmless: telemetry of ${who}`, [
    ...list(harmless.map((one) => code(one.what))),
    `${who} ${what} without it. There is nothing to do, unless your own command needs it.`,
  ]);
}

function expectedBlocks(expected: readonly string[]): string[] {
  const count = expected.length === 1 ? '1 more was' : `${countText(expected.length)} more were`;
  return details(`${count} expected, by <code>known-blocked</code>`, list(expected.map(code)));
}

function furtherNote({ others }: DomainTraffic): string[] {
  const { allowed, blocked, audited, unresolvable, unreachable } = others;
  if (allowed + blocked + audited + unresolvable + unreachable === 0) return [];
  return [
    `Requests for further names: ${blocked} refused, ${allowed} allowed, ${unresolvable} without an address` +
      (unreachable === 0 ? '' : `, ${unreachable} not reached`) +
      `${audited === 0 ? '' : `, ${audited} that would be refused`}.`,
  ];
}

/** Entries that are named one by one. */
const MAX_UNUSED = 20;

function unusedBlocks(unused: readonly DecidingRule[]): string[] {
  if (unused.length === 0) return [];
  const named = unused.slice(0, MAX_UNUSED).map(ruleText).join(', ');
  const rest = unused.length - MAX_UNUSED;
  return [`Nothing used these entries: ${named}${rest > 0 ? `, and ${String(rest)} more` : ''}.`];
}

const ruleText = ({ entry, from, preset }: DecidingRule): string =>
  `${code(entry)} (${preset === null ? '' : `preset ${code(preset)}, `}${code(from)})`;
