import { delimiter, resolve } from 'node:path/posix';
import { fromText } from '../host/file-names.ts';
import { isAtOrBelow } from '../host/paths.ts';
import type { Guarded } from './guarded.ts';
import { streamedEntriesOf } from './listing.ts';
import { wayTo } from './way.ts';

/*
 * Variables of the job that lead into the workspace. Later steps have them too, and so have the steps that clean up after
 * other actions: what the command leaves at such a place runs although nobody asks for it.
 */

/** A directory of the workspace in which later steps search. Paths have one character for each byte. */
export interface Searched {
  readonly variable: string;
  readonly path: string;
  /** What was there before the command. */
  readonly known: readonly string[];
  /** Directories outside the workspace that are searched after it. */
  readonly behind: readonly string[];
}

/** Lists of directories, and those that are searched last whatever the list says (ld.so(8)). */
const SEARCH_PATHS: Readonly<Record<string, readonly string[]>> = {
  PATH: [],
  LD_LIBRARY_PATH: ['x86_64', 'aarch64', 'arm']
    .map((machine) => `${machine}-linux-gnu${machine === 'arm' ? 'eabihf' : ''}`)
    .flatMap((triple) => [`/usr/lib/${triple}`, `/lib/${triple}`])
    .concat(['/usr/lib64', '/lib64', '/usr/lib', '/lib']),
};

/** Variables with files that programs run, load or obey at their start. They may have options beside them. */
const FILES = [
  ...['BASH_ENV', 'LD_PRELOAD', 'LD_AUDIT', 'DOTNET_STARTUP_HOOKS', 'R_PROFILE_USER', 'PYTHONSTARTUP'],
  ...['NODE_OPTIONS', 'RUBYOPT', 'PERL5OPT', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'],
  ...['NPM_CONFIG_USERCONFIG', 'npm_config_userconfig', 'NPM_CONFIG_GLOBALCONFIG', 'npm_config_globalconfig'],
  ...['PIP_CONFIG_FILE', 'KUBECONFIG', 'AWS_CONFIG_FILE', 'WGETRC'],
  // Modules of OpenSSL, tools of the compilers, plugins: curl, Python, Ruby, PHP and ssh load the first.
  ...['OPENSSL_CONF', 'GOENV', 'RUSTC_WRAPPER', 'TF_CLI_CONFIG_FILE', 'ANSIBLE_CONFIG'],
  ...['PAGER', 'EDITOR', 'VISUAL', 'SSH_ASKPASS', 'SUDO_ASKPASS'],
];

/** The same with directories. */
const DIRECTORIES = ['DOCKER_CONFIG', 'GH_CONFIG_DIR', 'CURL_HOME', 'ZDOTDIR', 'PHPRC'];

/** The same with lists of directories or files. */
const LISTS = ['PHP_INI_SCAN_DIR', 'HGRCPATH', 'GCONV_PATH'];

const NAMED = 'a path that a variable of the job names';

/**
 * What variables of the job make later programs obey.
 *
 * @param workspace without links; relative paths start there, because steps do
 */
export function namedByVariables(workspace: string, environment: NodeJS.ProcessEnv): Guarded[] {
  const placesOf = (names: readonly string[], separator: RegExp, isDirectory: boolean): Guarded[] =>
    names
      .flatMap((name) => (environment[name] ?? '').split(separator))
      .filter((word) => word !== '')
      .map((word) => ({ path: fromText(resolve(workspace, word)), isDirectory, what: whatOf(word) }));
  return [
    ...placesOf(FILES, /[\s"',:;=]+/, false),
    ...placesOf(DIRECTORIES, /\n/, true),
    ...placesOf(LISTS, /:/, true),
  ];
}

/** Any word may name a file, but only one that looks like a path certainly does. */
const whatOf = (word: string): string | undefined => (word.includes('/') ? NAMED : undefined);

/** The directories of the workspace in which later steps search for programs and libraries. */
export function searchedDirectories(workspace: string, environment: NodeJS.ProcessEnv): Searched[] {
  const top = fromText(workspace);
  const isInside = (path: string): boolean => isAtOrBelow(path, top) || isAtOrBelow(wayTo(path).end, top);
  return Object.entries(SEARCH_PATHS).flatMap(([variable, last]) => {
    const value = environment[variable] ?? '';
    // An empty entry is the current directory, which `NAME=directory:$NAME` adds where there was nothing before.
    const entries = value === '' ? [] : value.split(delimiter).map((entry) => fromText(resolve(workspace, entry)));
    return entries.flatMap((path, index): Searched[] => {
      if (!isInside(path) || entries.indexOf(path) < index) return [];
      const behind = [...entries.slice(index + 1), ...last].filter((other) => !isInside(other));
      return [{ variable, path, known: namesIn(path), behind }];
    });
  });
}

/** What the command has left in a directory that is searched, so that it is found instead of the host's own. */
export function hidingOthers(
  { variable, path, known, behind }: Searched,
  workspace: string,
): readonly { readonly path: string; readonly what: string }[] {
  const directory = wayTo(path).end;
  if (!isAtOrBelow(directory, workspace)) return [];
  const before = new Set(known);
  const hidden = new Map(behind.toReversed().flatMap((other) => namesIn(other).map((name) => [name, other])));
  return namesIn(directory, (name) => hidden.has(name) && !before.has(name)).map((name) => ({
    path: `${directory}/${name}`,
    what: `${variable} has it before ${hidden.get(name) ?? ''}/${name}`,
  }));
}

/** The names of what is no directory. */
function namesIn(directory: string, isWanted: (name: string) => boolean = () => true): readonly string[] {
  const names: string[] = [];
  try {
    for (const { name, kind } of streamedEntriesOf(directory)) {
      if (kind !== 'directory' && isWanted(name)) names.push(name);
    }
  } catch {
    // There is no such directory, or nobody can list it.
  }
  return names;
}
