import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import type { Slices } from '../host/slices.ts';
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
export function* writeEtc(directory: string, tree: EtcPlan): Slices<void> {
  const { directories, files, links, mounts, userMounts } = tree;
  const works = [
    ...[ETC, ...directories].map((path) => () => void mkdirSync(directory + path, { recursive: true })),
    ...files.map(({ path, content, mode }) => () => {
      writeFileSync(directory + path, content, { mode });
    }),
    ...ENGINE_FILES.map((path) => () => {
      writeFileSync(directory + path, '');
    }),
    ...[...mounts, ...userMounts].map((mount) => () => {
      writeMountPoint(directory, mount);
    }),
    ...links.map(({ path, target }) => () => {
      symlinkSync(target, directory + path);
    }),
  ];
  for (let from = 0; from < works.length; from += SLICE) {
    yield;
    withOpenMode(works.slice(from, from + SLICE));
  }
}

/** Files that are written in one go. */
const SLICE = 8;

/** Modes must not depend on the caller's umask, which is the whole process's and so never stays changed. */
function withOpenMode(works: readonly (() => void)[]): void {
  const before = process.umask(0o022);
  try {
    for (const work of works) work();
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
