import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import { AGENT_PLACES } from '../shared/contract.ts';

/**
 * The place for mounts that would lie deep in the home. The user of the sandbox cannot replace or rename them there.
 */
const ELSEWHERE = AGENT_PLACES.home;

/** Claude Code's file in the home. AWF writes the sandbox's copy itself. */
export const CLAUDE_JSON = '.claude.json';

/** Mounts, and the links that replace those deep in the home. */
export interface LinkedMounts {
  readonly mounts: readonly MountSpec[];
  /** Paths within the home, with the target of each link. */
  readonly links: Readonly<Record<string, string>>;
}

/**
 * Moves mounts deep in the home elsewhere and replaces them with links. For a mount at `~/.cargo/bin`, the engine would
 * create `~/.cargo` as root, and cargo could not write its registry there. The same goes for `~/.local/share` and
 * others.
 *
 * Mounts beside the workspace stay where they are: for a workspace at `~/work/r/r`, the engine creates `~/work` as root in
 * any case, and no link could be made there.
 *
 * @param home the private home's path
 * @param workspace which is mounted at its own path
 * @param openDirectories names in a directory to which the command may add, by the directory's path on the host: it becomes
 *   a directory of the private home with a link to each entry, so that `cargo install` and `go install` find a place
 */
export function linkIntoHome(
  mounts: readonly MountSpec[],
  home: string,
  workspace: string,
  openDirectories: ReadonlyMap<string, readonly string[]> = new Map(),
): LinkedMounts {
  const links: Record<string, string> = {};
  const [inHome = '', ...below] = relative(home, workspace).split('/');
  const isBesideWorkspace = (path: string): boolean => below.length > 0 && path.split('/')[0] === inHome;
  const moved = mounts.map((mount) => {
    const path = relative(home, mount.target);
    if (path.startsWith('..') || !path.includes('/') || isBesideWorkspace(path)) return mount;
    const entries = mount.kind === 'bind' ? openDirectories.get(mount.source) : undefined;
    for (const entry of entries ?? ['']) links[join(path, entry)] = join(ELSEWHERE, path, entry);
    return { ...mount, target: join(ELSEWHERE, path) };
  });
  return { mounts: moved, links };
}

/**
 * The link that leads to the workspace from another path in the home, as where a runner's `_work` is a link to a larger disk.
 * There is none where a mount is in the way: the engine makes the directories above one as root.
 *
 * @param named the other path
 * @param mounts all mounts of the sandbox
 * @returns a path within the home with its target, if there can be a link
 */
export function workspaceLink(
  named: string,
  home: string,
  workspace: string,
  mounts: readonly MountSpec[],
): Record<string, string> {
  const top = (path: string): string => relative(home, path).split('/')[0] ?? '';
  // The sandbox gives a link the name of what it leads to.
  const isRenamed = basename(named) !== basename(workspace);
  const taken = [workspace, ...mounts.map(({ target }) => target)].filter((path) => isBelow(path, home)).map(top);
  return isRenamed || !isBelow(named, home) || taken.includes(top(named)) ? {} : { [relative(home, named)]: workspace };
}

/**
 * The names in the directories among `mounts` that lie in the home, by the directory's path on the host: what
 * {@link linkIntoHome} needs to open them to the command.
 */
export function openDirectories(mounts: readonly MountSpec[], home: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const mount of mounts) {
    if (mount.kind !== 'bind' || relative(home, mount.target).startsWith('..')) continue;
    const entries = entriesOf(mount.source);
    if (entries !== undefined) found.set(mount.source, entries);
  }
  return found;
}

/** Undefined for a file; nothing of a directory that the caller may not read. */
function entriesOf(path: string): string[] | undefined {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : undefined;
  } catch {
    return [];
  }
}

/** @returns the path at which the command sees what is mounted at `target` */
export function seenAt(target: string, home: string): string {
  return isBelow(target, ELSEWHERE) ? join(home, relative(ELSEWHERE, target)) : target;
}

/**
 * Directories in which tools keep their downloads. The host or an image may name directories that are read-only in the
 * sandbox, so these override them. `env` may choose others, such as a cache in the workspace.
 */
export function toolHomes(home: string): Record<string, string> {
  return { CARGO_HOME: `${home}/.cargo`, GOPATH: `${home}/go` };
}
