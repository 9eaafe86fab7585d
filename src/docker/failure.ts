import { UserError } from '../errors.ts';

/** How a call of the `docker` program ended. */
export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The client's own words for a container that it could not start. They count only at the very beginning of standard
 * error, after the client's warnings: anything further down may have been written by the container.
 */
const ENGINE_REFUSED =
  /^(WARNING: .*\n)*(docker: |Error: )?(Error response from daemon: |failed to start containers|Cannot connect to the Docker daemon|permission denied while trying|error during connect|failed to connect to the docker API)/i;

/** Failures that the user can fix, recognised by the client's own words. */
const REMEDIES = [
  {
    pattern: /Minimum memory limit allowed/i,
    message: 'memory: the limit is too small for a container.',
    hint: 'Use at least "6m"; agents need gigabytes.',
  },
  {
    pattern: /permission denied while trying to connect/i,
    message: 'The Docker engine refuses this user.',
    hint: 'Add the user to the docker group, or allow access to the socket that DOCKER_HOST names.',
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect|failed to connect to the docker API/i,
    message: 'No Docker engine answers.',
    hint: 'Start one (systemctl start docker), or point DOCKER_HOST to one. Hosted ubuntu runners have one running.',
  },
];

/** True if `stderr`, from its beginning, says that the engine did not start the container. */
export function isEngineRefusal(stderr: string): boolean {
  return ENGINE_REFUSED.test(stderr);
}

/** The error for a call that ended with an exit code other than 0. */
export function failure(args: readonly string[], { exitCode, stderr }: Result): UserError {
  const lines = nonEmptyLines(stderr);
  const remedy = REMEDIES.find(({ pattern }) => pattern.test(stderr));
  if (remedy) return new UserError(remedy.message, { hint: remedy.hint, cause: new Error(lines.at(-1)) });
  const last = lines.findLast((line) => !/^(See 'docker|Run 'docker|exit status )/.test(line));
  return new UserError(`docker ${verbOf(args)} failed (exit code ${exitCode}): ${last ?? 'nothing on standard error'}`);
}

/** The error for a client that a signal ended: it has no exit code, so nothing is known about what it was doing. */
export function killed(args: readonly string[], signal?: NodeJS.Signals): UserError {
  const by = signal === undefined ? '' : ` by ${signal}`;
  return new UserError(`docker ${verbOf(args)} was killed${by} before it ended.`, {
    hint: 'Something outside AWF killed the Docker client. When memory runs out, the kernel does (see dmesg).',
  });
}

export function nonEmptyLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** True if every line of `stderr` matches `pattern`, apart from the client's own remark about its exit status. */
export function hasOnly(stderr: string, pattern: RegExp): boolean {
  return nonEmptyLines(stderr).every((line) => pattern.test(line) || /^exit status/.test(line));
}

/** The subcommand, for messages: `run`, `network create`. */
function verbOf(args: readonly string[]): string {
  return args.slice(0, args[0] === 'network' || args[0] === 'image' ? 2 : 1).join(' ');
}
