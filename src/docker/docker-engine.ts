import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { DockerClient } from './client.ts';
import { relayOutput } from './container-output.ts';
import { DEFAULT_BRIDGE } from './default-bridge.ts';
import { EngineApi, type Call } from './engine-api.ts';
import { EngineLocation } from './engine-location.ts';
import type { Attachment, Engine, FoundContainer, ImageFacts, Neighbour, RunObjects } from './engine.ts';
import { failure, refusal, removed, type Refusal } from './failure.ts';
import { imageFacts, type InspectedImage } from './image-facts.ts';
import { containerName, foundContainer, labelled, type Listed } from './listed.ts';
import { neighboursIn } from './neighbours.ts';
import { settleAll } from './settle.ts';
import {
  containerBody,
  markOf,
  networkBody,
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

const NOT_FOUND = 404;
const ALREADY_REMOVING = /removal of container .* is already in progress/i;

/** The exit code of a container whose program was killed. Removing a container that runs kills it first. */
const KILLED = 137;

/** What is read of one container. */
interface InspectedContainer {
  readonly State?: { readonly OOMKilled?: boolean; readonly Status?: string };
  readonly NetworkSettings?: { readonly Networks?: unknown };
}

/** The slashes of a name stay as they are. */
const imagePath = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/**
 * The Docker engine that the docker client is set to. It is asked through its API: a process of the client for each
 * question would take as long as the engine's own work. What only the client can do, it does: builds, pulls, and finding
 * an engine that is not behind a socket of this machine.
 */
export class DockerEngine implements Engine {
  readonly #client: DockerClient;
  readonly #location: EngineLocation;
  readonly #api: EngineApi;

  constructor(debug: (message: string) => void) {
    this.#client = new DockerClient(debug);
    this.#location = new EngineLocation(this.#client);
    this.#api = new EngineApi(this.#location, debug);
  }

  async imagesOf(names: readonly string[]): Promise<ReadonlyMap<string, ImageFacts>> {
    const found = await Promise.all(
      names.map(async (name): Promise<[string, ImageFacts][]> => {
        const goal = `describe the image ${name}`;
        const image = await this.#find({ method: 'GET', path: `/images/${imagePath(name)}/json`, goal });
        return image === undefined ? [] : [[name, imageFacts(image as InspectedImage)]];
      }),
    );
    return new Map(found.flat());
  }

  async build(args: readonly string[], onLine: (line: string) => void): Promise<void> {
    const result = await this.#client.call(['build', ...args], onLine, ENGINES_OWN_BUILDER);
    if (result.exitCode !== 0) throw failure(['build'], result);
  }

  async pull(image: string): Promise<void> {
    await this.#client.succeed(['pull', '--quiet', image]);
  }

  async tag(image: string, name: string): Promise<void> {
    const [repo = '', tag = ''] = name.split(/:(?=[^:/]*$)/);
    const goal = `name the image ${image} ${name}`;
    await this.#api.ask({ method: 'POST', path: `/images/${imagePath(image)}/tag`, query: { repo, tag }, goal });
  }

  async defaultBridge(): Promise<unknown> {
    return this.#find({ method: 'GET', path: `/networks/${DEFAULT_BRIDGE}`, goal: 'describe its default network' });
  }

  async createNetwork(spec: NetworkSpec): Promise<boolean> {
    const goal = `create the network ${spec.name}`;
    const isTaken = ({ reason }: Refusal): boolean =>
      /overlaps with other one|already exists|conflicts with network/i.test(reason);
    const call = { method: 'POST', path: '/networks/create', body: networkBody(spec), goal } as const;
    const made = await this.#api.askUnless(call, (refused) => {
      if (isTaken(refused)) return undefined;
      throw refusal(goal, refused);
    });
    return made !== undefined;
  }

  async create(spec: ContainerSpec): Promise<void> {
    const goal = `create the container ${spec.name}`;
    const query = { name: spec.name };
    await this.#api.ask({ method: 'POST', path: '/containers/create', query, body: containerBody(spec), goal });
  }

  async connect(container: string, network: string): Promise<void> {
    const goal = `connect ${container} with the network ${network}`;
    await this.#api.ask({ method: 'POST', path: `/networks/${network}/connect`, body: { Container: container }, goal });
  }

  async start(container: string, { input, later, onStdout, onStderr }: Attachment): Promise<number> {
    const stream = await this.#api.attach(container);
    // A container that has ended reads nothing more. Its exit code tells why.
    stream.on('error', () => undefined);
    stream.write(input);
    if (later === undefined) stream.end();
    else
      void later.then((more) => {
        if (stream.destroyed) return;
        if (typeof more === 'string') stream.end(more);
        else more.pipe(stream);
      });
    try {
      await this.#act(container, 'start');
      await relayOutput(stream, onStdout, onStderr);
    } finally {
      stream.destroy();
    }
    return this.#exitCode(container);
  }

  async run(spec: ContainerSpec, attachment: Attachment): Promise<number> {
    await this.create(spec);
    return this.start(spec.name, attachment);
  }

  async terminate(container: string): Promise<void> {
    await this.#act(container, 'kill', { signal: 'TERM' });
  }

  async stop(names: readonly string[], seconds: number): Promise<void> {
    await settleAll(names.map((name) => this.#act(name, 'stop', { t: String(seconds) }, NOT_FOUND)));
  }

  async removeContainers(names: readonly string[]): Promise<boolean> {
    const removed = await settleAll(names.map((name) => this.#removeContainer(name)));
    return removed.every(Boolean);
  }

  async removeNetworks(names: readonly string[]): Promise<void> {
    await settleAll(names.map((name) => this.#remove('networks', name)));
  }

  async removeVolumes(names: readonly string[]): Promise<void> {
    await settleAll(names.map((name) => this.#remove('volumes', name)));
  }

  async containers(): Promise<FoundContainer[]> {
    const found = await this.#containers({ all: '1' });
    return found.map(foundContainer);
  }

  async neighbours(prefix: string): Promise<Neighbour[]> {
    const inspected = await Promise.all((await this.#containers({})).map(({ Id = '' }) => this.#inspect(Id)));
    return inspected.flatMap((container) => neighboursIn(container?.NetworkSettings?.Networks ?? {}, prefix));
  }

  async objectMarks(): Promise<RunMark[]> {
    const found = await Promise.all([this.#networks(RUN_LABEL), this.#volumes(RUN_LABEL)]);
    return found.flat().flatMap(({ Labels }) => markOf(Labels) ?? []);
  }

  async objectsOf(runId: string): Promise<RunObjects> {
    const label = `${RUN_LABEL}=${runId}`;
    const [containers, networks, volumes] = await Promise.all([
      this.#containers({ all: '1', ...labelled(label) }),
      this.#networks(label),
      this.#volumes(label),
    ]);
    const nameOf = ({ Name = '' }: Listed): string => Name;
    return { containers: containers.map(containerName), networks: networks.map(nameOf), volumes: volumes.map(nameOf) };
  }

  endpoint(): Promise<string | undefined> {
    return this.#location.endpoint();
  }

  async info(): Promise<unknown> {
    return this.#api.ask({ method: 'GET', path: '/info', goal: 'tell what it is' });
  }

  async ranOutOfMemory(container: string): Promise<boolean> {
    return (await this.#inspect(container))?.State?.OOMKilled === true;
  }

  async #act(
    container: string,
    verb: 'start' | 'stop' | 'kill',
    query: Readonly<Record<string, string>> = {},
    harmless?: number,
  ): Promise<void> {
    const goal = `${verb} the container ${container}`;
    await this.#api.askUnless({ method: 'POST', path: `/containers/${container}/${verb}`, query, goal }, (refused) => {
      if (refused.status !== harmless) throw refusal(goal, refused);
    });
  }

  /** @returns the exit code of a container that was started, once it has ended @throws UserError if it was removed */
  async #exitCode(container: string): Promise<number> {
    const goal = `wait for the container ${container}`;
    const path = `/containers/${container}/wait`;
    const ended = await this.#find({ method: 'POST', path, goal, isOpenEnded: true });
    const code = (ended as { readonly StatusCode: number } | undefined)?.StatusCode ?? KILLED;
    if (code === KILLED && (await this.#isRemoved(container))) throw removed(container);
    return code;
  }

  async #isRemoved(container: string): Promise<boolean> {
    const status = (await this.#inspect(container))?.State?.Status;
    return status === undefined || status === 'removing';
  }

  /** @returns false if somebody else has removed it, or does so */
  async #removeContainer(name: string): Promise<boolean> {
    const goal = `remove the container ${name}`;
    const call = { method: 'DELETE', path: `/containers/${name}`, query: { force: '1', v: '1' }, goal } as const;
    const refused = await this.#api.askUnless(call, (refused) => {
      if (refused.status === NOT_FOUND || ALREADY_REMOVING.test(refused.reason)) return refused;
      throw refusal(goal, refused);
    });
    if (refused === undefined) return true;
    await this.#gone(name);
    return false;
  }

  /** Waits until the engine has removed a container that somebody else asked it to remove: until then it keeps its name. */
  async #gone(name: string): Promise<void> {
    const limit = performance.now() + REMOVAL_LIMIT_MS;
    while ((await this.#inspect(name)) !== undefined) {
      if (performance.now() > limit) throw new UserError(`The Docker engine does not finish the removal of ${name}.`);
      await sleep(REMOVAL_INTERVAL_MS);
    }
  }

  async #remove(kind: 'networks' | 'volumes', name: string): Promise<void> {
    await this.#find({ method: 'DELETE', path: `/${kind}/${name}`, goal: `remove ${name}` });
  }

  async #containers(query: Readonly<Record<string, string>>): Promise<readonly Listed[]> {
    const goal = 'list its containers';
    return (await this.#api.ask({ method: 'GET', path: '/containers/json', query, goal })) as readonly Listed[];
  }

  async #networks(label: string): Promise<readonly Listed[]> {
    const goal = 'list its networks';
    return (await this.#api.ask({
      method: 'GET',
      path: '/networks',
      query: labelled(label),
      goal,
    })) as readonly Listed[];
  }

  async #volumes(label: string): Promise<readonly Listed[]> {
    const goal = 'list its volumes';
    const found = await this.#api.ask({ method: 'GET', path: '/volumes', query: labelled(label), goal });
    return (found as { readonly Volumes?: readonly Listed[] | null }).Volumes ?? [];
  }

  async #inspect(container: string): Promise<InspectedContainer | undefined> {
    const goal = `describe the container ${container}`;
    const found = await this.#find({ method: 'GET', path: `/containers/${container}/json`, goal });
    return found as InspectedContainer | undefined;
  }

  /** @returns undefined if what the call is about does not exist */
  async #find(call: Call): Promise<unknown> {
    return this.#api.askUnless(call, (refused) => {
      if (refused.status !== NOT_FOUND) throw refusal(call.goal, refused);
    });
  }
}
