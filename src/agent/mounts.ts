import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UserError } from '../errors.ts';
import type { Config, UserMount } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { isInside } from '../paths.ts';

/** What no run may open to the agent, with the reason. */
const FORBIDDEN: readonly { readonly path: string; readonly why: string }[] = [
  { path: '/proc', why: "it shows the host's processes" },
  { path: '/sys', why: 'it controls the kernel' },
  { path: '/dev', why: 'it holds the devices' },
  { path: '/run', why: "it holds the engine's socket" },
  { path: '/var/run', why: "it holds the engine's socket" },
  { path: '/var/lib/docker', why: "it is the engine's data root" },
  { path: '/var/lib/containerd', why: "it is the engine's data root" },
];

/**
 * The mounts that `mounts` asks for.
 *
 * @throws UserError for a path that is missing, or that would open the host to the agent
 */
export function userMounts(mounts: readonly UserMount[], workDirectory: string): MountSpec[] {
  return mounts.map(({ source, target, writable }) => {
    const refuse = (why: string): never => {
      throw new UserError(`mounts: ${source} cannot be mounted: ${why}.`, {
        hint: 'Name the directory that is needed.',
      });
    };
    if (!existsSync(source)) return refuse('it does not exist');
    const kind = statSync(source);
    if (!kind.isDirectory() && !kind.isFile()) return refuse('it is neither a directory nor a file');
    for (const { path, why } of [...FORBIDDEN, { path: workDirectory, why: "it is the run's own" }]) {
      if (isInside(source, path)) return refuse(why);
      if (isInside(path, source)) return refuse(`${path} is in it, and ${why}`);
    }
    return { kind: 'bind', source, target, writable };
  });
}

/**
 * Refuses a workspace that would give away more than a workspace.
 *
 * @param home the caller's home directory
 * @param workDirectory holds the run's own files
 * @throws UserError naming the directory
 */
export function checkWorkspace({ workspace }: Config, home: string, workDirectory: string): void {
  const hint = 'Run in a directory of its own, such as a checkout of the repository.';
  if (isInside(home, workspace)) {
    throw new UserError(`The workspace ${workspace} holds the home directory ${home} and its credentials.`, { hint });
  }
  if (isInside(workDirectory, workspace)) {
    throw new UserError(`The workspace ${workspace} holds the run's temporary directory ${workDirectory}.`, { hint });
  }
}

/** What of the action's own directory runs outside the sandbox later: the post step, and the next step that uses it. */
const ACTION_FILES: readonly string[] = ['action.yml', 'dist', 'containers'];

/**
 * With `uses: ./` the action lies in the workspace, where the command could rewrite the post step that runs after it,
 * outside the sandbox and with the job's credentials.
 *
 * @param root the action's own directory
 * @returns what of it must be read-only
 */
export function ownFilesInWorkspace(root: string, workspace: string): string[] {
  const real = realpathSync(root);
  if (!isInside(real, workspace)) return [];
  return ACTION_FILES.map((name) => join(real, name)).filter((path) => existsSync(path));
}

/**
 * Refuses a mount that shows a guarded path at another place, where nothing guards it, or that lies over it.
 *
 * @throws UserError naming the mount and the path
 */
export function refuseWaysAround(mounts: readonly UserMount[], guards: readonly MountSpec[]): void {
  for (const { source, target } of mounts) {
    const real = realpathSync(source);
    for (const guard of guards) {
      const shows = isInside(guard.target, real) && join(target, relative(real, guard.target)) !== guard.target;
      const isPart = isInside(real, guard.target) && guard.kind === 'bind' && !guard.writable;
      if (shows || isPart || isInside(target, guard.target)) {
        throw new UserError(`mounts: ${source} cannot be mounted: the workspace's ${guard.target} is guarded.`, {
          hint: 'Name a directory outside the workspace; the command sees the workspace at its own path.',
        });
      }
    }
  }
}
