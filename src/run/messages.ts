import { agentProgramsIn } from '../agent/agent-programs.ts';
import type { Config } from '../config/config.ts';
import { isWithin } from '../shared/host-pattern.ts';
import { hostNames } from '../config/named-hosts.ts';
import { optionName, type OptionName } from '../config/options.ts';
import type { FrontEndKind } from '../config/source.ts';
import type { EgressReport } from '../report/egress.ts';
import type { KeptTranscripts } from '../report/transcripts.ts';
import { budgetUseText, type BudgetUse } from '../report/budget.ts';
import { costText } from '../report/money.ts';
import type { RunUsage, UsedModel } from '../report/usage.ts';
import { printableText } from '../host/file-names.ts';
import type { Notice } from '../shared/notice.ts';
import { isOwnHost, NO_CREDENTIALS, PROVIDERS, type ProviderId } from '../shared/providers.ts';
import { tokensOf } from '../shared/usage.ts';

/** Names that a message lists. */
const MAX_NAMED = 10;

/** What the configuration asks for and will not work. The user reads it before it fails. */
export function configWarnings(config: Config): string[] {
  const name = (option: OptionName): string => optionName(config.frontEnd, option);
  const remedy = (host: string): string =>
    config.frontEnd === 'action' ? `Add the line "${host}" to allow-domains.` : `Add --allow-domains ${host}.`;
  const uncovered = config.providers
    .filter(({ isPermitted }) => !isPermitted)
    .map(
      ({ provider, target }) =>
        `${name(provider.targetInput)}: ${name('allow-domains')} does not cover ${target.host}, so Squid refuses it. ${remedy(target.host)}`,
    );
  if (config.apiProxy && config.providers.length === 0 && hostNames(config.namedHosts).length === 0)
    uncovered.push(...noCredentials(config));
  return [...config.warnings, ...uncovered, ...sharedFrontEnds(config, name('allow-domains'))];
}

/** Why there is an api-proxy that nobody asked for. @returns nothing if somebody did */
export function keyLines({ apiProxyKeys: keys, providers }: Config): string[] {
  if (keys.length === 0) return [];
  const names = providers.map(({ provider }) => provider.name);
  const what =
    names.length === 0
      ? "it adds the credential to the command's requests"
      : `the command reaches ${listed(names)} with ${names.length === 1 ? 'a placeholder' : 'placeholders'}`;
  const are = keys.length === 1 ? 'is' : 'are';
  return [`${listed(keys)} ${are} set, so the api-proxy is on: ${what}. --enable-api-proxy=false turns it off.`];
}

/** `a`, `a and b`, `a, b and c` */
const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');

/** The action has the api-proxy whether the command needs a model or not. */
function noCredentials({ frontEnd, command }: Config): string[] {
  if (frontEnd === 'cli') return [NO_CREDENTIALS];
  const [program] = agentProgramsIn(command);
  if (program === undefined) return [];
  const provider = PROVIDERS.find((one) => one.command === program) ?? PROVIDERS[0];
  const input = provider?.credentials[0]?.input ?? '';
  return [
    `${NO_CREDENTIALS}\nThe command starts ${program}. Give its key as an input, such as ${input}. A secret is empty in pull ` +
      'requests from forks and of Dependabot.',
  ];
}

/**
 * Hosts below one domain often share servers. Inside a tunnel to one of them, the command can name another in `Host`: Squid
 * sees only the TLS server name.
 */
function sharedFrontEnds({ egress, providers, namedHosts }: Config, option: string): string[] {
  const domains = egress.allow
    .filter(({ schemes, match }) => schemes.includes('https') && match !== 'host')
    .map(({ host }) => host);
  const covering = (host: string): string[] => domains.filter((domain) => domain !== host && isWithin(host, domain));
  // An upstream that the user names has to be on the list, and often is by its domain.
  const own = providers.filter(({ provider, target: { host } }) => isOwnHost(provider, host));
  // GitHub's own hosts are often listed by their domain, for what others publish there.
  const users = namedHosts.others.filter(
    ({ option: builtIn, echoesNothing }) => builtIn === undefined && !echoesNothing,
  );
  return [
    ...own.flatMap(({ provider, target: { host } }) =>
      covering(host).map(
        (domain) =>
          `${option}: ${domain} covers ${host}, the host of ${provider.name}. That host itself stays closed, but servers of ` +
          'other names there may answer for it, and then the command reaches it with a key of its own. List only the names ' +
          'that the command needs.',
      ),
    ),
    ...users.flatMap(({ name }) =>
      covering(name).map(
        (domain) =>
          `${option}: ${domain} covers ${name}, for which there are rules. Servers of other names there may answer for it, and ` +
          'then no rule applies. List only the names that the command needs.',
      ),
    ),
  ];
}

