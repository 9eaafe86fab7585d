/** The real git, run by a user with an empty configuration. */

import { spawnSync } from 'node:child_process';

/** If it is false, the tests that need git are skipped by name. script/test fails on that when CI=true. */
export const HAS_GIT = spawnSync('git', ['--version']).status === 0;

export interface GitResult {
  readonly code: number | null;
  /** One character per byte. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that stop git from reading any configuration of the machine or the caller. */
export const GIT_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'C',
  GIT_COMMITTER_EMAIL: 'c@example.com',
};

/**
 * @param cwd where to run it
 * @param prefix goes in front of the command, to run it as another user
 */
export function tryGit(cwd: string, args: readonly string[], prefix: readonly string[] = []): GitResult {
  const [file = '', ...rest] = [...prefix, 'git', ...args];
  const { status, stdout, stderr } = spawnSync(file, rest, {
    cwd,
    encoding: 'latin1',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...GIT_ENVIRONMENT },
  });
  return { code: status, stdout, stderr };
}

/** Runs git. @throws Error if it fails */
export function git(cwd: string, ...args: readonly string[]): string {
  const { code, stdout, stderr } = tryGit(cwd, args);
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trimEnd();
}
