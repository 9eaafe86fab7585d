import { join } from 'node:path';
import {
  configDirectories,
  configHome,
  namesIn,
  programDirectories,
  shownPath,
  textOf,
  variableOf,
  type Machine,
  type Setting,
} from './machine.ts';
import { addressesIn, assignments, type Assignment } from './settings-text.ts';

/** Where the settings of a tool say that its packages come from. */
export interface Indexes {
  /** In place of the default. */
  readonly index: readonly Setting[];
  /** Beside it. */
  readonly others: readonly Setting[];
  /** False if the tool is told to ask no index. */
  readonly isAsked: boolean;
  /** What the settings do not say, as a sentence without its dot. */
  readonly gap?: string;
}

/** pip knows the host of its index's files as well, which the index names only in its answers. */
const INDEX_FILE = 'pip/_internal/models/index.py';
const DEFAULT = /^PyPI = PackageIndex\(\s*"(https:[^"]+)",\s*file_storage_domain="([^"]+)"/m;

/** The settings of pip. (pip: topics/configuration) */
export function pip(machine: Machine): Indexes {
  const files = settingsFiles(machine);
  const fromFiles = (key: string): Setting[][] =>
    files.map(({ all, from }) =>
      all
        .filter((one) => nameOf(one) === key)
        .flatMap(({ value }) => addressesIn(value))
        .map((url) => ({ url, from })),
    );
  const strongest = (variable: string, key: string): readonly Setting[] =>
    [ofVariable(machine, variable), ...fromFiles(key)].find((found) => found.length > 0) ?? [];
  const noIndex =
    variableOf(machine, 'PIP_NO_INDEX') ??
    files.flatMap(({ all }) => all.find((one) => nameOf(one) === 'no-index')?.value ?? [])[0];
  return {
    index: strongest('PIP_INDEX_URL', 'index-url'),
    others: [...strongest('PIP_EXTRA_INDEX_URL', 'extra-index-url'), ...strongest('PIP_FIND_LINKS', 'find-links')],
    isAsked: !/^(?:y|yes|t|true|on|1)$/i.test(noIndex ?? ''),
  };
}

export const ofVariable = (machine: Machine, from: string): Setting[] =>
  addressesIn(machine.environment[from] ?? '').map((url) => ({ url, from }));

/** An option's name without its section (`global`, `install`), as pip reads it. */
const nameOf = ({ key }: Assignment): string =>
  key.replace(/^.*\./, '').toLowerCase().replaceAll('_', '-').replace(/^--/, '');

/** The strongest one first. */
function settingsFiles(machine: Machine): { all: readonly Assignment[]; from: string }[] {
  const named = variableOf(machine, 'PIP_CONFIG_FILE');
  const site = [variableOf(machine, 'VIRTUAL_ENV') ?? [], programPrefixes(machine)].flat();
  const paths = [
    named ?? [],
    ...site.map((prefix) => join(prefix, 'pip.conf')),
    join(configHome(machine), 'pip/pip.conf'),
    join(machine.home, '.pip/pip.conf'),
    '/etc/pip.conf',
    ...configDirectories(machine).map((directory) => join(directory, 'pip/pip.conf')),
  ].flat();
  // pip's documented way to switch its files off.
  if (named === '/dev/null') return [];
  return [...new Set(paths)].flatMap((path) => {
    const text = textOf(machine, path);
    return text === undefined ? [] : [{ all: assignments(text, '=:'), from: shownPath(machine, path) }];
  });
}

/** The index that the installed pip has as its default, and the host of its files. */
export function builtInIndex(machine: Machine): Setting[] {
  for (const packages of packageDirectories(machine)) {
    const [, index, files] = DEFAULT.exec(textOf(machine, join(packages, INDEX_FILE)) ?? '') ?? [];
    if (index === undefined || files === undefined) continue;
    const from = "pip's own default";
    return [
      { url: index, from },
      { url: `https://${files}/`, from },
    ];
  }
  return [];
}

function* packageDirectories(machine: Machine): Generator<string> {
  const prefixes = programPrefixes(machine);
  for (const prefix of new Set([...prefixes, join(machine.home, '.local'), '/usr/local', '/usr'])) {
    for (const name of namesIn(machine, join(prefix, 'lib'))) {
      if (!name.startsWith('python3')) continue;
      for (const packages of ['site-packages', 'dist-packages']) yield join(prefix, 'lib', name, packages);
    }
  }
}

/** Where Python may be installed, or a virtual environment be. */
function programPrefixes(machine: Machine): string[] {
  return programDirectories(machine).flatMap((directory) => {
    const prefix = join(directory, '..');
    // pyenv's programs are scripts that choose a version.
    const versions = directory.endsWith('/shims') ? namesIn(machine, join(prefix, 'versions')) : [];
    return [prefix, ...versions.map((version) => join(prefix, 'versions', version))];
  });
}
