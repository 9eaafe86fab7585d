/**
 * A container engine in memory, with test programs instead of AWF's images. It knows what an engine knows, and none of
 * AWF's rules.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_BRIDGE } from '../../src/docker/default-bridge.ts';
import type {
  Attachment,
  Engine,
  FoundContainer,
  ImageFacts,
  Neighbour,
  RunObjects,
  Sink,
} from '../../src/docker/engine.ts';
import type { ContainerSpec, NetworkSpec, RunMark } from '../../src/docker/spec.ts';
import {
  ACCESS_LOG,
  API_PROXY_LOG_DIR,
  API_PROXY_LOG_FILE,
  COMMAND_MARKER,
  SQUID_LOG_DIR,
} from '../../src/shared/contract.ts';
import { roleOf, type Role } from '../../src/shared/network.ts';

export type Verb = keyof Engine;

/** Runs before a call is carried out. It may return a promise that delays the call, or throw the engine's error. */
export type OnCall = (verb: Verb, subject: string) => unknown;

/** What a container's program sees of the outside world. */
export interface ProgramIo {
  readonly spec: ContainerSpec;
  /** What was on standard input at the start. */
  readonly input: string;
  /** Resolves with what arrives on standard input later. */
  readonly later: Attachment['later'];
  /** Text written after the program was killed counts as output that was still on its way to the client. */
  readonly stdout: (text: string) => Promise<void>;
  readonly stderr: (text: string) => Promise<void>;
  /** Resolves when the program is asked to end or is killed. */
  readonly asked: Promise<void>;
  /** Fires when the program is killed. The program must then end, and its exit code no longer counts. */
  readonly signal: AbortSignal;
  /** The host path of what is mounted at `target` in the container of `role`. */
  readonly hostPath: (target: string, role?: Role) => string;
}

/** @returns the exit code */
export type Program = (io: ProgramIo) => Promise<number>;

export interface FakeEngineOptions {
  /** Runs in the agent's container after its pre-flight check. By default it exits with 0. */
  readonly command?: Program;
  /** Programs that replace whole images. */
  readonly programs?: Partial<Record<Role, Program>>;
  readonly onCall?: OnCall;
  /** What the engine knows about an image. By default it has every image, as AWF builds them. */
  readonly image?: (name: string) => ImageFacts | undefined;
  /** Whether the kernel killed the agent because it ran out of memory. */
  readonly outOfMemory?: boolean | (() => boolean);
  /** What differs in `docker info` from an ordinary engine on this machine. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** What it says about its default network. By default it has none. */
  readonly defaultBridge?: unknown;
  /** Where the client reaches the engine. */
  readonly endpoint?: string;
}

const FACTS = {
  ...{
    ServerVersion: '28.5.2',
    Name: hostname(),
    OSType: 'linux',
    Architecture: 'x86_64',
    SecurityOptions: ['name=seccomp,profile=builtin'],
  },
  ...{
    MemoryLimit: true,
    SwapLimit: true,
    PidsLimit: true,
    MemTotal: 16 * 1024 ** 3,
    DockerRootDir: '/var/lib/docker',
  },
};

/** The volume of a container. */
const volumeOf = (container: string): string => `volume of ${container}`;

/** The exit code with which a shell reports a process that SIGKILL ended. */
const KILLED = 137;

class FakeContainer {
  readonly spec: ContainerSpec;
  isRunning = false;
  readonly networks: Set<string>;
  readonly asked = Promise.withResolvers<undefined>();
  readonly ended = Promise.withResolvers<undefined>();
  readonly kill = new AbortController();

  constructor(spec: ContainerSpec) {
    this.spec = spec;
    this.networks = new Set([spec.network]);
  }

  /** Ends the program, as SIGTERM or SIGKILL does. */
  end(signal: 'TERM' | 'KILL'): void {
    if (!this.isRunning) return;
    this.asked.resolve(undefined);
    if (signal === 'TERM') return;
    this.isRunning = false;
    this.kill.abort();
  }
}

export class FakeEngine implements Engine {
  /** Every call, as `verb subject`. */
  readonly calls: string[] = [];
  readonly #containers = new Map<string, FakeContainer>();
  readonly #networks = new Map<string, NetworkSpec>();
  /** Anonymous volumes by the container that they were made for. */
  readonly #volumes = new Map<string, RunMark>();
  readonly #fetched = new Set<string>();
  readonly #options: FakeEngineOptions;

  constructor(options: FakeEngineOptions = {}) {
    this.#options = options;
  }

