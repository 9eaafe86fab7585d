import { configuredProviders, isPermitted, type Config } from '../config/config.ts';
import type { RunUsage } from '../report/usage.ts';
import { NO_CREDENTIALS } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';

/** What the configuration asks for and will not work, said before it fails. */
export function configWarnings(config: Config): string[] {
  const uncovered = configuredProviders(config)
    .filter((configured) => !isPermitted(configured, config.allow))
    .map(
      ({ provider, target }) =>
        `${provider.targetInput}: allow-domains does not cover ${target.host}, so Squid refuses it. Add the line "${target.host}" to allow-domains.`,
    );
  if (config.apiProxy && config.credentials.size === 0) uncovered.push(NO_CREDENTIALS);
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
    'requests got 429 or were cut off. If the command needs more, raise the option.'
  );
}

/** Said when `timeout-minutes` ended the command. */
export function timeoutText({ timeoutMinutes = 0 }: Config): string {
  const minutes = `${String(timeoutMinutes)} minute${timeoutMinutes === 1 ? '' : 's'}`;
  return `The command ran longer than ${minutes} and was ended. If it needs more, raise the option timeout-minutes.`;
}
