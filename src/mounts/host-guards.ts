import { existsSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative } from 'node:path';
import { OptionError, UserError } from '../errors.ts';
import type { Config, UserMount } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow, isInside, withReal } from '../host/paths.ts';
import { hostToolchain } from './host-toolchain.ts';
import { listeningSockets } from '../host/sockets.ts';

/**
 * Refuses a workspace that would expose more than the user's project.
 *
 * @param home the caller's home directory
 * @param workDirectory the directory of the run's own files
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

/** A socket in the workspace lets the command talk to a process outside the sandbox. Warns about each of them. */
export function socketWarnings(workspace: string): string[] {
  return listeningSockets()
    .filter((path) => isBelow(path, workspace))
    .map((path) => `The command can talk to the program outside the sandbox that listens on ${path}.`);
}

/** The parts of the action's own directory that run outside the sandbox later, in the post step or in another step. */
const ACTION_FILES: readonly string[] = ['action.yml', 'dist', 'containers'];

/**
 * With `uses: ./`, the action lies in the workspace. The command could rewrite the post step, which runs after it
 * outside the sandbox with the job's credentials.
 *
 * @param root the action's own directory
 * @returns the parts that must be read-only
 */
export function ownFilesInWorkspace(root: string, workspace: string): string[] {
  const real = realpathSync(root);
  if (!isInside(real, workspace)) return [];
  return ACTION_FILES.map((name) => join(real, name)).filter((path) => existsSync(path));
}

/**
 * Directories with programs that run outside the sandbox, now or in a later step: the toolchain, `PATH`, all actions of the
 * job, and the runner. Through a writable mount of one of them, the command could change those programs.
 *
 * @param root the action's own directory
 * @param node the program that runs this process, which belongs to the runner
 */
export function hostPrograms(root: string, node: string, home: string, environment: NodeJS.ProcessEnv): string[] {
  const toolchain = hostToolchain(home, environment);
  const own = ACTION_FILES.map((name) => join(root, name));
  return [
    ...toolchain.map(({ target }) => target),
    // Also those that do not exist: the command could make them.
    ...withReal((environment['PATH'] ?? '').split(delimiter).filter((path) => isAbsolute(path))),
    above(root, '_actions') ?? own,
    above(node, 'externals') ?? node,
  ].flat();
}

/**
 * The directory named `name` above `path`. The runner has one for actions (`_actions`) and one for its programs
 * (`externals`).
 */
function above(path: string, name: string): string | undefined {
  const parts = path.split('/');
  const index = parts.lastIndexOf(name);
  return index <= 0 ? undefined : parts.slice(0, index + 1).join('/');
}

/**
 * Refuses a mount that would expose a guarded path at another place, where it is not guarded, or that would cover it.
 *
 * @throws OptionError naming the mount and the path
 */
export function refuseWaysAround(mounts: readonly UserMount[], guards: readonly MountSpec[]): void {
  for (const { source, target, origin } of mounts) {
    const real = realpathSync(source);
    for (const guard of guards) {
      const shows = isInside(guard.target, real) && join(target, relative(real, guard.target)) !== guard.target;
      const isClosed = guard.kind === 'bind' && (!guard.writable || guard.source !== guard.target);
      const isPart = isInside(real, guard.target) && isClosed;
      if (shows || isPart || isInside(target, guard.target)) {
        throw new OptionError(`${origin}: ${source} cannot be mounted: the workspace's ${guard.target} is guarded.`, {
          hint: 'Use a directory outside the workspace. The command sees the workspace at its own path anyway.',
        });
      }
    }
  }
}
