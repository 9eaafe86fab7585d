import { lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path/posix';
import type { MountSpec } from '../../docker/spec.ts';
import { bytes, toText } from '../../host/file-names.ts';
import type { UserIds } from '../../host/user.ts';
import { copyFile, filesBelow, kindOf, makeDirectory, namesIn, userOf, stampOf, writeWhole } from './files.ts';
import { COPIED, NEVER_COPIED, STORES } from './layout.ts';
import { readRefs, type Refs } from './refs.ts';

/**
 * A git directory of the run's own, which stands in the sandbox where the host's is. The command changes the copy; what
 * may return to the host does so afterwards. Paths have one character for each byte. It is kept for the post step.
 */
export interface PrivateDirectory {
  readonly host: string;
  readonly own: string;
  readonly kind: 'repository' | 'worktree';
  /**
   * What may return: `shared` is what all worktrees of a repository have in common, references above all, without the
   * main worktree's HEAD and index.
   */
  readonly returns: 'everything' | 'shared' | 'nothing';
  /** Names of the copied files, and the stamps of the host's file and of the copy before the command. */
  readonly files: Readonly<Record<string, readonly [host: string, own: string]>>;
  readonly refs: Refs;
  /** The composed configuration. */
  readonly config: string;
}

/** True for a copy that is as it was before the command. */
export function isUntouched({ own, files }: PrivateDirectory, name: string): boolean {
  return stampOf(join(own, name)) === files[name]?.[1];
}

export interface Composed {
  readonly directories: readonly PrivateDirectory[];
  readonly mounts: readonly MountSpec[];
}

/** Composes a configuration for the sandbox. */
export type ComposeConfig = (file: string, gitDirectory: string) => string;

/**
 * Composes the run's own directory for a repository of the host: references, logs, index and the like are copies, the
 * configuration is composed, objects are the host's, and hooks and all that is unknown are the host's, read-only.
 *
 * @param host the git directory
 * @param own the new directory, which must not exist
 * @param owner who may change it
 */
export function composeRepository(host: string, own: string, owner: UserIds, config: ComposeConfig): Composed {
  const mounts: MountSpec[] = [];
  const show = (name: string, writable: boolean, source = join(host, name)): void => {
    mounts.push({ kind: 'bind', source: text(source), target: text(join(host, name)), writable });
  };
  makeDirectory(own, owner);
  const directories: PrivateDirectory[] = [];
  for (const name of namesIn(host).filter((one) => !NEVER_COPIED.test(one))) {
    const kind = kindOf(join(host, name));
    if (name === 'worktrees' && kind === 'directory') {
      directories.push(...worktreesIn(host, own, owner, config));
    } else if (name === 'modules' && kind === 'directory') {
      for (const module of modulesIn(join(host, name))) {
        makeDirectory(join(own, name, module, '..'), owner);
        const composed = composeRepository(join(host, name, module), join(own, name, module), owner, config);
        directories.push(...composed.directories);
        mounts.push(...composed.mounts);
      }
    } else if (name === 'hooks' && kind === 'link') {
      symlinkSync(readlinkSync(bytes(join(host, name)), { encoding: 'buffer' }), bytes(join(own, name)));
    } else if (STORES.includes(name) || COPIED.test(name) || name.startsWith('config')) {
      continue;
    } else if ((kind === 'file' || kind === 'directory') && toText(name) !== undefined) {
      // A mount needs something to be mounted over.
      if (kind === 'file') writeWhole(join(own, name), '', owner);
      else makeDirectory(join(own, name), owner);
      show(name, false);
    }
  }
  for (const store of STORES.filter((name) => kindOf(join(host, name)) === 'directory')) {
    makeDirectory(join(own, store), owner);
    show(store, true);
    // `alternates` and its like are no data: they lead to objects elsewhere.
    if (store !== 'objects') continue;
    makeDirectory(join(host, 'objects/info'), userOf(host));
    const info = `${own}.info`;
    makeDirectory(info, owner);
    for (const file of filesBelow(join(host, 'objects/info'), '')) {
      copyFile(join(host, 'objects/info', file), join(info, file), owner);
    }
    show('objects/info', true, info);
  }
  directories.push(composeFiles(host, own, 'repository', owner, config));
  return { directories, mounts };
}

/** The mount that puts the run's own directory where the host's is. */
export function mountOf({ host, own }: Pick<PrivateDirectory, 'host' | 'own'>): MountSpec {
  return { kind: 'bind', source: text(own), target: text(host), writable: true };
}

function composeFiles(
  host: string,
  own: string,
  kind: PrivateDirectory['kind'],
  owner: UserIds,
  config: ComposeConfig,
): PrivateDirectory {
  const files: Record<string, readonly [string, string]> = Object.create(null) as Record<string, [string, string]>;
  for (const name of copiedFiles(host)) {
    copyFile(join(host, name), join(own, name), owner);
    files[name] = [stampOf(join(host, name)) ?? '', stampOf(join(own, name)) ?? ''];
  }
  for (const name of ['refs', 'logs'].filter((one) => kindOf(join(host, one)) === 'directory')) {
    makeDirectory(join(own, name), owner);
  }
  let composed = '';
  for (const name of ['config', 'config.worktree'].filter((one) => kindOf(join(host, one)) !== undefined)) {
    const content = config(join(host, name), host);
    writeWhole(join(own, name), content, owner);
    if (name === 'config') composed = content;
  }
  return {
    host,
    own,
    kind,
    returns: 'everything',
    files,
    refs: kind === 'repository' ? readRefs(host) : {},
    config: composed,
  };
}

function copiedFiles(host: string): string[] {
  const names = namesIn(host).filter((name) => COPIED.test(name) && name !== 'lfs');
  return names.flatMap((name) => filesBelow(host, name)).filter((name) => !NEVER_COPIED.test(name));
}

/** The files of a repository's data that another repository has as well: `git clone` links those of its source. */
export function sharedObjects(host: string): string[] {
  return [host, ...modulesOf(host)].flatMap((directory) =>
    STORES.flatMap((store) => filesBelow(directory, store))
      .map((name) => join(directory, name))
      .filter((file) => lstatSync(bytes(file)).nlink > 1),
  );
}

/** The git directories of a repository's submodules. */
export function modulesOf(host: string): string[] {
  const modules = join(host, 'modules');
  return kindOf(modules) === 'directory' ? modulesIn(modules).map((name) => join(modules, name)) : [];
}

/** All of a repository's worktrees: a `git gc` has to know what each of them needs. */
function worktreesIn(host: string, own: string, owner: UserIds, config: ComposeConfig): PrivateDirectory[] {
  const [from, to] = [join(host, 'worktrees'), join(own, 'worktrees')];
  makeDirectory(to, owner);
  return namesIn(from)
    .filter((name) => kindOf(join(from, name)) === 'directory')
    .map((name) => {
      makeDirectory(join(to, name), owner);
      return composeFiles(join(from, name), join(to, name), 'worktree', owner, config);
    });
}

/** The submodules' git directories, relative to `modules`. Their names may have slashes. */
export function modulesIn(modules: string, limit = 10_000): string[] {
  const found: string[] = [];
  const pending = [''];
  for (let below = pending.pop(); below !== undefined && limit > 0; below = pending.pop(), limit--) {
    for (const name of namesIn(join(modules, below))) {
      const path = join(below, name);
      if (kindOf(join(modules, path)) !== 'directory') continue;
      if (kindOf(join(modules, path, 'HEAD')) === undefined) pending.push(path);
      else found.push(path);
    }
  }
  return found.sort();
}

function text(path: string): string {
  const decoded = toText(path);
  // The callers check the paths of repositories, and names that are not UTF-8 are left out.
  if (decoded === undefined) throw new Error(`not UTF-8: ${basename(path)}`);
  return decoded;
}
