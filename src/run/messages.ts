import type { Config } from '../config/config.ts';
import { optionName, type OptionName } from '../config/options.ts';
import type { RunUsage } from '../report/usage.ts';
import { NO_CREDENTIALS } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';

/** What the configuration asks for and will not work, said before it fails. */
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
  return uncovered;
}

/** Said when requests were refused for it. */
export function budgetWarning({ maxRequests, maxTokens }: SidecarBudget, usage: RunUsage): string {
  const limits = [
    ...(maxRequests === undefined ? [] : [`max-requests ${String(maxRequests)}`]),
    ...(maxTokens === undefined ? [] : [`max-tokens ${String(maxTokens)}`]),
  ].join(', ');
  const used = `${String(usage.requests)} requests and ${String(usage.inputTokens + usage.outputTokens)} tokens`;
  return (
    `The budget of the run (${limits}) was exhausted after ${used}: ${String(usage.overBudget)} further ` +
    'requests got 429. If the command needs more, raise the option.'
  );
}

/** Said when `timeout-minutes` ended the command. */
export function timeoutText({ frontEnd, timeoutMinutes = 0 }: Config): string {
  const minutes = `${String(timeoutMinutes)} minute${timeoutMinutes === 1 ? '' : 's'}`;
  return `The command ran longer than ${minutes} and was ended. If it needs more, raise the option ${optionName(frontEnd, 'timeout-minutes')}.`;
}
