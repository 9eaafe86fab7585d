import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { UserMount } from '../config/config.ts';
import type { ContainerSpec } from '../docker/spec.ts';
import { OptionError } from '../errors.ts';
import { isBelow } from '../host/paths.ts';
import { AGENT_PLACES } from '../shared/contract.ts';
import { words } from '../shared/words.ts';
import { ETC, type EtcPlan } from './etc-files.ts';
import { CLAUDE_JSON, seenAt } from './home.ts';

/** Paths at which the kernel and the engine mount something in every container. */
const ENGINE_PATHS = words('/proc /sys /dev /etc/hosts /etc/hostname /etc/resolv.conf');

/** What the sandbox itself writes below `/etc`. */
export interface OwnSettings {
  /** Generated files, by their paths in the container. */
  readonly systemFiles: Readonly<Record<string, unknown>>;
  /** What it has of the host; undefined where an image has its own. */
  readonly etc: EtcPlan | undefined;
}

/** Every name of this form is reserved for the sandbox: a later version may use another one. */
const RESERVED = /^\/tmp\/awf-/;

/** True for the places of the sandbox's own files and for what lies in them. The user cannot mount anything there. */
function isOfSandbox(target: string): boolean {
  const places = Object.values(AGENT_PLACES);
  return RESERVED.test(target) || places.some((place) => target === place || isBelow(target, place));
}

/**
 * Refuses a mount whose target in the container is taken: by the sandbox's own files, by a part of the toolchain, or by
 * the workspace or the home as a whole. Otherwise the engine would only report "Duplicate mount point", or the mount
 * would hide a file that the sandbox needs to start.
 *
 * @param agent the agent's container, including the user's mounts
 * @param home the path of the private home
 * @param own what the sandbox writes below `/etc`
 * @throws OptionError naming the mount and the remedy
 */
export function refuseTakenTargets(
  mounts: readonly UserMount[],
  agent: ContainerSpec,
  home: string,
  { systemFiles, etc }: OwnSettings,
): void {
  const all = agent.mounts.map((mount) => ({ ...mount, target: seenAt(mount.target, home) }));
  const own = all.filter(({ target }) => !mounts.some((mount) => mount.target === target));
  const isTwice = (target: string): boolean => all.filter((mount) => mount.target === target).length > 1;
  const files = Object.keys(systemFiles);
  const settings = [...files, ...files.map((path) => dirname(path)).filter((path) => path !== ETC)];
  const places = [
    ...ENGINE_PATHS,
    ...settings,
    ...own.map(({ target }) => target),
    ...agent.tmpfs.map(({ target }) => target),
  ];
  for (const { source, target, origin } of mounts) {
    const refuse = (why: string, hint = 'Use another target, for example below /mnt.'): never => {
      throw new OptionError(`${origin}: ${source} cannot be mounted at ${target}: ${why}.`, { hint });
    };
    if (target === '/') refuse('it would hide everything');
    if (target === ETC && etc !== undefined) {
      refuse('it would hide the settings that the sandbox needs', 'Use only the file or directory that is needed.');
    }
    if (isTwice(target) || places.includes(target)) refuse('the sandbox has something of its own there');
    if (isOfSandbox(target) || ENGINE_PATHS.some((path) => isBelow(target, path))) {
      refuse('the sandbox has files of its own there');
    }
    // We write our own ~/.claude.json to that path and would overwrite the mounted file.
    if (target === join(home, CLAUDE_JSON)) {
      refuse('the command gets a copy of its own there', 'Remove this mount: the copy needs none.');
    }
    const hidden = places.find((path) => isBelow(path, target));
    // A directory mounted at its own path hides nothing: the deeper mounts are made over it, and their targets exist in
    // it.
    if (hidden !== undefined && source !== target) refuse(`it would hide ${hidden} of the sandbox`);
    const parent = all
      .filter((mount) => mount.kind === 'bind' && isBelow(target, mount.target))
      .toSorted((a, b) => b.target.length - a.target.length)[0];
    if (parent?.kind !== 'bind') continue;
    if (parent.target === ETC && etc !== undefined) {
      // The mount point is made there, but never through a link.
      const inTheWay = [...etc.files, ...etc.links].find(({ path }) => isBelow(target, path));
      if (inTheWay !== undefined) refuse(`${inTheWay.path} is no directory`);
      continue;
    }
    const place = `${realpathSync(parent.source)}/${relative(parent.target, target)}`;
    // The engine would create a missing mount point on the host, as root, or fail if the parent is read-only. A link
    // would lead it elsewhere.
    const isThere = existsSync(place) && realpathSync(place) === place;
    if (!isThere || statSync(place).isDirectory() !== statSync(source).isDirectory()) {
      const kind = statSync(source).isDirectory() ? 'directory' : 'file';
      refuse(`there is no ${kind} ${place} to mount it over`, `Create an empty ${kind} there, or use another target.`);
    }
  }
}
