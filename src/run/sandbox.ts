import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttachedContainer } from '../docker/attached-container.ts';
import type { Attachment, Engine, Output } from '../docker/engine.ts';
import type { ContainerSpec } from '../docker/spec.ts';
import type { Topology } from '../docker/topology.ts';
import { UserError } from '../errors.ts';
import type { CommandInput } from './command-input.ts';
import { Gate, HeldOutput } from './gate.ts';
import { ENGINE_SETTLING_MS, OUT_OF_MEMORY_INTERVAL_MS, OUT_OF_MEMORY_NOTE_MS } from './limits.ts';
import { removeInOrder, removeRun, stopRun } from './removal.ts';
import { aborted } from './signals.ts';
import { StartOrder } from './start-order.ts';
import { TIMEOUT_EXIT_CODE, type TimeLimit } from './time-limit.ts';
import { now, type Timings } from './timings.ts';

/** What each container reads from standard input. */
export interface StartDocuments {
  readonly squid: string;
  readonly apiProxy: string;
  readonly agent: string;
}

/** How the command ended. */
export interface Ending {
  /** The command's own; 124 when it ran out of time, 1 when something else made the run end it. */
  readonly exitCode: number;
  readonly timedOut: boolean;
}

/** The exit code of a command that SIGKILL ended. The kernel kills so for want of memory, and others may too. */
export const KILLED_EXIT_CODE = 137;

/** How often the agent's container is tried: each time, something of the host's may have gone in the same moment. */
const AGENT_TRIES = 3;

/** The agent's entrypoint ends the command when it reads a line. Any line will do. */
const TIME_IS_OVER = 'the time is over\n';

/** How a command ends that had to. Its own exit code says only that it did. */
const stoppedBy = ({ reason }: TimeLimit): Ending =>
  reason === undefined ? { exitCode: TIMEOUT_EXIT_CODE, timedOut: true } : { exitCode: 1, timedOut: false };

/** How the agent's container ended, and whether its command had started. */
interface AgentEnd {
  readonly exitCode: number;
  readonly gate: Gate;
}

/** The containers of one run: up, command, down. */
export class Sandbox {
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #timings: Timings;
  readonly #onSidecarLine: (line: string) => void;
  readonly #input: CommandInput | undefined;
  #containers: Topology | undefined;
  #sidecars: AttachedContainer[] = [];
  #commandStarted = false;
  readonly #onStart: () => void;
  readonly #start = Promise.withResolvers<undefined>();
  readonly #order = new StartOrder();
  #agentHasEnded = false;
  /** True once the run has ended, for whatever reason. */
  #isOver = false;
  /** Calls of the engine that have not ended: each of them may still create something. */
  #running = 0;

  /**
   * @param on `sidecarLine` gets each line that the api-proxy writes to standard output; `start` is called before the first
   *   output of the command is passed on
   * @param input the command's standard input; empty without it
   */
  constructor(
    engine: Engine,
    runId: string,
    timings: Timings,
    on: { readonly sidecarLine: (line: string) => void; readonly start: () => void },
    input?: CommandInput,
  ) {
    this.#engine = engine;
    this.#runId = runId;
    this.#timings = timings;
    this.#onSidecarLine = on.sidecarLine;
    this.#onStart = on.start;
    this.#input = input;
  }

  /** True once the engine was asked for the containers: until then nothing of the command can run. */
  get agentAsked(): boolean {
    return this.#containers !== undefined;
  }

  /** True once the pre-flight check let the command start: from then on both sidecars have logs. */
  get commandStarted(): boolean {
    return this.#commandStarted;
  }

  /** Resolves when the command starts; it may never. */
  get started(): Promise<void> {
    return this.#start.promise;
  }

