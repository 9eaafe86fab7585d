import { setTimeout as sleep } from 'node:timers/promises';
import { Sidecar } from './docker/attached.ts';
import type { Engine } from './docker/engine.ts';
import type { Topology } from './docker/topology.ts';
import { UserError } from './errors.ts';
import { Gate } from './gate.ts';
import { settleAll } from './settle.ts';
import { networkNames } from './shared/network.ts';
import { now, type Timings } from './timings.ts';

/** Where the command's output goes. */
export interface Output {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
}

/** What each container reads from standard input. */
export interface StartDocuments {
  readonly squid: string;
  readonly apiProxy: string;
  readonly agent: string;
}

/** Squid writes a tunnel's record when the tunnel has ended; killed at once, it would lose it. Milliseconds. */
const SQUID_GRACE = 50;
/** How long an interrupted start may go on creating things behind our back. Milliseconds. */
const SWEEP_LIMIT = 15_000;

/** The containers of one run: up, command, down. */
export class Sandbox {
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #timings: Timings;
  #containers: Topology | undefined;
  #sidecars: Sidecar[] = [];
  #agentEnded: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, runId: string, timings: Timings) {
    this.#engine = engine;
    this.#runId = runId;
    this.#timings = timings;
  }

  /**
   * Starts all containers at once; the agent's own pre-flight check is the gate.
   *
   * @returns the command's exit code
   * @throws UserError when a container cannot be started, a sidecar dies, the check fails, or `signal` ends the run
   */
  async execute(containers: Topology, documents: StartDocuments, output: Output, signal: AbortSignal): Promise<number> {
    this.#containers = containers;
    signal.throwIfAborted();
    const squid = new Sidecar('Squid', documents.squid, async (attachment) => {
      await this.#timings.measure('squid: create', () => this.#engine.create(containers.squid));
      await this.#timings.measure('squid: connect', () =>
        this.#engine.connect(containers.squid.name, networkNames(this.#runId).outer),
      );
      return this.#timings.measure('squid', () => this.#engine.start(containers.squid.name, attachment));
    });
    this.#sidecars.push(squid);
    const { apiProxy } = containers;
    if (apiProxy !== undefined) {
      this.#sidecars.push(
        new Sidecar('The api-proxy', documents.apiProxy, (attachment) =>
          this.#timings.measure('api-proxy', () => this.#engine.run(apiProxy, attachment)),
        ),
      );
    }
    const command = this.#command(containers, documents.agent, output);
    this.#agentEnded = command.catch(() => undefined);
    return Promise.race([command, ...this.#sidecars.map(({ died }) => died), aborted(signal)]);
  }

  async #command({ library, agent }: Topology, document: string, output: Output): Promise<number> {
    if (library !== undefined) await this.#timings.measure('library', () => this.#engine.create(library));
    const gate = new Gate(() => (this.#timings.startupMs = now()), output.stderr);
    const exitCode = await this.#timings.measure('agent', () =>
      this.#engine.run(agent, {
        input: document,
        onStdout: output.stdout,
        onStderr: (chunk) => {
          gate.push(chunk);
        },
      }),
    );
    if (!gate.passed) {
      throw new UserError(
        `The command was not started: ${gate.message || `the sandbox ended with ${String(exitCode)}`}`,
      );
    }
    if (exitCode === 137) await this.#explainKill(agent.name);
    return exitCode;
  }

  /** @throws UserError when the command was killed for its memory */
  async #explainKill(agent: string): Promise<void> {
    const { outOfMemory } = await this.#engine.exitOf(agent);
    if (outOfMemory) {
      throw new UserError('The command was killed: it needed more memory than the limit.', {
        hint: 'Raise the option memory.',
      });
    }
  }

  /**
   * Removes everything of this run, the agent first and the networks last.
   *
   * @param interrupted containers may still be in the making, so look for them until nothing is left
   */
  async remove(interrupted: boolean): Promise<void> {
    const from = now();
    for (const sidecar of this.#sidecars) sidecar.expectEnd();
    await this.#timings.measure('remove', () => (interrupted ? this.#sweep() : this.#removeInOrder()));
    this.#timings.teardownMs = now() - from;
  }

  async #removeInOrder(): Promise<void> {
    const containers = this.#containers;
    if (containers === undefined) return;
    const { squid, apiProxy, agent, library } = containers;
    await settleAll([
      this.#engine.removeContainers([agent, library].flatMap((container) => container?.name ?? [])),
      // Asked to end, it writes the last lines of its log.
      apiProxy && this.#engine.signal(apiProxy.name, 'TERM'),
    ]);
    await sleep(SQUID_GRACE);
    await this.#engine.removeContainers([squid, apiProxy].flatMap((container) => container?.name ?? []));
    const { internal, outer } = networkNames(this.#runId);
    await settleAll([this.#engine.removeNetworks([internal]), this.#engine.removeNetworks([outer])]);
  }

  async #sweep(): Promise<void> {
    const settled = Promise.all([this.#agentEnded, ...this.#sidecars.map(({ ended }) => ended)]).then(() => true);
    const limit = now() + SWEEP_LIMIT;
    for (;;) {
      await removeRun(this.#engine, this.#runId);
      if (await Promise.race([settled, sleep(100, false)])) break;
      if (now() > limit) throw new UserError(`The containers of run ${this.#runId} do not end.`);
    }
    await removeRun(this.#engine, this.#runId);
  }
}

/** Removes whatever carries the run's label; used where nothing else is known of the run. */
export async function removeRun(engine: Engine, runId: string): Promise<{ containers: number; networks: number }> {
  const { containers, networks } = await engine.objectsOf(runId);
  await engine.removeContainers(containers);
  await engine.removeNetworks(networks);
  return { containers: containers.length, networks: networks.length };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason instanceof Error ? signal.reason : new UserError('The run was ended.'));
    });
  });
}
