import type { Provider } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import type { Aftermath } from '../workspace/inspect.ts';
import type { EgressReport } from './egress.ts';
import type { RunTimings } from './timeline-summary.ts';
import type { Traffic } from './traffic.ts';

/** What every summary says about AWF itself. */
export interface About {
  /** Of the step; undefined if it has no name. */
  readonly label: string | undefined;
  readonly version: string;
  /** Where a page of the documentation is on the web; undefined if it is not there. */
  readonly pageAt: (page: string) => string | undefined;
}

/** Where a reader finds the logs. */
export type LogPlace =
  { readonly artifact: string; readonly days: number | undefined } | { readonly paths: readonly string[] };

/** What the summary says about a run. */
export interface SummaryFacts extends About {
  readonly outcome: 'success' | 'failure' | 'blocked' | 'timeout' | 'error';
  readonly exitCode: number;
  /** Undefined if the sandbox did not fail. */
  readonly error: unknown;
  readonly traffic: Traffic;
  /** Undefined if Squid's log could not be read. */
  readonly egress: EgressReport | undefined;
  /** Those whose key was given. */
  readonly providers: readonly Provider[];
  /** What the run was allowed to use. */
  readonly budget: SidecarBudget;
  readonly timeoutMinutes: number | undefined;
  readonly aftermath: Aftermath | undefined;
  readonly timings: RunTimings;
  /** Undefined if there are none. */
  readonly logs: LogPlace | undefined;
  /** What AWF warned about, in the order of time. */
  readonly warnings: readonly string[];
  /** Safe Markdown of what the command wrote; undefined when it wrote nothing. */
  readonly commandSummary: string | undefined;
}
