import { join } from 'node:path';
import { namesIn, programDirectories, shownPath, textOf, type Machine, type Setting, type Tool } from './machine.ts';
import { addressesIn, assignments } from './settings-text.ts';

const VARIABLES = {
  index: ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL'],
  others: ['PIP_EXTRA_INDEX_URL', 'PIP_FIND_LINKS', 'UV_INDEX', 'UV_EXTRA_INDEX_URL', 'UV_FIND_LINKS'],
};
const KEYS = {
  index: /(?:^|\.)index-?url$|^index\.url$/,
  others: /(?:^|\.)(?:extra-index-url|find-links)$/,
};

/** pip knows the host of its index's files as well, which the index names only in its answers. */
const INDEX_FILE = 'pip/_internal/models/index.py';
const DEFAULT = /^PyPI = PackageIndex\(\s*"(https:[^"]+)",\s*file_storage_domain="([^"]+)"/m;

/** The index of pip, uv and Poetry, and the host of its files. (pip: topics/configuration; uv: reference/environment) */
export const pypi: Tool = (machine) => {
  const files = settingsFiles(machine);
  const ofKeys = (keys: RegExp): Setting[] =>
    files.flatMap(({ path, text }) =>
      assignments(text)
        .filter(({ key }) => keys.test(key))
        .flatMap(({ value }) => addressesIn(value))
        .map((url) => ({ url, from: shownPath(machine, path) })),
    );
  const ofVariables = (names: readonly string[]): Setting[] =>
    names.flatMap((from) => addressesIn(machine.environment[from] ?? '').map((url) => ({ url, from })));
  const defaults = builtIn(machine);
  // pip and uv do not read each other's, so each one's index counts.
  const own = [...ofVariables(VARIABLES.index), ...ofKeys(KEYS.index)];
  const others = [...ofVariables(VARIABLES.others), ...ofKeys(KEYS.others)];
  const index = own.length > 0 ? own : defaults.slice(0, 1);
  const usesDefault = index.some(({ url }) => defaults[0] !== undefined && hostOf(url) === hostOf(defaults[0].url));
  const settings = [...index, ...(usesDefault ? defaults.slice(1) : []), ...others];
  if (index.length > 0) return { settings };
  return { settings, gap: 'pip is not installed, and no setting names an index' };
};

function settingsFiles(machine: Machine): { path: string; text: string }[] {
  const { environment, home } = machine;
  const settings = environment['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const named = ['PIP_CONFIG_FILE', 'UV_CONFIG_FILE'].flatMap((name) => environment[name] ?? []);
  const paths = [
    ...named,
    ...['/etc/pip.conf', '/etc/xdg/pip/pip.conf', join(settings, 'pip/pip.conf'), join(home, '.pip/pip.conf')],
    ...['/etc/uv/uv.toml', join(settings, 'uv/uv.toml')],
  ];
  return paths.flatMap((path) => {
    const text = textOf(machine, path);
    return text === undefined ? [] : [{ path, text }];
  });
}

/** The index and the host of its files. */
function builtIn(machine: Machine): Setting[] {
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
  const prefixes = programDirectories(machine).flatMap((directory) => {
    const prefix = join(directory, '..');
    // pyenv's programs are scripts that choose a version.
    const versions = directory.endsWith('/shims') ? namesIn(machine, join(prefix, 'versions')) : [];
    return [prefix, ...versions.map((version) => join(prefix, 'versions', version))];
  });
  for (const prefix of new Set([...prefixes, join(machine.home, '.local'), '/usr/local', '/usr'])) {
    for (const name of namesIn(machine, join(prefix, 'lib'))) {
      if (!name.startsWith('python3')) continue;
      for (const packages of ['site-packages', 'dist-packages']) yield join(prefix, 'lib', name, packages);
    }
  }
}

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);
