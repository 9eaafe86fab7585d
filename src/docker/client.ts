import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { getExecOutput } from '@actions/exec';
import { UserError } from '../errors.ts';
import { findProgram } from '../host/programs.ts';
import { commandLine } from '../shared/shell.ts';
import type { Attachment, Sink } from './engine.ts';
import { failure, isEngineRefusal, killed, type Result } from './failure.ts';
import { LineSplitter } from './line-splitter.ts';

/** How many characters of a container's standard error are kept to recognise a refusal of the engine. */
const MAX_HEAD = 16_384;

/**
 * Runs the `docker` program. Ordinary calls go through `@actions/exec`. An attached container needs more than that
 * offers, so {@link attach} spawns its own process.
 */
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
    const [stdout, stderr] = [new LineSplitter(onLine), new LineSplitter(onLine)];
    const { exitCode, ...streams } = await getExecOutput(`"${this.#program(args)}"`, [...args], {
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

  /**
   * Gives a container its document and relays its output until it ends. `@actions/exec` cannot do this:
   *
   * - The client may end before it has read the document. The broken pipe must not end this process as well.
   * - Standard input may have to stay open for a later message.
   * - A slow reader has to slow the container down.
   * - The client must not get the terminal's Ctrl-C, or the sidecars would die before the agent. Hence `detached`.
   *
   * @returns the container's exit code
   * @throws UserError when the container could not be started, or the client was killed
   */
  async attach(args: readonly string[], { input, later, onStdout, onStderr }: Attachment): Promise<number> {
    const child = spawn(this.#program(args), args, { stdio: 'pipe', detached: true });
    const decoder = new StringDecoder();
    let head = '';
    drain(child.stdout, onStdout);
    drain(child.stderr, (chunk) => {
      if (head.length < MAX_HEAD) head += decoder.write(chunk);
      return onStderr(chunk);
    });
    child.stdin.on('error', () => undefined); // The exit code tells why.
    child.stdin.write(input);
    if (later === undefined) child.stdin.end();
    else
      void later.then((more) => {
        // A client that has ended must not take what is meant for the next one.
        if (child.stdin.destroyed) return;
        if (typeof more === 'string') child.stdin.end(more);
        else more.pipe(child.stdin);
      });
    const [exitCode, signal] = (await once(child, 'close')) as [number, null] | [null, NodeJS.Signals];
    if (exitCode === null) throw killed(args, signal);
    if (exitCode !== 0 && isEngineRefusal(head)) throw failure(args, { exitCode, stdout: '', stderr: head });
    return exitCode;
  }

  /** The path of the client, which is about to run with `args`. */
  #program(args: readonly string[]): string {
    this.#debug(commandLine(['docker', ...args]));
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

/** Reads a stream to its end, no faster than `sink` accepts it. */
function drain(stream: Readable, sink: Sink): void {
  stream.on('data', (chunk: Buffer) => {
    const accepted = sink(chunk);
    if (accepted === undefined) return;
    stream.pause();
    void accepted.then(() => stream.resume());
  });
}
