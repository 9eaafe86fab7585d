import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';

/**
 * The place for mounts that would lie deep in the home. The user of the sandbox cannot replace or rename them there.
 */
const ELSEWHERE = '/tmp/awf-home';

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
 * @param home the path of the private home
 * @param isOpen true if the command may add to the mounted directory. The private home then has a directory of its own
 *   with a link to each entry, so that `cargo install` and `go install` work.
 */
export function linkIntoHome(
  mounts: readonly MountSpec[],
  home: string,
  isOpen: (mount: MountSpec) => boolean = () => false,
): LinkedMounts {
  const links: Record<string, string> = {};
  const moved = mounts.map((mount) => {
    const path = relative(home, mount.target);
    if (path.startsWith('..') || !path.includes('/')) return mount;
    const entries = isOpen(mount) && mount.kind === 'bind' ? entriesOf(mount.source) : undefined;
    for (const entry of entries ?? ['']) links[join(path, entry)] = join(ELSEWHERE, path, entry);
    return { ...mount, target: join(ELSEWHERE, path) };
  });
  return { mounts: moved, links };
}

/** The names in a directory. Undefined for a file, and empty if the caller may not read the directory. */
function entriesOf(path: string): string[] | undefined {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : undefined;
  } catch {
    return [];
  }
}

/** @returns the path at which the command sees what is mounted at `target` */
export function seenAt(target: string, home: string): string {
  return target.startsWith(`${ELSEWHERE}/`) ? join(home, relative(ELSEWHERE, target)) : target;
}

/** @returns true if `path` lies below one of `targets` */
export function isBelowOneOf(path: string, targets: readonly string[]): boolean {
  return targets.some((target) => path.startsWith(`${target}/`));
}

/**
 * Directories in which tools keep their downloads. The host or an image may name directories that are read-only in the
 * sandbox, so these override them. `env` may choose others, such as a cache in the workspace.
 */
export function toolHomes(home: string): Record<string, string> {
  return { CARGO_HOME: `${home}/.cargo`, GOPATH: `${home}/go` };
}
