import { basename, dirname, join, resolve } from 'node:path';
import { fromText, toText } from '../../host/file-names.ts';
import { nonEmpty } from '../../host/variables.ts';
import { composeEntry } from './config-policy.ts';
import { parseGitConfig, type PlacedEntry } from './config.ts';
import { contentOf } from './files.ts';

/** Settings that git reads for every repository. */
export interface UserSettings {
  /** Where they are; empty for the environment. */
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
  const configHome = nonEmpty(environment, 'XDG_CONFIG_HOME') ?? join(home, '.config');
  const files = [
    environment['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig',
    ...(environment['GIT_CONFIG_GLOBAL'] === undefined
      ? [join(configHome, 'git/config'), join(home, '.gitconfig')]
      : [environment['GIT_CONFIG_GLOBAL']]),
  ];
  const own = environmentSettings(environment);
  return [...files.flatMap((file) => settingsIn(file, home, 0)), ...(own.length > 0 ? [daring('', own)] : [])];
}

/** Variables that stand for a setting (git(1), "Environment Variables"). */
const VARIABLES: Readonly<Record<string, string>> = {
  GIT_TEMPLATE_DIR: 'init.templatedir',
  GIT_SSH_COMMAND: 'core.sshcommand',
  GIT_SSH: 'core.sshcommand',
  GIT_ASKPASS: 'core.askpass',
  GIT_EDITOR: 'core.editor',
  GIT_SEQUENCE_EDITOR: 'sequence.editor',
  GIT_PAGER: 'core.pager',
  GIT_PROXY_COMMAND: 'core.gitproxy',
  GIT_EXTERNAL_DIFF: 'diff.external',
};

/** The settings in the environment of the job: later steps have it too (git-config(1), "Environment"). */
function environmentSettings(environment: NodeJS.ProcessEnv): PlacedEntry[] {
  const count = Number(environment['GIT_CONFIG_COUNT'] ?? 0);
  const numbers = Array.from({ length: count >= 0 && count <= MAX_SETTINGS ? count : 0 }, (_, number) => number);
  const given = [
    ...numbers.map((number) => [environment[`GIT_CONFIG_KEY_${number}`], environment[`GIT_CONFIG_VALUE_${number}`]]),
    ...Object.entries(VARIABLES).map(([name, key]) => [key, environment[name]]),
  ];
  return given.flatMap(([name = '', value]) => {
    const [, section, subsection, key] = /^([^.]+)\.(?:(.*)\.)?([^.]+)$/s.exec(name) ?? [];
    if (section === undefined || key === undefined || value === undefined) return [];
    return [
      {
        ...{ section: section.toLowerCase(), subsection: subsection && fromText(subsection), key: key.toLowerCase() },
        ...{ value: fromText(value), start: 0, end: 0 },
      },
    ];
  });
}

/** More settings than anybody passes by the environment. */
const MAX_SETTINGS = 1_000;

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
  return [daring(file, entries), ...included];
}

function daring(file: string, entries: readonly PlacedEntry[]): UserSettings {
  return { file, entries: entries.filter((entry) => composeEntry(entry, () => false) === undefined) };
}

/** A value with the home directory in place of what git or a shell takes for it, at the beginning of a word. */
export function withHome(value: string, home: string): string {
  const names = ['~', `~${basename(home)}`, '$HOME', '${HOME}'].map((name) => RegExp.escape(name));
  return value.replaceAll(new RegExp(`(?<=^|[\\s"'=(])(?:${names.join('|')})(?=/)`, 'g'), () => home);
}
