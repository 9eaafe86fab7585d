import { UserError } from '../errors.ts';
import { findProgram } from '../host/programs.ts';
import { commandLine } from '../shared/shell.ts';
import { failure, killed, type Result } from './failure.ts';
import { LineSplitter } from './line-splitter.ts';

/** Runs the `docker` program for what only it can do: it builds, it has the passwords of registries, it knows contexts. */
export class DockerClient {
  readonly #debug: (message: string) => void;
  #path: string | undefined;

  constructor(debug: (message: string) => void) {
    this.#debug = debug;
  }

  /**
   * Runs a command that reads no input, to its end.
   *
   * @param onLine receives the lines of both streams as they arrive
   * @param variables what the client's environment has besides this process's own
   * @throws UserError when the client was killed, or there is none
   */
  async call(
    args: readonly string[],
    onLine: (line: string) => void = () => undefined,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Result> {
    this.#debug(commandLine(['docker', ...args]));
    // Most runs ask the engine alone.
    const { getExecOutput } = await import('@actions/exec');
    const [stdout, stderr] = [new LineSplitter(onLine), new LineSplitter(onLine)];
    const { exitCode, ...streams } = await getExecOutput(`"${this.program}"`, [...args], {
      silent: true,
      ignoreReturnCode: true,
      env: { ...(process.env as Record<string, string>), ...variables },
      listeners: {
        stdout: (chunk) => {
          stdout.push(chunk);
        },
        stderr: (chunk) => {
          stderr.push(chunk);
        },
      },
    });
    stdout.end();
    stderr.end();
    // The package's type leaves this out: Node reports null for a process that a signal ended.
    if ((exitCode as number | null) === null) throw killed(args);
    return { exitCode, ...streams };
  }

  /** Like {@link call}. @returns standard output @throws UserError also for an exit code other than 0 */
  async succeed(args: readonly string[]): Promise<string> {
    const result = await this.call(args);
    if (result.exitCode !== 0) throw failure(args, result);
    return result.stdout;
  }

  /** The path of the program. @throws UserError when there is none */
  get program(): string {
    return (this.#path ??= locate());
  }
}

/** @throws UserError when there is no `docker` program */
function locate(): string {
  const path = findProgram('docker');
  if (path !== undefined) return path;
  throw new UserError('There is no docker command in PATH.', {
    hint: 'Install the Docker command line; hosted ubuntu runners have it.',
  });
}
