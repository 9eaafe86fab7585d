import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { findProgram } from './programs.ts';

/** A file of a policy or a few names; nothing that AWF asks a repository for is larger. */
const MAX_OUTPUT_BYTES = 1 << 20;
const TIME_LIMIT_MS = 30_000;

/** Asks git about a repository. @returns its output; undefined if git failed */
export type GitReader = (...args: readonly string[]) => Buffer | undefined;

/**
 * Reads a repository whose configuration nobody has checked. Git runs no program that it names: no hook, file system
 * monitor or transport, and so fetches nothing that the clone lacks. Nobody's settings and variables count, and neither
 * do replaced objects and grafts, with which a repository could show another file under a commit's id.
 *
 * @param directory in the repository. If it is the top of the repository, it may belong to another user, as in a job's
 *   container
 * @returns undefined if there is no git
 */
export function gitReader(directory: string, environment: NodeJS.ProcessEnv): GitReader | undefined {
  const program = findProgram('git', environment);
  if (program === undefined) return undefined;
  const settings = [
    `safe.directory=${directory}`,
    'safe.bareRepository=explicit',
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'core.alternateRefsCommand=',
  ];
  const options = ['--no-pager', '--literal-pathspecs', ...settings.flatMap((setting) => ['-c', setting])];
  return (...args) => {
    const { status, error, stdout } = spawnSync(program, [...options, ...args], {
      cwd: directory,
      env: {
        ...{ PATH: dirname(program), LC_ALL: 'C', HOME: '/nonexistent' },
        ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' },
        ...{ GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
        ...{ GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null', GIT_OPTIONAL_LOCKS: '0' },
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return status === 0 && error === undefined ? stdout : undefined;
  };
}
