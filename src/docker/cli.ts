import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { exec } from '@actions/exec';
import { UserError } from '../errors.ts';
import { withoutClientProxies } from './client-proxies.ts';
import type { Attachment, Engine, ImageFacts, Sink } from './engine.ts';
import { containerArgs, networkArgs, RUN_LABEL, type ContainerSpec, type NetworkSpec } from './spec.ts';

interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The engine behind the `docker` command line: contexts and `DOCKER_HOST` work, and every call can be pasted. */
export class DockerCli implements Engine {
  readonly #debug: (message: string) => void;
  #path: string | undefined;
  #proxies: Readonly<Record<string, string>> | undefined;

  constructor(debug: (message: string) => void) {
    this.#debug = debug;
  }

  async imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>> {
    const format = '--format={{.Os}}/{{.Architecture}} {{json .Config.Volumes}}';
    const result = await this.#call(['image', 'inspect', format, '--', ...names]);
    const said = lines(result.stderr).map((line) => line.toLowerCase());
    const isMissing = (name: string): boolean =>
      said.some((line) => line.endsWith(`no such image: ${name.toLowerCase()}`));
    const present = result.exitCode === 0 ? names : names.filter((name) => !isMissing(name));
    if (result.exitCode !== 0 && present.length === names.length) throw failure(['image', 'inspect'], result);
    const facts = lines(result.stdout).map((line): ImageFacts => {
      const [, platform = '', volumes = 'null'] = /^(\S*) (.*)$/.exec(line) ?? [];
      return { platform, volumes: Object.keys((JSON.parse(volumes) as object | null) ?? {}) };
    });
    return new Map(present.map((name, index) => [name, facts[index] ?? { platform: '', volumes: [] }]));
  }

  async build(args: readonly string[], onOutput: (chunk: Buffer) => void): Promise<void> {
    const result = await this.#call(['build', ...args], onOutput);
    if (result.exitCode !== 0) throw failure(['build'], result);
  }

  async pull(image: string): Promise<void> {
    await this.#succeed(['pull', '--quiet', image]);
  }

  async createNetwork(spec: NetworkSpec): Promise<boolean> {
    const args = ['network', 'create', ...networkArgs(spec)];
    const result = await this.#call(args);
    if (result.exitCode === 0) return true;
    if (/overlaps with other one|already exists|conflicts with network/i.test(result.stderr)) return false;
    throw failure(args, result);
  }

  async create(spec: ContainerSpec): Promise<void> {
    await this.#succeed(['create', ...this.#container(spec)]);
  }

  async connect(container: string, network: string): Promise<void> {
    await this.#succeed(['network', 'connect', network, container]);
  }

  start(container: string, attachment: Attachment): Promise<number> {
    return this.#attached(['start', '--attach', '--interactive', container], attachment);
  }

  run(spec: ContainerSpec, attachment: Attachment): Promise<number> {
    return this.#attached(['run', '--sig-proxy=false', ...this.#container(spec)], attachment);
  }

  async signal(container: string, signal: 'TERM'): Promise<void> {
    const args = ['kill', `--signal=${signal}`, container];
    const result = await this.#call(args);
    if (result.exitCode !== 0 && !onlySays(result.stderr, /is not running|No such container/))
      throw failure(args, result);
  }

  async removeContainers(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const args = ['rm', '--force', '--volumes', ...names];
    const result = await this.#call(args);
    if (result.exitCode !== 0 && !onlySays(result.stderr, /No such container|already in progress/))
      throw failure(args, result);
  }

  async removeNetworks(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const args = ['network', 'rm', ...names];
    const result = await this.#call(args);
    if (result.exitCode !== 0 && !onlySays(result.stderr, /not found|No such network/)) throw failure(args, result);
  }

  async objectsOf(runId: string): Promise<{ containers: string[]; networks: string[] }> {
    const filter = `--filter=label=${RUN_LABEL}=${runId}`;
    const [containers, networks] = await Promise.all([
      this.#succeed(['ps', '--all', '--format={{.Names}}', filter]),
      this.#succeed(['network', 'ls', '--format={{.Name}}', filter]),
    ]);
    return { containers: lines(containers), networks: lines(networks) };
  }

  async places(): Promise<{ dataRoot: string | undefined; socket: string | undefined }> {
    const [dataRoot, host] = await Promise.all([
      this.#succeed(['info', '--format={{.DockerRootDir}}']),
      this.#succeed(['context', 'inspect', '--format={{.Endpoints.docker.Host}}']),
    ]);
    const socket = /^unix:\/\/(\/.+)$/.exec(host.trim())?.[1];
    return { dataRoot: dataRoot.trim() === '' ? undefined : dataRoot.trim(), socket };
  }

