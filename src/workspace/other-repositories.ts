import { basename, join } from 'node:path/posix';
import type { Guarded } from './guarded.ts';

/**
 * The directories of other programs for version control, and what in each of them names a program that they run, or leads to
 * such settings elsewhere. All of them run it when somebody only asks for the state, as prompts and editors do by themselves.
 *
 * - Mercurial (hg help config, "Files"; hg help internals.requirements)
 * - Sapling, which has the same files, and `config` instead of `hgrc`
 * - Jujutsu (jj help -k config)
 */
const SETTINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['.hg', ['hgrc', 'hgrc-not-shared', 'requires', 'sharedpath']],
  ['.sl', ['config', 'hgrc', 'requires', 'sharedpath']],
  ['.jj', ['repo/config.toml', 'workspace-config.toml']],
]);

/** True for a name that such a program looks for, in each directory and those above it. */
export const isOtherRepository = (name: string): boolean => SETTINGS.has(name);

/** The settings in repositories that the user has: they are read-only, and no new ones may appear. */
export function settingsOfOthers(repositories: readonly string[]): Guarded[] {
  return repositories.flatMap((path) =>
    (SETTINGS.get(basename(path)) ?? []).map((name) => ({
      ...{ path: join(path, name), isDirectory: true, what: 'settings of another program for version control' },
    })),
  );
}