  /**
   * Starts all containers at once; the agent's own pre-flight check is the gate.
   *
   * @param lookAgain is asked when the engine refuses the agent's container, and plans another one if the host has changed
   * @param limit of the command's run time, which begins when the check has passed
   * @throws UserError when a container cannot be started, a sidecar dies, the check fails, or `signal` ends the run
   */
  async execute(
    containers: Topology,
    documents: StartDocuments,
    lookAgain: (refused: ContainerSpec) => ContainerSpec | undefined,
    output: Output,
    limit: TimeLimit,
    signal: AbortSignal,
  ): Promise<Ending> {
    signal.throwIfAborted();
    this.#containers = containers;
    this.#startSidecars(containers, documents);
    const command = this.#command(containers, documents.agent, lookAgain, output, limit);
    for (const work of [command, ...this.#sidecars.map(({ ended }) => ended)]) this.#count(work);
    try {
      const died = this.#sidecars.map((sidecar) => sidecar.died);
      const ending = await Promise.race([command, limit.exhausted, ...died, aborted(signal)]);
      return limit.isReached || ending === undefined ? stoppedBy(limit) : ending;
    } finally {
      this.#isOver = true;
      limit.stop();
      this.#input?.close();
      this.#timings.commandEnded();
    }
  }

  /** Asks the engine why the command was killed. @throws Error when the engine does not tell */
  async ranOutOfMemory(): Promise<boolean> {
    if (this.#containers === undefined) return false;
    const limit = now() + OUT_OF_MEMORY_NOTE_MS;
    while (!(await this.#engine.ranOutOfMemory(this.#containers.agent.name))) {
      if (now() > limit) return false;
      await sleep(OUT_OF_MEMORY_INTERVAL_MS);
    }
    return true;
  }

  #startSidecars({ squid, apiProxy }: Topology, documents: StartDocuments): void {
    this.#sidecars.push(
      new AttachedContainer('Squid', documents.squid, async (attachment) => {
        await this.#createSquid(squid).finally(() => {
          this.#order.squidIsAhead();
        });
        return this.#timings.measure('squid', () => this.#engine.start(squid.name, attachment));
      }),
    );
    if (apiProxy === undefined) return;
    this.#sidecars.push(
      new AttachedContainer(
        'The api-proxy',
        documents.apiProxy,
        (attachment) => this.#inTurn('api-proxy', () => this.#engine.run(apiProxy, attachment)),
        this.#onSidecarLine,
      ),
    );
  }

  async #createSquid(squid: ContainerSpec): Promise<void> {
    await this.#timings.measure('squid: create', () => this.#engine.create(squid));
    const { wayOut } = squid;
    if (wayOut === undefined) return;
    await this.#timings.measure('squid: connect', () => this.#engine.connect(squid.name, wayOut));
  }

  async #inTurn<T>(container: 'api-proxy' | 'agent', start: () => Promise<T>): Promise<T> {
    await this.#order.turnOf(container);
    if (this.#isOver) throw new Error(`The run was over before the ${container} was created.`);
    return this.#timings.measure(container, start);
  }

  async #command(
    { library, agent }: Topology,
    document: string,
    lookAgain: (refused: ContainerSpec) => ContainerSpec | undefined,
    output: Output,
    limit: TimeLimit,
  ): Promise<Ending> {
    if (library !== undefined) await this.#timings.measure('library', () => this.#engine.create(library));
    const streams = { input: `${Buffer.byteLength(document)}\n${document}`, later: this.#later(agent.name, limit) };
    const run = (spec: ContainerSpec): Promise<AgentEnd> => this.#runAgent(spec, streams, output, limit);
    const { exitCode, gate } = await this.#inTurn('agent', () => this.#unlessRefused(agent, run, lookAgain));
    this.#agentHasEnded = true;
    if (!gate.passed) {
      throw new UserError(`The command was not started: ${gate.message || `the sandbox ended with ${exitCode}`}`);
    }
    return { exitCode, timedOut: false };
  }

  /** Runs the agent, and once more if the engine refused it and the host has changed. A run that is over starts nothing. */
  async #unlessRefused(
    agent: ContainerSpec,
    run: (spec: ContainerSpec) => Promise<AgentEnd>,
    lookAgain: (refused: ContainerSpec) => ContainerSpec | undefined,
  ): Promise<AgentEnd> {
    let spec = agent;
    for (let tries = 1; ; tries += 1) {
      try {
        return await run(spec);
      } catch (refusal) {
        const isLast = this.#isOver || this.#commandStarted || tries === AGENT_TRIES;
        const changed = isLast ? undefined : lookAgain(spec);
        if (changed === undefined) throw refusal;
        await this.#engine.removeContainers([spec.name]);
        // The run may have ended meanwhile.
        if (this.#isOver) throw refusal;
        spec = changed;
      }
    }
  }

  /** @throws Error when the engine refuses the container, or its client is ended */
  async #runAgent(
    agent: ContainerSpec,
    streams: Pick<Attachment, 'input' | 'later'>,
    output: Output,
    limit: TimeLimit,
  ): Promise<AgentEnd> {
    const stdout = new HeldOutput(output.stdout);
    const gate = new Gate(() => {
      this.#commandStarted = true;
      this.#start.resolve(undefined);
      this.#timings.startupMs = now();
      limit.start();
      this.#onStart();
      stdout.open();
    }, output.stderr);
    const exitCode = await this.#engine.run(agent, {
      ...streams,
      onStdout: (chunk) => stdout.push(chunk),
      onStderr: (chunk) => gate.push(chunk),
    });
    if (!gate.passed) stdout.open();
    return { exitCode, gate };
  }

  /** What comes on the container's standard input after the start document. */
  #later(container: string, limit: TimeLimit): Promise<string | Readable> {
    const input = this.#input;
    if (input === undefined) return limit.reached.then(() => TIME_IS_OVER);
    // What the command does not read is in the way of everything behind it, so the signal takes another way. An engine that
    // fails here costs the command its 10 seconds.
    void limit.reached.then(() => this.#engine.terminate(container)).catch(() => undefined);
    return this.#start.promise.then(() => input.open());
  }

  #count(work: Promise<unknown>): void {
    this.#running += 1;
    const end = (): void => {
      this.#running -= 1;
    };
    work.then(end, end);
  }

  /**
   * Ends everything of this run, the agent first, and removes it, the networks last.
   *
   * @param how `interrupted`: containers may still be in the making, so they are looked for until nothing is left;
   *   `keep`: the containers stay, but nothing in them runs on
   * @param agentGone called when nothing of the command runs any more, while the sidecars are still being removed
   */
  async end(how: { readonly interrupted: boolean; readonly keep: boolean }, agentGone: () => void): Promise<void> {
    const from = now();
    const isSettled = (): boolean => this.#running === 0 && now() > from + ENGINE_SETTLING_MS;
    for (const sidecar of this.#sidecars) sidecar.expectEnd();
    await this.#timings.measure('remove', async () => {
      if (how.keep) {
        await stopRun(this.#engine, this.#runId, () => !how.interrupted || isSettled(), agentGone);
      } else if (how.interrupted || !(await this.#removeFromMemory(agentGone))) {
        // Nothing of a run without containers runs on, so nobody waits for an engine that is gone.
        await removeRun(this.#engine, this.#runId, isSettled, this.agentAsked ? {} : { goneMs: 0 });
      }
    });
    this.#timings.teardownMs = now() - from;
  }

  /** @returns false when something could not be removed */
  async #removeFromMemory(agentGone: () => void): Promise<boolean> {
    if (this.#containers === undefined) return false;
    try {
      await removeInOrder(this.#engine, this.#runId, this.#containers, this.#agentHasEnded, agentGone);
      return true;
    } catch {
      return false;
    }
  }
}
