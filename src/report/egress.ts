import type { Config } from '../config/config.ts';
import { covers } from '../shared/host-pattern.ts';
import { writeAnew, type LogDirectories } from '../host/log-directories.ts';
import { allowProposal, type AllowProposal } from './allow-proposal.ts';
import { ruleOf } from './requests.ts';
import { isSideRequest, sideTrafficOf } from './side-traffic.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';
import type { RunUsage } from './usage.ts';

/** What a report says about what the command may reach. */
export interface EgressReport {
  readonly mode: Config['egress']['mode'];
  /** Undefined if there is nothing to add to the list. */
  readonly proposal: AllowProposal | undefined;
  /** Refused names, and requests at named hosts, that nobody expected. */
  readonly unexpected: readonly string[];
}

/**
 * @param presetsOf the presets that cover a host
 */
export function egressReport(
  { egress, knownBlocked }: Pick<Config, 'egress' | 'knownBlocked'>,
  domains: DomainTraffic,
  usage: RunUsage | undefined,
  presetsOf: (host: string) => readonly string[],
): EgressReport {
  const isExpected = (host: string): boolean => knownBlocked.some((pattern) => covers(pattern, host));
  const isKnown = ({ domain }: JudgedDomain): boolean => sideTrafficOf(domain).length > 0 || isExpected(domain);
  const atHosts = (usage?.refused ?? []).filter((one) => !isSideRequest(one) && !isExpected(one.host));
  return {
    mode: egress.mode,
    proposal: allowProposal(egress.allow, withoutKnown(domains, isKnown), presetsOf),
    unexpected: [
      ...domains.blocked.filter((one) => !isKnown(one)).map(({ domain }) => domain),
      ...atHosts.map(({ line }) => line),
    ],
  };
}

function withoutKnown(
  { blocked, audited }: DomainTraffic,
  isKnown: (one: JudgedDomain) => boolean,
): Pick<DomainTraffic, 'blocked' | 'audited'> {
  return { blocked: blocked.filter((one) => !isKnown(one)), audited: audited.filter((one) => !isKnown(one)) };
}

/** The policy of the run and what it did, beside Squid's log. */
export const POLICY_FILE = 'policy.json';

/** Writes `policy.json`. @throws Error when it cannot be written */
export function writePolicy(
  { squid }: Pick<LogDirectories, 'squid'>,
  { egress }: Pick<Config, 'egress'>,
  domains: DomainTraffic,
  { proposal }: EgressReport,
): void {
  writeAnew(squid, POLICY_FILE, {
    mode: egress.mode,
    allow: egress.allow.map(ruleOf),
    deny: egress.deny.map(ruleOf),
    unused: domains.unused,
    refused: domains.blocked,
    audited: domains.audited,
    unresolvable: domains.unresolvable,
    proposal: proposal === undefined ? null : { allowDomains: proposal.lines, leftOut: proposal.leftOut },
  });
}

/** What a log says at its end about refused names: at most one line each, and the entries that would allow them. */
export function egressLines({ mode, proposal }: EgressReport, allowDomains: string): string[] {
  if (proposal === undefined) return [];
  const lead =
    mode === 'audit'
      ? `An allow-list for what this run did, for ${allowDomains} (a # is in front of what AWF does not know: look first):`
      : `If the command needs what was refused, this is the new ${allowDomains} (a # is in front of what AWF does not know: look first):`;
  const rest = proposal.leftOut === 0 ? [] : [`  # ${String(proposal.leftOut)} more names are in policy.json`];
  return [lead, ...proposal.lines.map((line) => `  ${line}`), ...rest];
}
