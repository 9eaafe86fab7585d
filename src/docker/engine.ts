import type { ContainerSpec, NetworkSpec } from './spec.ts';

/** What a container's process reads and where its output goes. */
export interface Attachment {
  /** Written to standard input, which is then closed, unless `later` is there. */
  readonly input: string;
  /** More for standard input, which stays open until then, or until the process ends. */
  readonly later: Promise<string> | undefined;
  readonly onStdout: Sink;
  readonly onStderr: Sink;
}

/** Takes output. What it returns is waited for before it gets more, so that a slow reader slows the writer down. */
export type Sink = (chunk: Buffer) => Promise<void> | undefined;

/** What the engine knows about an image. */
export interface ImageFacts {
  /** The platform that it was built for, such as `linux/amd64`. */
  readonly platform: string;
  /** The directories that it declares as volumes. */
  readonly volumes: readonly string[];
  /** When it was built, in milliseconds since the epoch. */
  readonly builtAt: number;
  /** True for a base image that was made on this machine, for want of a registry. */
  readonly isStandIn: boolean;
}

/** Everything that a run asks of a container engine. */
export interface Engine {
  /** The images of `names` that the engine has. */
  imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>>;
  /** Runs `docker build` with `args`. @param onLine receives its output */
  build(args: readonly string[], onLine: (line: string) => void): Promise<void>;
  pull(image: string): Promise<void>;
  /** @returns false when the subnet or the name is taken; every other failure throws */
  createNetwork(spec: NetworkSpec): Promise<boolean>;
  create(spec: ContainerSpec): Promise<void>;
  /** Attaches the container to a second network, on which the engine picks its address. */
  connect(container: string, network: string): Promise<void>;
  /** Starts a created container. @returns its exit code, when it has ended */
  start(container: string, attachment: Attachment): Promise<number>;
  /** Creates and starts. @returns the exit code, when it has ended */
  run(spec: ContainerSpec, attachment: Attachment): Promise<number>;
  /** Sends a signal; a container that is not running gets none. */
  signal(container: string, signal: 'TERM'): Promise<void>;
  /** Kills and removes containers with their volumes; those that are gone already do not count. */
  removeContainers(names: readonly string[]): Promise<void>;
  removeNetworks(names: readonly string[]): Promise<void>;
  /** The names of what carries the label of `runId`. */
  objectsOf(runId: string): Promise<{ containers: string[]; networks: string[] }>;
  /** Where on its machine the engine keeps what it has, and the socket that it is talked to by; undefined for another way. */
  places(): Promise<{ dataRoot: string | undefined; socket: string | undefined }>;
  /** True if the kernel killed a process of the container, which has ended, for want of memory. */
  ranOutOfMemory(container: string): Promise<boolean>;
}

/** Where the command's output goes. */
export interface Output {
  readonly stdout: Sink;
  readonly stderr: Sink;
}
