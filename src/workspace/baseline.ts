import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProtectedPath } from '../config/config.ts';
import type { NamedPath } from './elsewhere.ts';
import type { PrivateDirectory } from './git/private.ts';
import type { Guarded } from './guarded.ts';
import type { Searched } from './job-variables.ts';
import type { Snapshot } from './protected-paths.ts';

/**
 * The state of a workspace before the command. It is stored for the process that looks through the workspace afterwards
 * and for the post step, and has no content of files. Paths have one character for each byte, apart from `workspace`
 * and the places.
 */
export interface Baseline {
  readonly workspace: string;
  /** Directories in the workspace that the command does not see. */
  readonly covered: readonly string[];
  /** When the command could not have changed anything yet, in milliseconds. */
  readonly since: number;
  readonly isRepository: boolean;
  /** Links that must lead where they led, and what `identify` returns for each. */
  readonly links: Readonly<Record<string, string>>;
  /** What must not be there afterwards. */
  readonly absent: readonly Guarded[];
  /** What settings name in each worktree of theirs, also in those to come. */
  readonly named: readonly NamedPath[];
  /** The directories of the workspace in which later steps search for programs. */
  readonly searched: readonly Searched[];
  /** The run's own git directories. */
  readonly repositories: readonly PrivateDirectory[];
  /** Repositories that are not named `.git`. */
  readonly bare: readonly string[];
  /** The ids of what there is in those that git would have followed before. */
  readonly offences: readonly string[];
  /** The keys of what the survey has found. */
  readonly findings: readonly string[];
  readonly protectPaths: readonly ProtectedPath[];
  readonly snapshot: Snapshot;
  /** What the sandbox sees of the host: a link there leads to nothing new. */
  readonly visible: readonly string[];
  /** Where a link from the workspace must not lead. */
  readonly closed: readonly string[];
}

const BASELINE_FILE = 'baseline.json';

export function writeBaseline(workDirectory: string, baseline: Baseline): void {
  writeFileSync(join(workDirectory, BASELINE_FILE), JSON.stringify(baseline), { mode: 0o600 });
}

/** Reads the baseline of a run. @returns undefined if the run ended before it wrote one */
export function readBaseline(workDirectory: string): Baseline | undefined {
  const path = join(workDirectory, BASELINE_FILE);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as Baseline;
}
