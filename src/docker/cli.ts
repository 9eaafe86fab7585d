import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { clientEndpoint, withoutClientProxies } from './client-config.ts';
import { DockerClient } from './client.ts';
import { DEFAULT_BRIDGE } from './default-bridge.ts';
import type { Attachment, Engine, FoundContainer, ImageFacts, Neighbour, RunObjects } from './engine.ts';
import { neighboursIn } from './neighbours.ts';
import { failure, hasOnly, nonEmptyLines } from './failure.ts';
import { parseImageFacts } from './image-facts.ts';
import {
  containerArgs,
  KEPT_LABEL,
  networkArgs,
  OWNER_LABEL,
  RUN_LABEL,
  type ContainerSpec,
  type NetworkSpec,
  type RunMark,
} from './spec.ts';

/** How long the engine may take over a removal that somebody else began. Milliseconds. */
const REMOVAL_LIMIT_MS = 10_000;
/** Between two looks at it. Milliseconds. */
const REMOVAL_INTERVAL_MS = 50;

/**
 * A job may have chosen a builder that runs in a container of its own, as `docker/setup-buildx-action` does. Such a
 * builder keeps what it builds, and the engine would never have the image. `default` is the engine of the client's
 * current context. A client without buildx does not read the variable.
 */
const ENGINES_OWN_BUILDER = { BUILDX_BUILDER: 'default' };

/** Between the fields of a line. None of them contains it. */
const SEPARATOR = '|';
/** The labels of a run, as the client prints them. */
const MARK_FORMAT = [RUN_LABEL, OWNER_LABEL, KEPT_LABEL].map((label) => `{{.Label "${label}"}}`);

/** Reads what {@link MARK_FORMAT} printed. @returns undefined for what no run made */
function markOf([runId = '', owner = '', kept]: readonly string[]): RunMark | undefined {
  if (runId === '') return undefined;
  return { runId, owner: owner === '' ? undefined : owner, isKept: kept === 'true' };
}

/**
 * The engine behind the `docker` command line: contexts and `DOCKER_HOST` work, and every call can be pasted into a
 * terminal.
 */
export class DockerCli implements Engine {
  readonly #client: DockerClient;
  #proxies: Readonly<Record<string, string>> | undefined;

  constructor(debug: (message: string) => void) {
    this.#client = new DockerClient(debug);
  }

  async imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>> {
    const result = await this.#client.call(['image', 'inspect', '--format={{json .}}', '--', ...names]);
    const complaints = nonEmptyLines(result.stderr).map((line) => line.toLowerCase());
    const isMissing = (name: string): boolean =>
      complaints.some((line) => line.endsWith(`no such image: ${name.toLowerCase()}`));
    const present = result.exitCode === 0 ? names : names.filter((name) => !isMissing(name));
    if (result.exitCode !== 0 && present.length === names.length) throw failure(['image', 'inspect'], result);
    // One line per image, in the order of `names`.
    const lines = nonEmptyLines(result.stdout);
    return new Map(present.map((name, index) => [name, parseImageFacts(lines[index] ?? '{}')]));
  }

  async build(args: readonly string[], onLine: (line: string) => void): Promise<void> {
    const result = await this.#client.call(['build', ...args], onLine, ENGINES_OWN_BUILDER);
    if (result.exitCode !== 0) throw failure(['build'], result);
  }

  async pull(image: string): Promise<void> {
    await this.#client.succeed(['pull', '--quiet', image]);
  }

  async tag(image: string, name: string): Promise<void> {
    await this.#client.succeed(['tag', image, name]);
  }

  async defaultBridge(): Promise<string | undefined> {
    const { exitCode, stdout } = await this.#client.call(['network', 'inspect', '--format={{json .}}', DEFAULT_BRIDGE]);
    return exitCode === 0 ? stdout : undefined;
  }

  async createNetwork(spec: NetworkSpec): Promise<boolean> {
    const args = ['network', 'create', ...networkArgs(spec)];
    const result = await this.#client.call(args);
    if (result.exitCode === 0) return true;
    if (/overlaps with other one|already exists|conflicts with network/i.test(result.stderr)) return false;
    throw failure(args, result);
  }

  async create(spec: ContainerSpec): Promise<void> {
    await this.#client.succeed(['create', ...this.#container(spec)]);
  }

  async connect(container: string, network: string): Promise<void> {
    await this.#client.succeed(['network', 'connect', network, container]);
  }

  start(container: string, attachment: Attachment): Promise<number> {
    return this.#client.attach(['start', '--attach', '--interactive', container], attachment);
  }

  run(spec: ContainerSpec, attachment: Attachment): Promise<number> {
    return this.#client.attach(['run', '--sig-proxy=false', ...this.#container(spec)], attachment);
  }

  async terminate(container: string): Promise<void> {
    await this.#client.succeed(['kill', '--signal=TERM', container]);
  }

