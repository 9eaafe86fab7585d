import { spawnSync } from 'node:child_process';
import { findProgram } from '../host/programs.ts';

/** A setting of git's, and its value: `user.name`. */
export type GitSetting = readonly [key: string, value: string];

/** Who commits (git-config(1), `user.name`). Nothing of it runs anything. */
const IDENTITY = String.raw`^(user|author|committer)\.(name|email)$`;
/** What git finds the settings by. */
const PASSED = /^(PATH|HOME|XDG_CONFIG_HOME|GIT_CONFIG_.*)$/;
const TIME_LIMIT_MS = 5_000;
/** A name of a person. */
const MAX_LENGTH = 1_000;

/**
 * Asks git who commits in a workspace, because the answer may depend on the place (`includeIf`). `git config` runs no program
 * that a repository could name.
 *
 * @returns nothing without git, or if nobody is named
 */
export function readGitIdentity(workspace: string, environment: NodeJS.ProcessEnv): GitSetting[] {
  const program = findProgram('git', environment);
  if (program === undefined) return [];
  const { status, stdout } = spawnSync(program, ['config', '--includes', '-z', '--get-regexp', IDENTITY], {
    cwd: workspace,
    env: Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED.test(name))),
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  if (status !== 0) return [];
  const found = stdout.split('\0').flatMap((entry): GitSetting[] => {
    const [, key, value = ''] = /^([^\n]+)\n(.*)$/s.exec(entry) ?? [];
    return key === undefined || value === '' || value.length > MAX_LENGTH ? [] : [[key, value]];
  });
  // The last one counts.
  return [...new Map(found)];
}

/** The settings as a file of git's. */
export function gitIdentityText(settings: readonly GitSetting[]): string {
  return settings
    .map(([key, value]) => {
      const [section = '', name = ''] = key.split('.');
      return `[${section}]\n\t${name} = "${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"\n`;
    })
    .join('');
}
