import type { Config } from '../config/config.ts';
import { isWithin } from '../config/domain.ts';
import { optionName, type OptionName } from '../config/options.ts';
import type { KeptTranscripts } from '../report/transcripts.ts';
import type { RunUsage } from '../report/usage.ts';
import { isOwnHost, NO_CREDENTIALS } from '../shared/providers.ts';

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
  if (config.apiProxy && config.providers.length === 0) uncovered.push(NO_CREDENTIALS);
  return [...config.warnings, ...uncovered, ...sharedFrontEnds(config, name('allow-domains'))];
}

/**
 * Hosts below one domain often share servers. Inside a tunnel to one of them, the command can name another in `Host`: Squid
 * sees only the TLS server name.
 */
function sharedFrontEnds({ allow, providers }: Config, option: string): string[] {
  const domains = [...allow.https.domains, ...allow.https.subdomainsOf];
  // An upstream that the user names has to be on the list, and often is by its domain.
  const own = providers.filter(({ provider, target: { host } }) => isOwnHost(provider, host));
  return own.flatMap(({ provider, target: { host } }) =>
    domains
      .filter((domain) => domain !== host && isWithin(host, domain))
      .map(
        (domain) =>
          `${option}: ${domain} covers ${host}, the host of ${provider.name}. That host itself stays closed, but servers of ` +
          'other names there may answer for it, and then the command reaches it with a key of its own. List only the names ' +
          'that the command needs.',
      ),
  );
}

/** For a run whose budget refused requests. */
export function budgetWarning({ frontEnd, budget }: Config, usage: RunUsage): string {
  const { maxRequests, maxTokens } = budget;
  const limits = [
    ...(maxRequests === undefined ? [] : [`${optionName(frontEnd, 'max-requests')} ${maxRequests}`]),
    ...(maxTokens === undefined ? [] : [`${optionName(frontEnd, 'max-tokens')} ${maxTokens}`]),
  ].join(', ');
  const used = `${usage.requests} requests and ${usage.inputTokens + usage.outputTokens} tokens`;
  return (
    `The budget of the run (${limits}) was exhausted after ${used}: ${usage.overBudget} further ` +
    'requests got 429 or were cut off. If the command needs more, raise the limit.'
  );
}

/** For transcripts that are not all there. */
export function transcriptsText({ leftOut, isCut }: KeptTranscripts): string {
  const what = [
    ...(leftOut === 0 ? [] : [`${leftOut} files are left out`]),
    ...(isCut ? ['the archive ends early, so more may be missing'] : []),
  ].join(', and ');
  return `What the agent programs wrote about their work is not complete in agent-logs: ${what}.`;
}

/** For a command that `timeout-minutes` ended. */
export function timeoutText({ frontEnd, timeoutMinutes = 0 }: Config): string {
  const minutes = `${timeoutMinutes} minute${timeoutMinutes === 1 ? '' : 's'}`;
  const option = optionName(frontEnd, 'timeout-minutes');
  return `The command ran longer than ${minutes} and was stopped. If it needs more time, raise ${option}.`;
}

/** For a command that was killed for its memory. */
export function outOfMemoryText({ frontEnd }: Config, memory: string): string {
  return `The command was killed because it needed more memory than ${memory}. Raise ${optionName(frontEnd, 'memory')}.`;
}