/** For a run whose budget refused requests. */
export function budgetWarning({ frontEnd, budget }: Config, usage: RunUsage): string {
  const { maxRequests, maxTokens, maxCostUsd } = budget;
  const uses = [
    {
      limit: 'max-requests',
      allowed: maxRequests,
      value: usage.requests,
      used: `${usage.requests} request${usage.requests === 1 ? '' : 's'}`,
    },
    { limit: 'max-tokens', allowed: maxTokens, value: tokensOf(usage), used: `${tokensOf(usage)} tokens` },
    { limit: 'max-cost-usd', allowed: maxCostUsd, value: usage.pricedUsd, used: costText(usage) },
  ] as const;
  const set = uses.filter(({ allowed }) => allowed !== undefined);
  const reached = set.filter(({ value, allowed = Infinity }) => value >= allowed);
  // A request that would go beyond a limit is refused before the limit is reached.
  const told = reached.length > 0 ? reached : set;
  const what = told
    .map(({ limit, allowed, used }) => `${used} (${optionName(frontEnd, limit)}: ${allowed})`)
    .join(', ');
  const options = told.map(({ limit }) => optionName(frontEnd, limit)).join(' or ');
  const more = `${usage.overBudget} more request${usage.overBudget === 1 ? ' was' : 's were'} refused or cut off`;
  return `Budget reached: ${what}. ${more}. Raise ${options} if the command needs more.`;
}

/** For transcripts that are not all there. */
export function transcriptsText({ leftOut, isCut }: KeptTranscripts): string {
  const what = [
    ...(leftOut === 0 ? [] : [`${leftOut} files are left out`]),
    ...(isCut ? ['the archive ends early, so more may be missing'] : []),
  ].join(', and ');
  return `What the agent programs wrote about their work is not complete in agent-logs: ${what}.`;
}

/** While the command runs: most of a limit is used. */
export function budgetNotice({ frontEnd }: Config, use: BudgetUse): string {
  return budgetUseText(optionName(frontEnd, use.limit), use);
}

/** For models whose price nobody knows: their cost is missing, and with a limit in dollars nothing more passes. */
export function noPriceText({ frontEnd, budget }: Config, models: readonly UsedModel[]): string {
  const names = [...new Set(models.map(({ model }) => model ?? 'an answer that names no model'))].map(printableText);
  const example = `${models.find(({ model }) => model !== null)?.model ?? '*'} INPUT OUTPUT`;
  const consequence =
    budget.maxCostUsd === undefined
      ? 'Its tokens are counted, but the cost of the run is unknown.'
      : `Because ${optionName(frontEnd, 'max-cost-usd')} is set, further requests are refused.`;
  return (
    `No price is known for ${names.slice(0, MAX_NAMED).join(', ')}. ${consequence} ` +
    `Add to ${optionName(frontEnd, 'prices')}, in dollars per million tokens: ${printableText(example)}`
  );
}

/** For a run that ends because the provider does not accept the key. @returns the message and the remedy */
export function credentialRefusedText(
  config: Config,
  { provider: id, status, times }: Notice & { event: 'credential-refused' },
): [message: string, options: { hint: string }] {
  const { name, source } = credentialSource(config, id);
  const reason =
    status === 401 ? 'the key is wrong or expired' : 'the key is wrong, expired, or lacks a permission for this';
  return [
    `The run was ended because ${name} answered ${status} ${times} times in a row: ${reason}.`,
    { hint: `Check the key in ${source}.` },
  ];
}

/** A configured provider's name, and where its credential comes from, as the front end calls it. */
function credentialSource({ frontEnd, providers }: Config, id: ProviderId): { name: string; source: string } {
  const used = providers.find(({ provider }) => provider.id === id);
  const variable = used?.given[0] ?? id;
  const input = used?.provider.credentials.find((credential) => credential.variable === variable)?.input;
  return { name: used?.provider.name ?? id, source: frontEnd === 'action' ? (input ?? variable) : variable };
}

/** For a key that the provider's list of models refuses. The command goes on: it may not need this provider. */
export function wrongKeyText(config: Config, { provider, status }: Notice & { event: 'wrong-key' }): string {
  const { name, source } = credentialSource(config, provider);
  return `${name} does not accept the key in ${source}: it answered ${status}. Check the key.`;
}

/** For a program with a list of CAs of its own. */
export const certificateRefusedText = (host: string): string =>
  `A program refused the run's certificate for ${host}, and so could not reach it: it trusts a list of CAs of its own. ` +
  'Point it to the file in SSL_CERT_FILE.';

/** For a program that needs a model by name. */
export function noModelText(config: Config, { provider, status }: Notice & { event: 'no-model' }): string {
  const { name, variable } = modelSource(config, provider);
  const why = status === null ? 'did not list its models in time' : `listed no model to choose (status ${status})`;
  return `${name} ${why}. Set ${variable} in ${optionName(config.frontEnd, 'env')}.`;
}

/** A configured provider's name, and the variable that names a model for its program. */
function modelSource({ providers }: Config, id: ProviderId): { name: string; variable: string } {
  const provider = providers.find((used) => used.provider.id === id)?.provider;
  const variable = provider?.agentVariables.find(({ role }) => role === 'model-choice')?.name;
  return { name: provider?.name ?? id, variable: variable ?? 'a model' };
}

/** For `fail-on-blocked`. @param egress undefined if Squid's log could not be read */
export function blockedText(frontEnd: FrontEndKind, egress: EgressReport | undefined): string {
  const option = optionName(frontEnd, 'fail-on-blocked');
  if (egress === undefined) return `${option} is set, and what was refused is unknown: Squid's log could not be read.`;
  const names = egress.unexpected.slice(0, MAX_NAMED).map(printableText);
  const rest = egress.unexpected.length - names.length;
  return (
    `${option} is set, and requests were refused: ${names.join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}. ` +
    `Allow them, or name them in ${optionName(frontEnd, 'known-blocked')}.`
  );
}
