import type { Config } from '../config/config.ts';
import type { EgressReport } from '../report/egress.ts';
import type { Traffic } from '../report/traffic.ts';
import { failureOf, statusLine, type Annotation, type Ended } from './outcome.ts';
import type { Paint } from './paint.ts';
import type { Group } from './policy.ts';
import { reachedGroup, refusalBlocks, refusedAnnotation } from './refusals.ts';

/** What a log tells at the end of a run. */
export interface Ending {
  readonly status: string;
  /** Undefined for a success, and for a run that `fail-on-blocked` failed. */
  readonly failure: Annotation | undefined;
  readonly reached: Group | undefined;
  /** What was refused: messages of one line or more. */
  readonly blocks: readonly string[];
  /** About refused names; undefined if there are none that count. */
  readonly refused: Annotation | undefined;
}

/** @param egress undefined if Squid's log could not be read */
export function endingOf(
  config: Config,
  ended: Omit<Ended, 'usage'>,
  { domains, usage }: Traffic,
  egress: EgressReport | undefined,
  paint: Paint,
): Ending {
  const all = { ...ended, usage };
  const isKnown = domains !== undefined && egress !== undefined;
  return {
    status: statusLine(config, all, paint),
    failure: failureOf(config, all),
    reached: domains && reachedGroup(domains),
    blocks: isKnown ? refusalBlocks(config, domains, egress, paint).map((lines) => lines.join('\n')) : [],
    refused: egress && refusedAnnotation(egress),
  };
}
