import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../docker/engine.ts';
import { EngineGone } from '../docker/failure.ts';
import { settleAll } from '../docker/settle.ts';
import type { Topology } from '../docker/topology.ts';
import { UserError } from '../errors.ts';
import { networkNames, roleOf } from '../shared/network.ts';
import { ENGINE_RESTART_MS, SIDECAR_STOP_S, SWEEP_INTERVAL_MS, SWEEP_LIMIT_MS } from './limits.ts';
import { now } from './timings.ts';

/** What becomes of a container at the end of a run. */
type End = (engine: Engine, names: readonly string[]) => Promise<unknown>;

const remove: End = (engine, names) => engine.removeContainers(names);
/** For containers that must be there. @throws Error when somebody else removed one, and left its volumes */
const removeAll: End = async (engine, names) => {
  if (!(await engine.removeContainers(names))) throw new Error(`Some of ${names.join(', ')} were gone.`);
};
const kill: End = (engine, names) => engine.stop(names, 0);

/**
 * Removes a run from memory, without asking the engine what is there.
 *
 * @param agentHasEnded true if the agent's container has ended, so that nothing of it is connected any more
 * @param agentGone called when nothing of the command runs any more, while the sidecars are still being removed
 * @throws Error when something could not be removed; {@link removeRun} then finds what is left
 */
export async function removeInOrder(
  engine: Engine,
  runId: string,
  containers: Topology,
  agentHasEnded: boolean,
  agentGone: () => void,
): Promise<void> {
  const { internal, outer } = networkNames(runId);
  const own = containers.squid.wayOut === outer ? [internal, outer] : [internal];
  // Containers that have ended do not hold their networks, and a network takes longest.
  const removeNetworks = (): Promise<unknown> => settleAll(own.map((network) => engine.removeNetworks([network])));
  await endContainers(engine, namesOf(containers), removeAll, { agentHasEnded, agentGone, afterwards: removeNetworks });
}

function namesOf(containers: Topology): string[] {
  return Object.values(containers).flatMap((container: { name: string } | undefined) => container?.name ?? []);
}

/**
 * Removes whatever carries the run's label, until nothing is left and nothing more can come. An engine that is gone is waited
 * for: where it is restarted with `live-restore`, the containers run on.
 *
 * @param isSettled false while something may still be created
 * @param limits `limitMs`: of the removal, without the time in which there is no engine; `goneMs`: how long an engine that is
 *   gone is waited for
 * @returns how much was removed
 * @throws Error when something is left after the time limit
 */
export async function removeRun(
  engine: Engine,
  runId: string,
  isSettled: () => boolean,
  {
    limitMs = SWEEP_LIMIT_MS,
    goneMs = ENGINE_RESTART_MS,
  }: { readonly limitMs?: number; readonly goneMs?: number } = {},
): Promise<{ containers: number; networks: number }> {
  let limit = now() + limitMs;
  const removed = { containers: new Set<string>(), networks: new Set<string>() };
  let failure: Error | undefined;
  for (;;) {
    // Asked before the look: the look then sees everything that was created until now.
    const settled = isSettled();
    const from = now();
    const { containers, networks, volumes } = await whenBack(goneMs, () => engine.objectsOf(runId));
    limit += now() - from;
    const isGone = containers.length + networks.length + volumes.length === 0;
    if (isGone && (settled || now() > limit)) break;
    if (now() > limit) throw failure ?? new UserError(`The containers of run ${runId} do not end.`);
    for (const name of containers) removed.containers.add(name);
    for (const name of networks) removed.networks.add(name);
    try {
      await endContainers(engine, containers, remove);
      await settleAll([engine.removeNetworks(networks), engine.removeVolumes(volumes)]);
    } catch (error) {
      // Somebody else is removing a container, or one has joined a network since. The next look tells.
      failure = error instanceof Error ? error : new Error(String(error));
    }
    await sleep(SWEEP_INTERVAL_MS);
  }
  return { containers: removed.containers.size, networks: removed.networks.size };
}

/**
 * Ends every process of a run and keeps its containers to be looked at: nothing of the command runs on, and no sidecar
 * holds a key.
 *
 * @param agentGone called when nothing of the command runs any more
 * @throws Error when a container could not be ended
 */
export async function stopRun(
  engine: Engine,
  runId: string,
  isSettled: () => boolean,
  agentGone: () => void,
): Promise<void> {
  const limit = now() + SWEEP_LIMIT_MS;
  for (;;) {
    const settled = isSettled();
    await whenBack(ENGINE_RESTART_MS, async () => {
      const { containers } = await engine.objectsOf(runId);
      await endContainers(engine, containers, kill);
    });
    if (settled || now() > limit) break;
    await sleep(SWEEP_INTERVAL_MS);
  }
  agentGone();
}

/** Asks an engine that is gone again, until it is back. @throws EngineGone if that takes too long */
async function whenBack<T>(limitMs: number, ask: () => Promise<T>): Promise<T> {
  const limit = now() + limitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EngineGone) || now() > limit) throw error;
      await sleep(SWEEP_INTERVAL_MS);
    }
  }
}

interface EndOptions {
  /** True if the agent and the sidecars can be ended at once. */
  readonly agentHasEnded?: boolean;
  readonly agentGone?: () => void;
  /** What can happen once no container runs any more. */
  readonly afterwards?: () => Promise<unknown>;
}

/**
 * Ends the agent, and asks the sidecars to end, so that they write the records of what is still open: a tunnel's record is
 * written when the agent's end of it is gone. Asking is a courtesy. What cannot be asked is ended all the same, and an
 * agent that does not end saves no sidecar, because they hold the keys.
 */
async function endContainers(
  engine: Engine,
  names: readonly string[],
  end: End,
  { agentHasEnded = false, agentGone, afterwards }: EndOptions = {},
): Promise<void> {
  const sidecars = names.filter((name) => ['squid', 'api-proxy'].includes(roleOf(name) ?? ''));
  const others = names.filter((name) => !sidecars.includes(name));
  const agentEnd = end(engine, others).then(agentGone);
  if (!agentHasEnded) await Promise.allSettled([agentEnd]);
  await Promise.allSettled([agentEnd, engine.stop(sidecars, SIDECAR_STOP_S)]);
  await settleAll([agentEnd, end(engine, sidecars), afterwards?.()]);
}
