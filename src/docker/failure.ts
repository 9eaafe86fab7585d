import { UserError } from '../errors.ts';
import { explained } from '../host/shortage.ts';

/** An engine that cannot be connected, or has ended the connection. One that is restarted is back in seconds. */
export class EngineGone extends UserError {}

/** How a call of the `docker` program ended. */
export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NO_ENGINE = {
  message: 'No Docker engine answers.',
  hint: 'Start one (systemctl start docker), or point DOCKER_HOST to one. Hosted ubuntu runners have one running.',
};
const NOT_ALLOWED = {
  message: 'The Docker engine refuses this user.',
  hint: 'Add the user to the docker group, or allow access to the socket that DOCKER_HOST names.',
};

/** Failures that the user can fix, recognised by the words of the engine or its client. */
const REMEDIES = [
  { pattern: /permission denied while trying to connect/i, ...NOT_ALLOWED },
  {
    pattern: /unable to resolve docker endpoint/i,
    message: 'The Docker client cannot tell where its engine is.',
    hint: 'Correct DOCKER_HOST, DOCKER_CONTEXT, or the certificates in DOCKER_CERT_PATH, or choose a context: docker context use.',
  },
  {
    pattern: /HTTP request to an HTTPS server/i,
    message: 'The Docker engine at this port expects TLS.',
    hint: 'Set DOCKER_TLS_VERIFY to 1, and DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem.',
  },
  {
    pattern: /bind source path does not exist/i,
    message: 'The Docker engine does not have a file or directory of this machine.',
    hint:
      'It was removed in this moment, or the engine sees other files than AWF: run AWF where the engine runs, not in a ' +
      'container, and without PrivateTmp.',
  },
  {
    pattern:
      /Cannot connect to the Docker daemon|error during connect|failed to (connect to the docker API|open the raw stream connection)/i,
    ...NO_ENGINE,
  },
];

/** A failure with a known remedy. `words` are kept as its cause. */
function known(words: string): UserError | undefined {
  const remedy = REMEDIES.find(({ pattern }) => pattern.test(words));
  const last = nonEmptyLines(words).at(-1);
  return remedy && new UserError(remedy.message, { hint: remedy.hint, cause: new Error(last) });
}

/** The error for a call of the client that ended with an exit code other than 0. */
export function failure(args: readonly string[], { exitCode, stderr }: Omit<Result, 'stdout'>): UserError {
  const last = nonEmptyLines(stderr).findLast((line) => !/^(See 'docker|Run 'docker|exit status )/.test(line));
  const what = `docker ${verbOf(args)} failed (exit code ${exitCode})`;
  return known(stderr) ?? new UserError(`${what}: ${last ?? 'nothing on standard error'}`);
}

/** The error for a client that was killed: it has no exit code, so nothing is known about what it was doing. */
export function killed(args: readonly string[]): UserError {
  return new UserError(`docker ${verbOf(args)} was killed before it ended.`, {
    hint: 'Something outside AWF killed the Docker client. When memory runs out, the kernel does (see dmesg).',
  });
}

/** What the engine answered instead of doing what it was asked for. */
export interface Refusal {
  /** The status of the response. */
  readonly status: number;
  /** The engine's own words. */
  readonly reason: string;
}

/** @param goal what was to happen: `create the network awf-internal-1` */
export function refusal(goal: string, { reason }: Refusal): UserError {
  return known(reason) ?? new UserError(`The Docker engine could not ${goal}: ${reason}`);
}

/**
 * The error for an engine that cannot be connected, or does not answer to the end.
 *
 * @param endpoint where the engine should be
 */
export function unreachable(error: unknown, endpoint?: string): UserError {
  const shortage = explained(error);
  if (shortage instanceof UserError) return shortage;
  const { code, message } = error as NodeJS.ErrnoException;
  const cause = new Error(endpoint === undefined ? message : `${endpoint}: ${message}`);
  if (code === 'EACCES' || code === 'EPERM') return new UserError(NOT_ALLOWED.message, { ...NOT_ALLOWED, cause });
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new EngineGone(NO_ENGINE.message, { ...NO_ENGINE, cause });
  return new EngineGone('The Docker engine ended the connection.', {
    hint: 'It may have been stopped or restarted. Its log says why: journalctl --unit docker.',
    cause,
  });
}

/** The error for an engine that takes a request and is silent. @param limitMs how long it was waited for */
export function silent(limitMs: number): UserError {
  return new UserError(`The Docker engine has not answered within ${limitMs / 1000} seconds.`, {
    hint: 'It hangs: restart it (systemctl restart docker). Containers may be left; the next run removes them.',
  });
}

/** The error for a container that somebody else removed while it was needed. */
export function removed(container: string): UserError {
  return new UserError(`The container ${container} was removed during the run.`, {
    hint: 'Something outside AWF did that, such as a clean-up job (docker rm, docker container prune).',
  });
}

/** The subcommand, for messages: `pull`, `system dial-stdio`. */
const verbOf = (args: readonly string[]): string => args.slice(0, args[0] === 'system' ? 2 : 1).join(' ');

export function nonEmptyLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
