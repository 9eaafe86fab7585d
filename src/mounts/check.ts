import type { UserMount } from '../config/config.ts';
import type { ContainerSpec, MountSpec } from '../docker/spec.ts';
import { refuseWaysAround } from './host-guards.ts';
import { refuseTakenTargets } from './targets.ts';

/**
 * Checks where the user's mounts will be in the planned container. Their sources were checked by `userMounts`.
 *
 * @param guards mounts over what the command must not change in the workspace
 * @param agent the agent's container, the user's mounts included
 * @param home the private home
 * @throws UserError naming the mount and the remedy
 */
export function checkMountTargets(
  mounts: readonly UserMount[],
  guards: readonly MountSpec[],
  agent: ContainerSpec,
  home: string,
): void {
  refuseWaysAround(mounts, guards);
  refuseTakenTargets(mounts, agent, home);
}
