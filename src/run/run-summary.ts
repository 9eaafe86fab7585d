import type { Config } from '../config/config.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';
import { documentLink, versionOf } from '../host/installation.ts';
import { aftermathWarnings } from '../report/aftermath.ts';
import { agentSummary } from '../report/agent-summary.ts';
import type { About, LogPlace } from '../report/summary-facts.ts';
import { summaryMarkdown } from '../report/summary.ts';
import { budgetWarning } from './messages.ts';
import type { RunResult } from './report.ts';

/** What the front end knows in addition to the run. */
export interface SummaryContext {
  /** The installation's directory. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Where a reader finds the logs; undefined if there are none. */
  readonly logs: LogPlace | undefined;
  /** Everything that the run warned about. */
  readonly warnings: readonly string[];
}

/** The summary of a run, as GitHub-flavoured Markdown. @throws Error if the installation is not complete */
export function runSummary(result: RunResult, config: Config, secrets: Secrets, context: SummaryContext): string {
  const { outcome, exitCode, error, traffic, egress, budget, aftermath, timings, written } = result;
  const { timeoutMinutes, providers } = config;
  return summaryMarkdown({
    ...aboutStep(config.label === undefined ? undefined : maskCredentials(config.label, secrets), context),
    ...{ outcome, exitCode, error, traffic, egress, aftermath, budget, timeoutMinutes },
    providers: providers.map(({ provider }) => provider),
    timings: { phases: timings.phases, startupMs: timings.startupMs, originMs: performance.timeOrigin },
    logs: context.logs,
    warnings: unshown(result, config, context.warnings).map((text) => maskCredentials(text, secrets)),
    commandSummary: agentSummary(written.summary, secrets),
  });
}

/** @param label of the step; undefined if it has no name */
export function aboutStep(
  label: string | undefined,
  { root, environment }: Pick<SummaryContext, 'root' | 'environment'>,
): About {
  return {
    label,
    version: versionOf(root),
    pageAt: (page) => {
      const link = documentLink(page, root, environment);
      return link.startsWith('https://') ? link : undefined;
    },
  };
}

/** The warnings that the summary does not tell in another place. */
function unshown(
  { aftermath, traffic: { usage } }: RunResult,
  config: Config,
  warnings: readonly string[],
): readonly string[] {
  const shown = new Set([
    ...(aftermath === undefined ? [] : aftermathWarnings(aftermath)),
    ...(usage === undefined ? [] : [budgetWarning(config, usage)]),
  ]);
  return [...new Set(warnings)].filter((text) => !shown.has(text));
}
