import type { Config } from '../config/config.ts';
import type { RunUsage } from '../report/usage.ts';
import { NO_CREDENTIALS } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';

/** What the configuration asks for and will not work. The user reads it before it fails. */
export function configWarnings(config: Config): string[] {
  const uncovered = config.providers
    .filter(({ isPermitted }) => !isPermitted)
    .map(
      ({ provider, target }) =>
        `${provider.targetInput}: allow-domains does not cover ${target.host}, so Squid refuses it. Add the line "${target.host}" to allow-domains.`,
    );
  if (config.apiProxy && config.providers.length === 0) uncovered.push(NO_CREDENTIALS);
  return uncovered;
}

/** For a run whose budget refused requests. */
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

/** For a command that `timeout-minutes` ended. */
export function timeoutText({ timeoutMinutes = 0 }: Config): string {
  const minutes = `${timeoutMinutes} minute${timeoutMinutes === 1 ? '' : 's'}`;
  return `The command ran longer than ${minutes} and was stopped. If it needs more time, raise the option timeout-minutes.`;
}

/** For a command that was killed for its memory. */
export function outOfMemoryText({ memory }: Config): string {
  return `The command was killed because it needed more memory than ${memory}. Raise the option memory.`;
}
