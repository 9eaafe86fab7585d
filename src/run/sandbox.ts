import { setTimeout as sleep } from 'node:timers/promises';
import { AttachedContainer } from '../docker/attached-container.ts';
import type { Engine, Output } from '../docker/engine.ts';
import type { Topology } from '../docker/topology.ts';
import { UserError } from '../errors.ts';
import { Gate } from './gate.ts';
import { settleAll } from '../docker/settle.ts';
import { networkNames, roleOf } from '../shared/network.ts';
import { aborted } from './signals.ts';
import { TIMEOUT_EXIT_CODE, type TimeLimit } from './time-limit.ts';
import { now, type Timings } from './timings.ts';

/** What each container reads from standard input. */
export interface StartDocuments {
  readonly squid: string;
  readonly apiProxy: string;
  readonly agent: string;
}

/** Squid writes a tunnel's record when the tunnel has ended; killed at once, it would lose it. Milliseconds. */
const SQUID_GRACE = 50;
/** The same where nobody waits for a result, so that a slow machine loses no record either. Milliseconds. */
const SWEEP_GRACE = 300;
/** How long an interrupted start may go on creating things behind our back. Milliseconds. */
const SWEEP_LIMIT = 15_000;
/** How long the engine may go on with what a client asked for that has ended. Milliseconds. */
const ENGINE_PATIENCE = 300;
/** Between two looks at what is left. Milliseconds. */
const SWEEP_INTERVAL = 100;

/** What the agent's entrypoint reads when the command has to end; any line will do. */
const TIME_IS_OVER = 'the time is over\n';

/** The containers of one run: up, command, down. */
export class Sandbox {
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #timings: Timings;
  #containers: Topology | undefined;
  #sidecars: AttachedContainer[] = [];
  #outOfMemory = false;
  /** Calls of the engine that have not ended: each of them may still create something. */
  #running = 0;

  constructor(engine: Engine, runId: string, timings: Timings) {
    this.#engine = engine;
    this.#runId = runId;
    this.#timings = timings;
  }