  async stop(names: readonly string[], seconds: number): Promise<void> {
    if (names.length === 0) return;
    // The long name of this option differs between versions of the client.
    await this.#succeedUnless(['stop', '-t', String(seconds), ...names], /No such container/);
  }

  async removeContainers(names: readonly string[]): Promise<boolean> {
    if (names.length === 0) return true;
    const args = ['rm', '--force', '--volumes', ...names];
    const stderr = await this.#succeedUnless(args, /No such container|already in progress/);
    if (/already in progress/.test(stderr)) await this.#gone(names);
    return !/No such container|already in progress/.test(stderr);
  }

  async removeNetworks(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#succeedUnless(['network', 'rm', ...names], /not found|No such network/);
  }

  async removeVolumes(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#succeedUnless(['volume', 'rm', ...names], /no such volume/i);
  }

  async containers(): Promise<FoundContainer[]> {
    const format = ['{{.Names}}', '{{.Status}}', ...MARK_FORMAT].join(SEPARATOR);
    const lines = nonEmptyLines(await this.#client.succeed(['ps', '--all', `--format=${format}`]));
    return lines.map((line) => {
      const [name = '', status = '', ...labels] = line.split(SEPARATOR);
      // The other states are Created, Exited, Dead and Removal In Progress.
      return { name, isRunning: /^(Up|Restarting)/.test(status), mark: markOf(labels) };
    });
  }

  async neighbours(prefix: string): Promise<Neighbour[]> {
    const ids = nonEmptyLines(await this.#client.succeed(['ps', '--quiet']));
    if (ids.length === 0) return [];
    // A container that has ended meanwhile makes the call fail, and the others are printed all the same.
    const format = '--format={{json .NetworkSettings.Networks}}';
    const { stdout } = await this.#client.call(['container', 'inspect', format, ...ids]);
    return nonEmptyLines(stdout).flatMap((line) => neighboursIn(JSON.parse(line), prefix));
  }

  async objectMarks(): Promise<RunMark[]> {
    const options = ['ls', `--filter=label=${RUN_LABEL}`, `--format=${MARK_FORMAT.join(SEPARATOR)}`];
    const asked = ['network', 'volume'].map((kind) => this.#client.succeed([kind, ...options]));
    const lines = nonEmptyLines((await Promise.all(asked)).join('\n'));
    return lines.flatMap((line) => markOf(line.split(SEPARATOR)) ?? []);
  }

  async objectsOf(runId: string): Promise<RunObjects> {
    const filter = `--filter=label=${RUN_LABEL}=${runId}`;
    const [containers = [], networks = [], volumes = []] = await Promise.all(
      [
        ['ps', '--all', '--format={{.Names}}'],
        ['network', 'ls', '--format={{.Name}}'],
        ['volume', 'ls', '--format={{.Name}}'],
      ].map(async (args) => nonEmptyLines(await this.#client.succeed([...args, filter]))),
    );
    return { containers, networks, volumes };
  }

  async endpoint(): Promise<string | undefined> {
    const known = clientEndpoint(process.env);
    if (known !== undefined) return known;
    const result = await this.#client.call(['context', 'inspect', '--format={{.Endpoints.docker.Host}}']);
    return result.exitCode === 0 ? result.stdout.trim() : undefined;
  }

  async info(): Promise<string> {
    return this.#client.succeed(['info', '--format={{json .}}']);
  }

  async ranOutOfMemory(container: string): Promise<boolean> {
    return (await this.#client.succeed(['inspect', '--format={{.State.OOMKilled}}', container])).trim() === 'true';
  }

  /** Waits until the engine has removed containers that somebody else asked it to remove: until then it keeps their names. */
  async #gone(names: readonly string[]): Promise<void> {
    const limit = performance.now() + REMOVAL_LIMIT_MS;
    for (;;) {
      const there = (await this.containers()).map(({ name }) => name);
      const left = names.filter((name) => there.includes(name));
      if (left.length === 0) return;
      if (performance.now() > limit)
        throw new UserError(`The engine does not finish the removal of ${left.join(', ')}.`);
      await sleep(REMOVAL_INTERVAL_MS);
    }
  }

  /**
   * Runs a command whose goal may be reached already: `harmless` matches what the client then complains about.
   *
   * @returns standard error
   */
  async #succeedUnless(args: readonly string[], harmless: RegExp): Promise<string> {
    const result = await this.#client.call(args);
    if (result.exitCode !== 0 && !hasOnly(result.stderr, harmless)) throw failure(args, result);
    return result.stderr;
  }

  #container(spec: ContainerSpec): string[] {
    this.#proxies ??= withoutClientProxies(process.env);
    return containerArgs({ ...spec, environment: { ...this.#proxies, ...spec.environment } });
  }
}
