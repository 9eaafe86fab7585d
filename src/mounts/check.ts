import type { UserMount } from '../config/config.ts';
import type { ContainerSpec, MountSpec } from '../docker/spec.ts';
import { refuseWaysAround } from './host-guards.ts';
import { refuseTakenTargets, type OwnSettings } from './targets.ts';

/**
 * Checks where the user's mounts will be in the planned container. Their sources were checked by `userMounts`.
 *
 * @param guards mounts over what the command must not change in the workspace
 * @param agent the agent's container, the user's mounts included
 * @param home the private home
 * @param own what the sandbox writes below `/etc`
 * @throws OptionError naming the mount and the remedy
 */
export function checkMountTargets(
  mounts: readonly UserMount[],
  guards: readonly MountSpec[],
  agent: ContainerSpec,
  home: string,
  own: OwnSettings,
): void {
  refuseWaysAround(mounts, guards);
  refuseTakenTargets(mounts, agent, home, own);
}