  /**
   * Starts all containers at once; the agent's own pre-flight check is the gate.
   *
   * @param limit of the command's run time, which begins when the check has passed
   * @returns the command's exit code
   * @throws UserError when a container cannot be started, a sidecar dies, the check fails, or `signal` ends the run
   */
  async execute(
    containers: Topology,
    documents: StartDocuments,
    output: Output,
    limit: TimeLimit,
    signal: AbortSignal,
  ): Promise<number> {
    this.#containers = containers;
    signal.throwIfAborted();
    const squid = new AttachedContainer('Squid', documents.squid, async (attachment) => {
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
        new AttachedContainer('The api-proxy', documents.apiProxy, (attachment) =>
          this.#timings.measure('api-proxy', () => this.#engine.run(apiProxy, attachment)),
        ),
      );
    }
    const command = this.#command(containers, documents.agent, output, limit);
    for (const work of [command, ...this.#sidecars.map(({ ended }) => ended)]) this.#count(work);
    const exhausted = limit.exhausted.then(() => TIMEOUT_EXIT_CODE);
    try {
      const died = this.#sidecars.map((sidecar) => sidecar.died);
      const exitCode = await Promise.race([command, exhausted, ...died, aborted(signal)]);
      return limit.isReached ? TIMEOUT_EXIT_CODE : exitCode;
    } finally {
      limit.stop();
    }
  }

  /** True when the command was killed for its memory: its exit code, 137, does not say so. */
  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  async #command({ library, agent }: Topology, document: string, output: Output, limit: TimeLimit): Promise<number> {
    if (library !== undefined) await this.#timings.measure('library', () => this.#engine.create(library));
    const gate = new Gate(() => {
      this.#timings.startupMs = now();
      limit.start();
    }, output.stderr);
    const exitCode = await this.#timings.measure('agent', () =>
      this.#engine.run(agent, {
        input: `${String(Buffer.byteLength(document))}\n${document}`,
        later: limit.reached?.then(() => TIME_IS_OVER),
        onStdout: output.stdout,
        onStderr: (chunk) => gate.push(chunk),
      }),
    );
    if (!gate.passed) {
      throw new UserError(
        `The command was not started: ${gate.message || `the sandbox ended with ${String(exitCode)}`}`,
      );
    }
    if (exitCode === 137 && !limit.isReached) this.#outOfMemory = await this.#engine.ranOutOfMemory(agent.name);
    return exitCode;
  }

  #count(work: Promise<unknown>): void {
    this.#running += 1;
    const end = (): void => {
      this.#running -= 1;
    };
    work.then(end, end);
  }

  /**
   * Removes everything of this run, the agent first and the networks last.
   *
   * @param interrupted containers may still be in the making, so look for them until nothing is left
   * @param agentGone called when nothing of the command's runs any more, while the sidecars are being removed
   */
  async remove(interrupted: boolean, agentGone: () => void): Promise<void> {
    const from = now();
    for (const sidecar of this.#sidecars) sidecar.expectEnd();
    await this.#timings.measure('remove', async () => {
      if (!interrupted && (await this.#removeInOrder(agentGone))) return;
      await removeRun(this.#engine, this.#runId, () => this.#running === 0 && now() > from + ENGINE_PATIENCE);
    });
    this.#timings.teardownMs = now() - from;
  }

  /** From memory, without asking what is there. @returns false when something could not be removed */
  async #removeInOrder(agentGone: () => void): Promise<boolean> {
    if (this.#containers === undefined) return false;
    const names = Object.values(this.#containers).flatMap(
      (container: { name: string } | undefined) => container?.name ?? [],
    );
    const { internal, outer } = networkNames(this.#runId);
    try {
      await removeContainers(this.#engine, names, SQUID_GRACE, agentGone);
      await settleAll([this.#engine.removeNetworks([internal]), this.#engine.removeNetworks([outer])]);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Removes whatever carries the run's label, until nothing is left and nothing more can come.
 *
 * @param isSettled false while something may still be created
 * @param limitMs time limit
 * @returns how much was removed
 * @throws Error when something is left after the time limit
 */
export async function removeRun(
  engine: Engine,
  runId: string,
  isSettled: () => boolean,
  limitMs = SWEEP_LIMIT,
): Promise<{ containers: number; networks: number }> {
  const limit = now() + limitMs;
  const removed = { containers: new Set<string>(), networks: new Set<string>() };
  let failure: Error | undefined;
  for (;;) {
    // Asked before the look: what was created until now is seen by it.
    const settled = isSettled();
    const { containers, networks } = await engine.objectsOf(runId);
    const isGone = containers.length + networks.length === 0;
    if (isGone && (settled || now() > limit)) break;
    if (now() > limit) throw failure ?? new UserError(`The containers of run ${runId} do not end.`);
    for (const name of containers) removed.containers.add(name);
    for (const name of networks) removed.networks.add(name);
    try {
      await removeContainers(engine, containers, SWEEP_GRACE);
      await engine.removeNetworks(networks);
    } catch (error) {
      // A container that is being removed by somebody else, or one that has joined a network since: the next look tells.
      failure = error instanceof Error ? error : new Error(String(error));
    }
    await sleep(SWEEP_INTERVAL);
  }
  return { containers: removed.containers.size, networks: removed.networks.size };
}

/** The agent first and Squid last: the end of a tunnel is what makes Squid write its record. */
async function removeContainers(
  engine: Engine,
  names: readonly string[],
  grace: number,
  agentGone?: () => void,
): Promise<void> {
  const sidecars = names.filter((name) => ['squid', 'api-proxy'].includes(roleOf(name) ?? ''));
  const others = names.filter((name) => !sidecars.includes(name));
  await settleAll([
    engine.removeContainers(others).then(agentGone),
    // Asked to end, it closes its tunnels and writes the last lines of its log.
    ...sidecars.filter((name) => roleOf(name) === 'api-proxy').map((name) => engine.signal(name, 'TERM')),
  ]);
  if (sidecars.length > 0) await sleep(grace);
  await engine.removeContainers(sidecars);
}
