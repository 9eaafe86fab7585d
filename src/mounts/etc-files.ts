import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import type { EtcTree } from './etc.ts';

/** The path of the tree in the sandbox. */
export const ETC = '/etc';

/** Files that the engine mounts in every container, over what is there. */
const ENGINE_FILES: readonly string[] = ['/etc/hosts', '/etc/hostname'];
/** The engine makes this link in an image, which the tree covers. */
const MOUNT_TABLE = { path: '/etc/mtab', target: '/proc/self/mounts' };

/** A tree with the points for what is mounted over it. */
export interface EtcPlan extends EtcTree {
  /** The user's mounts in it. */
  readonly userMounts: readonly MountSpec[];
}

/** Adds the user's mounts to a tree: what lies where they will be is left out. */
export function planEtc(tree: EtcTree, userMounts: readonly MountSpec[]): EtcPlan {
  const inTree = userMounts.filter(({ target }) => isBelow(target, ETC));
  const isCovered = (path: string): boolean => inTree.some(({ target }) => target === path || isBelow(path, target));
  return {
    directories: tree.directories.filter((path) => !isCovered(path)),
    files: tree.files.filter(({ path }) => !isCovered(path)),
    links: [...tree.links, MOUNT_TABLE].filter(({ path }) => !isCovered(path)),
    mounts: tree.mounts.filter(({ target }) => !isCovered(target)),
    userMounts: inTree.filter(({ target }) => !tree.mounts.some((mount) => isBelow(target, mount.target))),
  };
}

/** The mount of the tree that {@link writeEtc} writes below `directory`, and those over it. */
export function etcMounts(directory: string, { mounts }: EtcTree): MountSpec[] {
  return [{ kind: 'bind', source: join(directory, ETC), target: ETC, writable: false }, ...mounts];
}

/** Writes a tree below `directory`: files for everybody to read, which nobody but their owner could write. */
export function writeEtc(directory: string, { directories, files, links, mounts, userMounts }: EtcPlan): void {
  const before = process.umask(0o022);
  try {
    for (const path of [ETC, ...directories]) mkdirSync(directory + path, { recursive: true });
    for (const { path, content, mode } of files) writeFileSync(directory + path, content, { mode });
    for (const path of ENGINE_FILES) writeFileSync(directory + path, '');
    for (const mount of [...mounts, ...userMounts]) writeMountPoint(directory, mount);
    for (const { path, target } of links) symlinkSync(target, directory + path);
  } finally {
    process.umask(before);
  }
}

/** The engine would make a missing mount point only where it can write. */
function writeMountPoint(directory: string, mount: MountSpec): void {
  const place = directory + mount.target;
  const isDirectory = mount.kind !== 'bind' || statSync(mount.source).isDirectory();
  mkdirSync(isDirectory ? place : dirname(place), { recursive: true });
  if (!isDirectory) writeFileSync(place, '', { flag: 'a' });
}
