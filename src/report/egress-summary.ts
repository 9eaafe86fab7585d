import type { EgressReport } from './egress.ts';
import { code, table } from './markdown.ts';
import type { DecidingRule } from './requests.ts';
import { sideTrafficOf } from './side-traffic.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';

/** The domains of a run as Markdown: what became of each and why, what to add, and what nothing used. */
export function domainBlocks(domains: DomainTraffic, egress: EgressReport | undefined): string[] {
  const { others, unused, unreadableLines } = domains;
  const further = others.allowed + others.blocked + others.audited + others.unresolvable;
  return [
    ...(egress === undefined ? [] : proposalBlocks(egress)),
    table(['Domain', 'Verdict', 'Requests'], domainRows(domains), 'No request left the sandbox.'),
    ...(further === 0
      ? []
      : [
          `Requests for further names: ${others.blocked} refused, ${others.allowed} allowed, ` +
            `${others.unresolvable} without an address` +
            `${others.audited === 0 ? '' : `, ${String(others.audited)} that would be refused`}.`,
        ]),
    ...unusedBlocks(unused),
    ...unreadNote(unreadableLines, 'Squid'),
  ];
}

function domainRows({ allowed, blocked, audited, unresolvable }: DomainTraffic): string[][] {
  const row = ({ domain, requests }: JudgedDomain, text: string): string[] => [code(domain), text, String(requests)];
  return [
    ...blocked.map((one) => row(one, `⛔ refused${becauseOf(one)}${knownAs(one.domain)}`)),
    ...audited.map((one) => row(one, `🔎 would be refused${becauseOf(one)}${knownAs(one.domain)}`)),
    ...unresolvable.map((one) => row(one, '⚠️ allowed, but the name has no address')),
    ...allowed.map((one) => row(one, `✅ allowed${one.rule === null ? '' : ` by ${ruleText(one.rule)}`}`)),
  ];
}

export function unreadNote(count: number, program: string): string[] {
  return count === 0 ? [] : [`⚠️ ${linesText(count)} of ${program}'s log could not be read.`];
}

export function linesText(count: number): string {
  return `${count} line${count === 1 ? '' : 's'}`;
}

/** No name can end the block: it has only letters, digits, hyphens and dots. */
function proposalBlocks({ mode, proposal }: EgressReport): string[] {
  if (proposal === undefined) return [];
  const { lines, unknown, leftOut } = proposal;
  const lead =
    mode === 'audit'
      ? 'An audit refuses nothing of this. **To allow it with `egress-policy: block`**, this is the new list:'
      : '**If the command needs what was refused**, this is the new list:';
  const plain = lines.filter((line) => /^[ -~]+$/.test(line));
  return [
    [lead, '', '```yaml', 'allow-domains: |', ...plain.map((line) => `  ${line}`), '```'].join('\n'),
    ...(unknown === 0
      ? []
      : [
          'AWF does not know the names that are commented out. Find out what asked for them first: a hijacked command can ask for any name.',
        ]),
    ...(leftOut === 0 ? [] : [`${String(leftOut)} more names are in \`policy.json\`, in the logs.`]),
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

/** In a reader's words; `not-listed` needs none. */
const REASONS: Readonly<Record<string, string>> = {
  'named-host': 'only the api-proxy answers for it',
  'private-address': 'its address is private',
  port: 'its port',
  address: 'an address instead of a name',
  'odd-name': 'no host has such a name',
  'server-name': 'another name inside the tunnel',
  'closed-server-name': 'a closed name inside the tunnel',
  'no-server-name': 'no name inside the tunnel',
  'not-tls': 'no TLS inside the tunnel',
};

function becauseOf({ reason, rule }: JudgedDomain): string {
  if (reason === 'denied') return rule === null ? ' (denied)' : ` (denied by ${ruleText(rule)})`;
  const text = REASONS[reason ?? ''];
  return text === undefined ? '' : ` (${text})`;
}

/** Agent programs contact their makers' hosts and work without them. The note keeps readers from suspecting an attack. */
function knownAs(domain: string): string {
  const known = sideTrafficOf(domain);
  return known.length === 0 ? '' : ` (usual side traffic of ${known.join(' and ')} programs)`;
}
