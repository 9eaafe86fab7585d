import type { Readable } from 'node:stream';
import type { ContainerSpec, NetworkSpec, RunMark } from './spec.ts';

/** The input of a container's process, and where its output goes. */
export interface Attachment {
  /** Written to standard input, which is then closed unless there is a `later`. */
  readonly input: string;
  /** Resolves with more input: all of it, or a stream. Standard input stays open until then, or until the process ends. */
  readonly later: Promise<string | Readable> | undefined;
  readonly onStdout: Sink;
  readonly onStderr: Sink;
}

/**
 * Accepts output. It gets no more until the promise that it returns is settled: a slow reader slows the writer down.
 */
export type Sink = (chunk: Buffer) => Promise<void> | undefined;

/** What the engine knows about an image. */
export interface ImageFacts {
  /** The platform that it was built for, such as `linux/amd64`. */
  readonly platform: string;
  /** The directories that it declares as volumes. */
  readonly volumes: readonly string[];
  /** When it was built, in milliseconds since the epoch. */
  readonly builtAt: number;
  /** True for a base image that was made on this machine because no registry answered. */
  readonly isStandIn: boolean;
}

/** A container of the engine, whoever made it. */
export interface FoundContainer {
  readonly name: string;
  readonly isRunning: boolean;
  /** Undefined if no run made it. */
  readonly mark: RunMark | undefined;
}

/** A container on a network, whoever made them. */
export interface Neighbour {
  readonly network: string;
  /** The names that other containers on the network know it by. */
  readonly names: readonly string[];
  readonly address: string;
}

/** The names of what the engine has of a run. */
export interface RunObjects {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** Everything that a run needs from a container engine. */
export interface Engine {
  /** Describes those images among `names` that the engine has. */
  imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>>;
  /** Runs `docker build` with `args`. @param onLine receives its output */
  build(args: readonly string[], onLine: (line: string) => void): Promise<void>;
  pull(image: string): Promise<void>;
  /** Gives an image a further name. */
  tag(image: string, name: string): Promise<void>;
  /** The engine's own description of its default network. Undefined if it has none. */
  defaultBridge(): Promise<unknown>;
  /** @returns false if the subnet or the name is taken. Every other failure throws. */
  createNetwork(spec: NetworkSpec): Promise<boolean>;
  create(spec: ContainerSpec): Promise<void>;
  /** Connects a container to a second network, on which the engine picks its address. */
  connect(container: string, network: string): Promise<void>;
  /** Starts a created container. @returns its exit code, once it has ended */
  start(container: string, attachment: Attachment): Promise<number>;
  /** Creates and starts a container. @returns its exit code, once it has ended */
  run(spec: ContainerSpec, attachment: Attachment): Promise<number>;
  /** Sends SIGTERM to the first process of a running container. */
  terminate(container: string): Promise<void>;
  /**
   * Asks containers to end, waits until they have, and kills those that have not after `seconds`. Containers that are gone
   * already are no failure.
   */
  stop(names: readonly string[], seconds: number): Promise<void>;
  /**
   * Kills and removes containers with their volumes. Containers that are gone already are no failure. Afterwards their
   * names are free, also where somebody else had begun to remove them.
   *
   * @returns false if one was gone already: whoever removed it may have left its volumes
   */
  removeContainers(names: readonly string[]): Promise<boolean>;
  /** Removes networks. Networks that are gone already are no failure. */
  removeNetworks(names: readonly string[]): Promise<void>;
  /** Removes volumes. Volumes that are gone already are no failure. */
  removeVolumes(names: readonly string[]): Promise<void>;
  /** Lists every container of the engine, whether it runs or not. */
  containers(): Promise<FoundContainer[]>;
  /** Lists the running containers that are on a network whose name begins with `prefix`. */
  neighbours(prefix: string): Promise<Neighbour[]>;
  /** Lists the networks and volumes of all runs, as the runs that they belong to. */
  objectMarks(): Promise<RunMark[]>;
  /** Names everything that carries the label of the run. */
  objectsOf(runId: string): Promise<RunObjects>;
  /**
   * Where the client reaches the engine, for example `unix:///var/run/docker.sock`. The engine itself is not asked.
   * Undefined if the client does not tell, as Podman's.
   */
  endpoint(): Promise<string | undefined>;
  /** The engine's own description of itself, as `docker info` shows it. */
  info(): Promise<unknown>;
  /** True if the kernel killed a process of the container, which has ended, because it used too much memory. */
  ranOutOfMemory(container: string): Promise<boolean>;
}

/** Where the command's output goes. */
export interface Output {
  readonly stdout: Sink;
  readonly stderr: Sink;
}
