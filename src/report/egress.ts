import type { PresetFinder } from '../config/egress-build.ts';
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
  /** What each preset on the list became on this machine. */
  readonly presets: readonly { readonly name: string; readonly entries: readonly string[] }[];
  /** Refused names, and requests at named hosts, that nobody expected. */
  readonly unexpected: readonly string[];
}

/**
 * @param presetsOf the presets that allow a host at a port
 */
export function egressReport(
  config: Pick<Config, 'egress' | 'knownBlocked' | 'providers'>,
  domains: DomainTraffic,
  usage: RunUsage | undefined,
  presetsOf: PresetFinder,
): EgressReport {
  const refusals = refusalsOf(config, domains.blocked, usage?.refused ?? []);
  const audited = refusalsOf(config, domains.audited, []);
  const { mode, allow } = config.egress;
  return {
    ...{ mode, refusals, audited },
    proposal: allowProposal(allow, [...audited.allowable, ...refusals.allowable], presetsOf),
    presets: presetsIn(allow),
    unexpected: unexpectedOf(refusals),
  };
}

function presetsIn(allow: Config['egress']['allow']): EgressReport['presets'] {
  const byPreset = Map.groupBy(allow, ({ preset }) => preset);
  return [...byPreset].flatMap(([name, entries]) =>
    name === undefined ? [] : [{ name, entries: entries.map(({ text }) => text) }],
  );
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
    unreachable: domains.unreachable.map(withoutTime),
    proposal: proposal === undefined ? null : { allowDomains: proposal.lines, leftOut: proposal.leftOut },
  });
}

/** `access.jsonl` has the time of every request. */
const withoutTime = ({ domain, requests, rule, reason, port }: JudgedDomain): Omit<JudgedDomain, 'firstAt'> => ({
  ...{ domain, requests, rule, reason, port },
});
