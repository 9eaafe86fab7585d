/** What a build tool is asked to do in the sandbox, and the registry that it is to reach. */

import { spawnSync } from 'node:child_process';

/** Path and content. */
export type Files = Readonly<Record<string, string | Buffer>>;

export interface BuildTool {
  /** Also a label of its registry's host name. */
  readonly name: string;
  /** Why it cannot be tried on this machine. */
  readonly missing: string | undefined;
  /** What its registry serves; made in `scratch`, where it needs files for that. */
  readonly registry: (registry: string, scratch: string) => Files;
  /** Files of its project; where its registry is, the script says. */
  readonly project: (scratch: string) => Files;
  /**
   * For bash, in the project's directory. `$REGISTRY` is the registry's URL without a slash at the end, `$CA` the file of
   * its CA, `$NODE` a Node.js of the test's own version.
   */
  readonly script: string;
  /** A line that the script prints when everything that it needs has come from the registry. */
  readonly built: string;
}

/** Why a tool is missing: what `argv` says; undefined where it works. */
export function missing(...argv: readonly string[]): string | undefined {
  const [file = '', ...args] = argv;
  const { status, error, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `${argv.join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'failed'}`;
}

/** Runs a program of the test's own side. @throws Error with its standard error */
export function make(cwd: string, ...argv: readonly string[]): string {
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout;
}
