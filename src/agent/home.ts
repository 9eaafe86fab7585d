import { join, relative } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';

/** Where they are mounted instead. The user of the sandbox can neither replace nor rename what is there. */
const ELSEWHERE = '/tmp/awf-home';

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
 */
export function linkIntoHome(mounts: readonly MountSpec[], home: string): LinkedMounts {
  const links: Record<string, string> = {};
  const moved = mounts.map((mount) => {
    const path = relative(home, mount.target);
    if (path.startsWith('..') || !path.includes('/')) return mount;
    links[path] = join(ELSEWHERE, path);
    return { ...mount, target: join(ELSEWHERE, path) };
  });
  return { mounts: moved, links };
}

/** @returns where the command sees what is mounted at `target` */
export function seenAt(target: string, home: string): string {
  return target.startsWith(`${ELSEWHERE}/`) ? join(home, relative(ELSEWHERE, target)) : target;
}
