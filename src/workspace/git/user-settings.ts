import { dirname, join, resolve } from 'node:path';
import { fromText, toText } from '../../host/file-names.ts';
import { composeEntry } from './config-policy.ts';
import { parseGitConfig, type PlacedEntry } from './config.ts';
import { contentOf } from './files.ts';

/** A file of settings that git reads for every repository. */
export interface UserSettings {
  readonly file: string;
  /** Those settings that may run or read something. */
  readonly entries: readonly PlacedEntry[];
}

/** Git itself gives up at ten. */
const MAX_DEPTH = 10;

/**
 * Reads the git settings of the user and of the machine, with the files that they include whatever the condition
 * (git-config(1), "Files"). What git would not understand is left out: git fails then.
 *
 * @param home the user's home directory
 */
export function userSettings(home: string, environment: NodeJS.ProcessEnv): UserSettings[] {
  const configHome = environment['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const files = [
    environment['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig',
    ...(environment['GIT_CONFIG_GLOBAL'] === undefined
      ? [join(configHome, 'git/config'), join(home, '.gitconfig')]
      : [environment['GIT_CONFIG_GLOBAL']]),
  ];
  return files.flatMap((file) => settingsIn(file, home, 0));
}

function settingsIn(file: string, home: string, depth: number): UserSettings[] {
  const content = depth < MAX_DEPTH ? contentOf(fromText(file)) : undefined;
  if (content === undefined) return [];
  let entries: PlacedEntry[];
  try {
    entries = parseGitConfig(content);
  } catch {
    return [];
  }
  const included = entries.flatMap(({ section, key, value }) => {
    const path = value === undefined || !/^include(if)?$/.test(section) || key !== 'path' ? undefined : toText(value);
    return path === undefined ? [] : settingsIn(resolve(dirname(file), withHome(path, home)), home, depth + 1);
  });
  const daring = entries.filter((entry) => composeEntry(entry, () => false) === undefined);
  return [
    { file, entries: daring.map((entry) => ({ ...entry, value: entry.value && withHome(entry.value, home) })) },
    ...included,
  ];
}

function withHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