  async exitOf(container: string): Promise<{ exitCode: number; outOfMemory: boolean; error: string }> {
    const state = JSON.parse(await this.#succeed(['inspect', '--format={{json .State}}', container])) as {
      ExitCode: number;
      OOMKilled: boolean;
      Error: string;
    };
    return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled, error: state.Error };
  }

  #container(spec: ContainerSpec): string[] {
    this.#proxies ??= withoutClientProxies(process.env);
    return containerArgs({ ...spec, environment: { ...this.#proxies, ...spec.environment } });
  }

  /**
   * Gives a container its document and relays its output until it ends. A process of its own and not `exec`: the client
   * may end before it has read the document, and `exec` would let the broken pipe end us; and it must not get the
   * terminal's Ctrl-C, or the sidecars would die before the agent.
   *
   * @throws UserError when the container could not be started at all
   */
  async #attached(args: readonly string[], { input, later, onStdout, onStderr }: Attachment): Promise<number> {
    this.#debug(`docker ${args.join(' ')}`);
    const child = spawn((this.#path ??= locate()), args, { stdio: 'pipe', detached: true });
    let head = '';
    drain(child.stdout, onStdout);
    drain(child.stderr, (chunk) => {
      if (head.length < KEPT) head += chunk.toString();
      return onStderr(chunk);
    });
    child.stdin.on('error', () => undefined); // the exit code says why
    child.stdin.write(input);
    if (later === undefined) child.stdin.end();
    else void later.then((text) => child.stdin.end(text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    const code = exitCode ?? 1;
    if (code !== 0 && ENGINE_REFUSED.test(head)) throw failure(args, { exitCode: code, stdout: '', stderr: head });
    return code;
  }

  async #succeed(args: readonly string[]): Promise<string> {
    const result = await this.#call(args);
    if (result.exitCode !== 0) throw failure(args, result);
    return result.stdout;
  }

  /** Runs a command that reads nothing, to its end. @param onOutput gets both streams as they come */
  async #call(args: readonly string[], onOutput?: (chunk: Buffer) => void): Promise<Result> {
    this.#debug(`docker ${args.join(' ')}`);
    let stdout = '';
    let stderr = '';
    const exitCode = await exec(`"${(this.#path ??= locate())}"`, [...args], {
      silent: true,
      ignoreReturnCode: true,
      listeners: {
        stdout: (chunk) => {
          onOutput?.(chunk);
          stdout += chunk.toString();
        },
        stderr: (chunk) => {
          onOutput?.(chunk);
          stderr += chunk.toString();
        },
      },
    });
    return { exitCode, stdout, stderr };
  }
}

/**
 * Not `which` of `@actions/io`: that one says on standard output, which is the command's, what it may not look into.
 *
 * @throws UserError when there is no docker command
 */
function locate(): string {
  const paths = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  const found = paths.map((directory) => join(directory, 'docker')).find(isProgram);
  if (found !== undefined) return found;
  throw new UserError('There is no docker command in PATH.', {
    hint: 'Install the Docker command line; hosted ubuntu runners have it.',
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Reads a stream to its end, no faster than `sink` takes it. */
function drain(stream: Readable, sink: Sink): void {
  stream.on('data', (chunk: Buffer) => {
    const taken = sink(chunk);
    if (taken === undefined) return;
    stream.pause();
    void taken.then(() => stream.resume());
  });
}

/** Characters of a container's standard error that are looked at. */
const KEPT = 16_384;

/**
 * The client's own words when it could not start a container. Only at the very beginning of standard error, after its
 * warnings: what a container writes comes later and proves nothing.
 */
const ENGINE_REFUSED =
  /^(WARNING: .*\n)*(docker: |Error: )?(Error response from daemon: |failed to start containers|Cannot connect to the Docker daemon|permission denied while trying|error during connect|failed to connect to the docker API)/i;

/** What a user can mend, by the client's own words, and what to do. */
const REMEDIES = [
  {
    pattern: /Minimum memory limit allowed/i,
    message: 'memory: the limit is too small for a container.',
    hint: 'Write at least "6m"; agents want gigabytes.',
  },
  {
    pattern: /permission denied while trying to connect/i,
    message: 'The Docker engine refuses this user.',
    hint: 'Add the user to the docker group, or give access to the socket that DOCKER_HOST names.',
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect|failed to connect to the docker API/i,
    message: 'No Docker engine answers.',
    hint: 'Start one (systemctl start docker), or point DOCKER_HOST to one. Hosted ubuntu runners have one running.',
  },
];

function failure(args: readonly string[], result: Result): UserError {
  const said = lines(result.stderr);
  const remedy = REMEDIES.find(({ pattern }) => pattern.test(result.stderr));
  if (remedy) return new UserError(remedy.message, { hint: remedy.hint, cause: new Error(said.at(-1)) });
  const last =
    said.filter((line) => !/^(See 'docker|Run 'docker|exit status )/.test(line)).at(-1) ?? 'nothing on standard error';
  const verb = args.slice(0, args[0] === 'network' || args[0] === 'image' ? 2 : 1).join(' ');
  return new UserError(`docker ${verb} failed (exit code ${String(result.exitCode)}): ${last}`);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function onlySays(stderr: string, pattern: RegExp): boolean {
  return lines(stderr).every((line) => pattern.test(line) || /^exit status/.test(line));
}
