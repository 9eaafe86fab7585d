import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import { AGENT_PLACES } from '../shared/contract.ts';

/** Where they are mounted instead. The user of the sandbox can neither replace nor rename what is there. */
const ELSEWHERE = AGENT_PLACES.home;

/** Mounts, and the links that stand for those deep in the home. */
export interface LinkedMounts {
  readonly mounts: readonly MountSpec[];
  /** Path within the home to where it leads. */
  readonly links: Readonly<Record<string, string>>;
}

/**
 * Puts what is mounted deep in the home elsewhere, and a link in its place. For a mount at `~/.cargo/bin` the engine would
 * make `~/.cargo` itself, as root: cargo could not write its registry there, and no program its `~/.local/share`.
 *
 * @param home the private home's path
 * @param isOpen where the command may add to a directory: it is one of the private home, with a link to each entry, so that
 *   `cargo install` and `go install` find a place
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

/** Undefined for a file; nothing of a directory that the caller may not read. */
function entriesOf(path: string): string[] | undefined {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : undefined;
  } catch {
    return [];
  }
}

/** @returns where the command sees what is mounted at `target` */
export function seenAt(target: string, home: string): string {
  return isBelow(target, ELSEWHERE) ? join(home, relative(ELSEWHERE, target)) : target;
}

/**
 * Where tools keep what they fetch, when the host or an image has named a place that is read-only here. `env` may name
 * another one, for example a cache in the workspace.
 */
export function toolHomes(home: string): Record<string, string> {
  return { CARGO_HOME: `${home}/.cargo`, GOPATH: `${home}/go` };
}
