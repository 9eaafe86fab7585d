import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { UserMount } from '../config/config.ts';
import type { ContainerSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { CLAUDE_JSON } from '../shared/contract.ts';
import { seenAt } from './home.ts';

/** What the kernel and the engine have in every container. */
const OF_ENGINE: readonly string[] = ['/proc', '/sys', '/dev', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/** Where the sandbox's own files are; nothing of the user's goes there. */
const OF_SANDBOX = /^\/tmp\/awf-/;

/**
 * Refuses a mount whose place in the container is taken: by the sandbox's own files, by a part of the toolchain, by the
 * workspace or the home as a whole. The engine's own words for that would be "Duplicate mount point", or a file that the
 * program cannot start without would be hidden.
 *
 * @param agent the agent's container, the user's mounts included
 * @param home the private home
 * @throws UserError naming the mount and the remedy
 */
export function refuseTakenTargets(mounts: readonly UserMount[], agent: ContainerSpec, home: string): void {
  const all = agent.mounts.map((mount) => ({ ...mount, target: seenAt(mount.target, home) }));
  const own = all.filter(({ target }) => !mounts.some((mount) => mount.target === target));
  const isTwice = (target: string): boolean => all.filter((mount) => mount.target === target).length > 1;
  const places = [...OF_ENGINE, ...own.map(({ target }) => target), ...agent.tmpfs.map(({ target }) => target)];
  for (const { source, target, origin } of mounts) {
    const refuse = (why: string, hint = 'Name another place, for example below /mnt.'): never => {
      throw new UserError(`${origin}: ${source} cannot be mounted at ${target}: ${why}.`, { hint });
    };
    if (target === '/') refuse('it would hide everything');
    if (isTwice(target) || places.includes(target)) refuse('the sandbox has something of its own there');
    if (OF_SANDBOX.test(target) || OF_ENGINE.some((path) => isBelow(target, path))) {
      refuse('that is where the sandbox has files of its own');
    }
    // Ours would be written into it.
    if (target === join(home, CLAUDE_JSON)) {
      refuse('the command gets a copy of its own there', 'Leave it out: the copy needs no mount.');
    }
    const hidden = places.find((path) => isBelow(path, target));
    // At its own place nothing is hidden: what lies deeper is mounted over it, and has a place in it.
    if (hidden !== undefined && source !== target) refuse(`${hidden} of the sandbox is in it`);
    const around = all
      .filter((mount) => mount.kind === 'bind' && isBelow(target, mount.target))
      .toSorted((a, b) => b.target.length - a.target.length)[0];
    if (around?.kind !== 'bind') continue;
    const place = `${realpathSync(around.source)}/${relative(around.target, target)}`;
    // The engine would make it, as root, on the host, or fail where that is read-only. A link would lead it elsewhere.
    const isThere = existsSync(place) && realpathSync(place) === place;
    if (!isThere || statSync(place).isDirectory() !== statSync(source).isDirectory()) {
      const kind = statSync(source).isDirectory() ? 'directory' : 'file';
      refuse(`there is no ${kind} ${place} to mount it over`, `Make an empty ${kind} there, or name another place.`);
    }
  }
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
