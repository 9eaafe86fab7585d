import type { Config } from '../config/config.ts';
import { writeAnew, type LogDirectories } from '../host/log-directories.ts';
import { allowProposal, type AllowProposal } from './allow-proposal.ts';
import { ruleOf } from './requests.ts';
import { refusalsOf, unexpectedOf, type Refusals } from './refusals.ts';
import type { DomainTraffic, JudgedDomain } from './traffic.ts';
import type { RunUsage } from './usage.ts';

/** What a report says about what the command may reach. */
export interface EgressReport {
  readonly mode: Config['egress']['mode'];
  /** Undefined if there is nothing to add to the list. */
  readonly proposal: AllowProposal | undefined;
  /** What was refused, by what there is to do about it. */
  readonly refusals: Refusals;
  /** What would have been refused, had this been no audit. */
  readonly audited: Refusals;
  /** Refused names, and requests at named hosts, that nobody expected. */
  readonly unexpected: readonly string[];
}

/**
 * @param presetsOf the presets that cover a host
 */
export function egressReport(
  config: Pick<Config, 'egress' | 'knownBlocked' | 'providers'>,
  domains: DomainTraffic,
  usage: RunUsage | undefined,
  presetsOf: (host: string) => readonly string[],
): EgressReport {
  const refusals = refusalsOf(config, domains.blocked, usage?.refused ?? []);
  const audited = refusalsOf(config, domains.audited, []);
  const { mode, allow } = config.egress;
  return {
    ...{ mode, refusals, audited },
    proposal: allowProposal(allow, [...audited.allowable, ...refusals.allowable], presetsOf),
    unexpected: unexpectedOf(refusals),
  };
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
    refused: domains.blocked.map(withoutTime),
    audited: domains.audited.map(withoutTime),
    unresolvable: domains.unresolvable.map(withoutTime),
    proposal: proposal === undefined ? null : { allowDomains: proposal.lines, leftOut: proposal.leftOut },
  });
}

/** `access.jsonl` has the time of every request. */
const withoutTime = ({ domain, requests, rule, reason, port }: JudgedDomain): Omit<JudgedDomain, 'firstAt'> => ({
  ...{ domain, requests, rule, reason, port },
});

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