  /** The names of everything on the engine. */
  get left(): string[] {
    return [...this.#containers.keys(), ...this.#networks.keys(), ...[...this.#volumes.keys()].map(volumeOf)];
  }

  /** The names of the containers whose program is running. */
  get running(): string[] {
    return [...this.#containers.values()].filter(({ isRunning }) => isRunning).map(({ spec }) => spec.name);
  }

  async imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>> {
    await this.#called('imagesOf', names.join(' '));
    const image = (name: string): ImageFacts | undefined => {
      const fresh = { platform: 'linux/amd64', volumes: [], builtAt: Date.now(), isStandIn: false };
      return this.#options.image === undefined || this.#fetched.has(name) ? fresh : this.#options.image(name);
    };
    return new Map(
      names.flatMap((name): [string, ImageFacts][] => {
        const facts = image(name);
        return facts === undefined ? [] : [[name, facts]];
      }),
    );
  }

  async build(args: readonly string[], onLine: (line: string) => void): Promise<void> {
    const name = args.find((arg) => arg.startsWith('--tag='))?.slice('--tag='.length) ?? '';
    await this.#called('build', name);
    onLine(`Successfully tagged ${name}`);
    this.#fetched.add(name);
  }

  async pull(image: string): Promise<void> {
    await this.#called('pull', image);
    this.#fetched.add(image);
  }

  async tag(image: string, name: string): Promise<void> {
    await this.#called('tag', `${image} ${name}`);
    this.#fetched.add(name);
  }

  async containers(): Promise<FoundContainer[]> {
    await this.#called('containers', '');
    return [...this.#containers.values()].map(({ spec, isRunning }) => ({ name: spec.name, isRunning, mark: spec }));
  }

  async neighbours(prefix: string): Promise<Neighbour[]> {
    await this.#called('neighbours', prefix);
    return [];
  }

  async objectMarks(): Promise<RunMark[]> {
    await this.#called('objectMarks', '');
    return [...this.#networks.values(), ...this.#volumes.values()];
  }

  async defaultBridge(): Promise<unknown> {
    await this.#called('defaultBridge', '');
    return this.#options.defaultBridge;
  }

  async createNetwork(spec: NetworkSpec): Promise<boolean> {
    await this.#called('createNetwork', spec.name);
    const isTaken = [...this.#networks.values()].some(
      ({ name, subnet }) => name === spec.name || subnet === spec.subnet,
    );
    if (!isTaken) this.#networks.set(spec.name, spec);
    return !isTaken;
  }

  async create(spec: ContainerSpec): Promise<void> {
    await this.#called('create', spec.name);
    this.#create(spec);
  }

  async connect(container: string, network: string): Promise<void> {
    await this.#called('connect', `${container} ${network}`);
    if (network !== DEFAULT_BRIDGE || this.#options.defaultBridge === undefined) this.#requireNetwork(network);
    this.#container(container).networks.add(network);
  }

  async start(container: string, attachment: Attachment): Promise<number> {
    await this.#called('start', container);
    return this.#execute(this.#container(container), attachment);
  }

  async run(spec: ContainerSpec, attachment: Attachment): Promise<number> {
    await this.#called('run', spec.name);
    return this.#execute(this.#create(spec), attachment);
  }

  async terminate(container: string): Promise<void> {
    await this.#called('terminate', container);
    this.#container(container).end('TERM');
  }

  async stop(names: readonly string[], seconds: number): Promise<void> {
    if (names.length > 0) await this.#called('stop', `${seconds} ${names.join(' ')}`);
    const containers = names.flatMap((name) => this.#containers.get(name) ?? []);
    for (const container of containers) container.end('TERM');
    const running = containers.filter(({ isRunning }) => isRunning);
    await Promise.race([Promise.all(running.map(({ ended }) => ended.promise)), sleep(seconds * 1_000)]);
    for (const container of containers) container.end('KILL');
  }

  async removeContainers(names: readonly string[]): Promise<boolean> {
    if (names.length > 0) await this.#called('removeContainers', names.join(' '));
    const present = names.filter((name) => this.#containers.has(name));
    for (const name of present) {
      this.forget(name);
      this.#volumes.delete(name);
    }
    return present.length === names.length;
  }

  /** Removes a container as somebody else does it with `docker rm --force`, which leaves its volumes. */
  forget(name: string): void {
    this.#containers.get(name)?.end('KILL');
    this.#containers.delete(name);
  }

  async removeVolumes(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#called('removeVolumes', names.join(' '));
    for (const name of [...this.#volumes.keys()].filter((owner) => names.includes(volumeOf(owner)))) {
      if (this.#containers.has(name)) throw new Error(`volume is in use - [${name}]`);
      this.#volumes.delete(name);
    }
  }

  async removeNetworks(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#called('removeNetworks', names.join(' '));
    for (const name of names) {
      const isUsed = [...this.#containers.values()].some(({ isRunning, networks }) => isRunning && networks.has(name));
      if (isUsed) throw new Error(`network ${name} has active endpoints`);
      this.#networks.delete(name);
    }
  }

  async objectsOf(runId: string): Promise<RunObjects> {
    await this.#called('objectsOf', runId);
    return {
      volumes: [...this.#volumes].filter(([, mark]) => mark.runId === runId).map(([owner]) => volumeOf(owner)),
      containers: [...this.#containers.values()]
        .filter(({ spec }) => spec.runId === runId)
        .map(({ spec }) => spec.name),
      networks: [...this.#networks.values()].filter((spec) => spec.runId === runId).map(({ name }) => name),
    };
  }

  async endpoint(): Promise<string | undefined> {
    await this.#called('endpoint', '');
    return this.#options.endpoint ?? 'unix:///var/run/docker.sock';
  }

  async info(): Promise<unknown> {
    await this.#called('info', '');
    return { ...FACTS, ...this.#options.info };
  }

  async ranOutOfMemory(container: string): Promise<boolean> {
    await this.#called('ranOutOfMemory', container);
    const { outOfMemory = false } = this.#options;
    return typeof outOfMemory === 'function' ? outOfMemory() : outOfMemory;
  }

  async #called(verb: Verb, subject: string): Promise<void> {
    this.calls.push(`${verb} ${subject}`.trimEnd());
    await this.#options.onCall?.(verb, subject);
  }

  #create(spec: ContainerSpec): FakeContainer {
    if (this.#containers.has(spec.name)) throw new Error(`The container name "/${spec.name}" is already in use`);
    if (spec.network !== 'none') this.#requireNetwork(spec.network);
    for (const mount of spec.mounts) {
      if (mount.kind === 'bind' && !existsSync(mount.source)) {
        throw new Error(`invalid mount config for type "bind": bind source path does not exist: ${mount.source}`);
      }
    }
    const container = new FakeContainer(spec);
    this.#containers.set(spec.name, container);
    if (spec.mounts.some(({ kind }) => kind === 'image-files')) this.#volumes.set(spec.name, spec);
    return container;
  }

  #container(name: string): FakeContainer {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`No such container: ${name}`);
    return container;
  }

  #requireNetwork(name: string): void {
    if (!this.#networks.has(name)) throw new Error(`network ${name} not found`);
  }

  /** Runs a container's program to its end. */
  async #execute(container: FakeContainer, { input, later, onStdout, onStderr }: Attachment): Promise<number> {
    const { spec, asked, kill } = container;
    const role = roleOf(spec.name) ?? 'agent';
    const program = this.#options.programs?.[role] ?? this.#programOf(role);
    const writeTo =
      (sink: Sink) =>
      async (text: string): Promise<void> =>
        sink(Buffer.from(text));
    container.isRunning = true;
    try {
      const exitCode = await program({
        ...{ spec, input, later, asked: asked.promise, signal: kill.signal },
        stdout: writeTo(onStdout),
        stderr: writeTo(onStderr),
        hostPath: (target, of = role) => this.#hostPath(spec.runId, of, target),
      });
      return kill.signal.aborted ? KILLED : exitCode;
    } catch (error) {
      if (!kill.signal.aborted) throw error;
      return KILLED;
    } finally {
      container.isRunning = false;
      container.ended.resolve(undefined);
    }
  }

  #programOf(role: Role): Program {
    if (role === 'squid') return logging(SQUID_LOG_DIR, ACCESS_LOG);
    if (role === 'api-proxy') return logging(API_PROXY_LOG_DIR, API_PROXY_LOG_FILE);
    return async (io) => {
      await this.#sidecars(io);
      await io.stderr(COMMAND_MARKER);
      return (await this.#options.command?.(io)) ?? 0;
    };
  }

  /** Waits until the sidecars work that the pre-flight check is to wait for. */
  async #sidecars({ spec: { runId }, input, signal }: ProgramIo): Promise<void> {
    const works = (role: Role): boolean =>
      [...this.#containers.values()].some(
        ({ isRunning, spec }) => isRunning && spec.runId === runId && roleOf(spec.name) === role,
      );
    const needsApiProxy = /^(accepting|listening) /m.test(input);
    while (!works('squid') || (needsApiProxy && !works('api-proxy'))) await sleep(1, undefined, { signal });
  }

  #hostPath(runId: string, role: Role, target: string): string {
    const containers = [...this.#containers.values()].filter(({ spec }) => spec.runId === runId);
    const mounts = containers.find(({ spec }) => roleOf(spec.name) === role)?.spec.mounts ?? [];
    for (const mount of mounts) if (mount.kind === 'bind' && mount.target === target) return mount.source;
    throw new Error(`Nothing is mounted at ${target} for ${role}.`);
  }
}

/** A program that writes its log and runs until it is asked to end. */
function logging(directory: string, file: string): Program {
  return async (io) => {
    writeFileSync(join(io.hostPath(directory), file), '', { flag: 'a' });
    await io.asked;
    return 0;
  };
}
