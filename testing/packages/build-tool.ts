/** What a build tool does in the sandbox, and the registry that it should reach. */

import { spawnSync } from 'node:child_process';

/** Path to content. */
export type Files = Readonly<Record<string, string | Buffer>>;

export interface BuildTool {
  /** The tool's name, which is also a label of its registry's host name. */
  readonly name: string;
  /** Why it cannot be tried on this machine. Undefined if it can. */
  readonly missing: string | undefined;
  /** The files that its registry serves. `scratch` is a directory for building them. */
  readonly registry: (registry: string, scratch: string) => Files;
  /** The files of its project. The script tells the tool where its registry is. */
  readonly project: (scratch: string) => Files;
  /**
   * A bash script, run in the project's directory. `$REGISTRY` is the registry's URL without a trailing slash, `$CA`
   * its CA file, `$NODE` a Node.js of the test's own version.
   */
  readonly script: string;
  /** The script prints this line once everything it needs has come from the registry. */
  readonly built: string;
}

/** Why a tool is missing: what `argv` printed. Undefined if it works. */
export function missing(...argv: readonly string[]): string | undefined {
  const [file = '', ...args] = argv;
  const { status, error, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `${argv.join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'failed'}`;
}

/** Runs a program for the test itself. @throws Error with its standard error */
export function make(cwd: string, ...argv: readonly string[]): string {
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout;
}
