import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { ContainerSpec } from '../docker/spec.ts';
import { checkMountTargets } from '../mounts/check.ts';
import { lookAgain, noteBaseline, type Claimed } from './claim.ts';
import type { RunContext } from './context.ts';
import { planRun } from './plan.ts';
import type { Prepared } from './prepare.ts';
import type { Progress } from './progress.ts';

/**
 * Plans the agent's container anew where the host has changed since it was planned: where several people or runners share a
 * machine, directories, file systems and sockets come and go, and one may be gone when the engine wants to mount it.
 *
 * @param refused the container that the engine did not start
 * @returns undefined if the container would be the same
 * @throws UserError when what has changed cannot work
 */
export function secondLook(
  refused: ContainerSpec,
  [config, secrets]: readonly [Config, Secrets],
  { prepared, claimed }: { readonly prepared: Prepared; readonly claimed: Claimed },
  context: RunContext,
  progress: Progress,
): ContainerSpec | undefined {
  const now = lookAgain(config, prepared, context, claimed);
  const plan = planRun(config, secrets, prepared, now);
  const { agent } = plan.containers;
  if (isDeepStrictEqual(agent, refused)) return undefined;
  checkMountTargets(config.mounts, now.guards, agent, prepared.agentUser.home, plan);
  context.reporter.debug('The host has changed since the sandbox was planned.');
  if (progress.baseline !== undefined) noteBaseline(progress.baseline, now, prepared, progress);
  return agent;
}
