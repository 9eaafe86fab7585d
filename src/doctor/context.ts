import type { Built } from '../config/build.ts';
import type { Engine } from '../docker/engine.ts';
import type { User } from '../host/user.ts';
import type { Finding, Name } from './finding.ts';

/** What the checks look at. */
export interface CheckContext {
  /** The installation's directory. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly workspace: string;
  readonly user: User;
  /** The directory for temporary files. */
  readonly temporary: string;
  readonly engine: Engine;
  /** The configuration of a run with the same options; undefined if it has mistakes. */
  readonly built: Built | undefined;
  /** Names that a report leaves out. */
  readonly names: readonly Name[];
  /** Ends the checks. */
  readonly signal: AbortSignal;
}

/** One or several findings about one subject. */
export interface Check {
  readonly id: string;
  /** Where to read on: a page with an anchor. */
  readonly page: string;
  /** Milliseconds. */
  readonly limitMs: number;
  /** Throws UserError for a problem. */
  readonly find: (context: CheckContext) => Finding[] | Promise<Finding[]>;
}
