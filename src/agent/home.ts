import { join, relative } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';

/** Where tool directories of the real home are mounted. The user of the sandbox owns neither it nor what is in it. */
const TOOLS = '/tmp/awf-home';

/** The private home's part of the toolchain. */
export interface HomeTools {
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
export function linkHomeTools(mounts: readonly MountSpec[], home: string): HomeTools {
  const links: Record<string, string> = {};
  const moved = mounts.map((mount) => {
    const path = relative(home, mount.target);
    if (path.startsWith('..') || !path.includes('/')) return mount;
    links[path] = join(TOOLS, path);
    return { ...mount, target: join(TOOLS, path) };
  });
  return { mounts: moved, links };
}
