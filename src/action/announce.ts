import * as core from '@actions/core';
import type { Config } from '../config/config.ts';
import { describeError } from '../errors.ts';
import { endingOf } from '../log/ending.ts';
import type { Annotation } from '../log/outcome.ts';
import { paintFor } from '../log/paint.ts';
import type { LogPlace } from '../report/summary-facts.ts';
import { usesColour, type RunReporter } from '../reporter.ts';
import { blockedText } from '../run/messages.ts';
import type { RunResult } from '../run/report.ts';
import { shouldLog } from '../shared/log-level.ts';

/** Where a reader goes on. */
export interface Further {
  /** Undefined if there are no logs. */
  readonly logs: LogPlace | undefined;
  /** The page about the log. */
  readonly page: string;
}

/**
 * Ends the log of a step: how the run ended, what was refused, and where the logs are. There is one annotation for a failure
 * and one for refused names, whatever else is said.
 */
export function announce(config: Config, result: RunResult, further: Further, reporter: RunReporter): void {
  const paint = paintFor(usesColour(process.env, true));
  const ended = { ...result, commandMs: result.timings.commandMs };
  const { status, failure, reached, blocks, refused } = endingOf(config, ended, result.traffic, result.egress, paint);
  reporter.info(status);
  const isBlocked = result.outcome === 'blocked';
  const why = isBlocked ? { title: 'AWF: fail-on-blocked', text: blockedText('action', result.egress) } : failure;
  // A step that fails says why at every log level.
  if (why !== undefined) annotate('error', why);
  if (reached !== undefined) reporter.group(reached.title, reached.lines);
  for (const block of blocks) reporter.info(block);
  if (refused !== undefined && !isBlocked && shouldLog('warn', config.logLevel))
    annotate(result.outcome === 'success' ? 'notice' : 'warning', refused);
  reporter.info(furtherText(further));
}

/** For a step whose run never began. */
export function announceFailure(error: unknown): void {
  annotate('error', { title: 'AWF did not start the command', text: describeError(error) });
}

function annotate(kind: 'error' | 'warning' | 'notice', { title, text }: Annotation): void {
  core[kind](text, { title });
}

function furtherText({ logs, page }: Further): string {
  const help = `what each line means: ${page}`;
  if (logs === undefined) return help;
  if ('paths' in logs) return logs.paths.length === 0 ? help : `logs: ${logs.paths.join(', ')} · ${help}`;
  const days = logs.days === undefined ? '' : ` (${logs.days} day${logs.days === 1 ? '' : 's'})`;
  return `logs: artifact ${logs.artifact}${days} · ${help}`;
}
