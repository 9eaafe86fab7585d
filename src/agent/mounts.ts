import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
 * outside the sandbox and with the job's credentials. Its files are mounted over themselves, read-only; a mount point
 * can neither be removed nor renamed from inside. The directories above them could be, with all that is in them, so they
 * become mount points as well.
 *
 * @param root the action's own directory
 */
export function ownFilesInWorkspace(root: string, workspace: string): MountSpec[] {
  const real = realpathSync(root);
  if (!isInside(real, workspace)) return [];
  const overItself = (path: string, writable: boolean): MountSpec => {
    return { kind: 'bind', source: path, target: path, writable };
  };
  const files = ACTION_FILES.map((name) => join(real, name)).filter((path) => existsSync(path));
  return [
    ...between(realpathSync(workspace), real).map((path) => overItself(path, true)),
    ...files.map((path) => overItself(path, false)),
  ];
}

/** The directories from below `top` down to `directory`. */
function between(top: string, directory: string): string[] {
  return directory === top ? [] : [...between(top, dirname(directory)), directory];
}
