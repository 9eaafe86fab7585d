import { join } from 'node:path';
import { homesOfProgram, shownPath, textOf, type Machine, type Setting, type Tool } from './machine.ts';
import { addressesIn, assignments, type Assignment } from './settings-text.ts';

/** Of npm 7 and later, and of npm 6: a text with the default of the option `registry`. */
const DEFAULTS = ['node_modules/@npmcli/config/lib/definitions/definitions.js', 'lib/config/defaults.js'];
const DEFAULT =
  /registry: new Definition\('registry', \{\s*default: [`'"](https?:[^`'"]+)|^\s*registry: ['"](https?:[^'"]+)/m;

/** Yarn 1 has a default of its own, and asks it whatever npm is set to by default. */
const YARN_DEFAULT = /YARN_REGISTRY = ['"](https?:[^'"]+)/;

/** The registry of npm, pnpm, Bun and Yarn, and those of scopes. (npm: docs/config; pnpm and Bun read npm's settings) */
export const npm: Tool = (machine) => {
  const files = [...settingsFiles(machine)];
  const settings = [
    ...(registryOf(machine, files) ?? []),
    ...files.flatMap(({ all, from }) => of(all, /^@[^:]+:registry$/, from, machine)),
    ...yarn(machine),
  ];
  return settings.length > 0
    ? { settings }
    : { settings, gap: 'npm is not installed, and no setting names a registry' };
};

interface SettingsFile {
  readonly all: readonly Assignment[];
  readonly from: string;
}

/** The strongest one first. */
function* settingsFiles(machine: Machine): Generator<SettingsFile> {
  const { environment, home } = machine;
  const variable = (name: string): string | undefined =>
    environment[Object.keys(environment).find((key) => key.toLowerCase() === `npm_config_${name}`) ?? ''];
  const builtIn = npmDirectories(machine);
  const paths = [
    variable('userconfig') ?? join(home, '.npmrc'),
    variable('globalconfig') ?? '/etc/npmrc',
    ...builtIn.flatMap((npmHome) => [join(npmHome, '../../../etc/npmrc'), join(npmHome, 'npmrc')]),
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pnpm/rc'),
  ];
  for (const path of paths) {
    const text = textOf(machine, path);
    if (text !== undefined) yield { all: assignments(text), from: shownPath(machine, path) };
  }
}

function registryOf(machine: Machine, files: readonly SettingsFile[]): Setting[] | undefined {
  const fromVariables = Object.entries(machine.environment).flatMap(([key, value = '']) =>
    key.toLowerCase() === 'npm_config_registry' ? addressesIn(value).map((url) => ({ url, from: key })) : [],
  );
  const fromFiles = files.map(({ all, from }) => of(all, /^registry$/, from, machine).slice(-1));
  return [fromVariables, ...fromFiles, builtInRegistry(machine)].find((found) => found.length > 0);
}

const of = (all: readonly Assignment[], key: RegExp, from: string, { environment }: Machine): Setting[] =>
  all
    .filter((one) => key.test(one.key))
    .flatMap(({ value }) => addressesIn(value.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? '')))
    .map((url) => ({ url, from }));

function builtInRegistry(machine: Machine): Setting[] {
  for (const directory of npmDirectories(machine)) {
    for (const file of DEFAULTS) {
      const [, url, older = url] = DEFAULT.exec(textOf(machine, join(directory, file)) ?? '') ?? [];
      if (older !== undefined) return [{ url: older, from: "npm's own default" }];
    }
  }
  return [];
}

/** The program is `bin/npm-cli.js` of the package; some systems have a script in front of it. */
const npmDirectories = (machine: Machine): string[] =>
  homesOfProgram(machine, 'npm').flatMap((directory) => [
    join(directory, '..'),
    ...['../lib/node_modules/npm', '../share/nodejs/npm'].map((path) => join(directory, path)),
  ]);

function yarn(machine: Machine): Setting[] {
  const { environment, home } = machine;
  const fromVariables = ['YARN_REGISTRY', 'YARN_NPM_REGISTRY_SERVER'].flatMap((from) =>
    addressesIn(environment[from] ?? '').map((url) => ({ url, from })),
  );
  const fromFile = ['.yarnrc', '.yarnrc.yml'].flatMap((name) => {
    const path = join(home, name);
    const lines = (textOf(machine, path) ?? '').match(/^\s*(?:registry|npmRegistryServer:?)\s.*$/gm) ?? [];
    return addressesIn(lines.join('\n')).map((url) => ({ url, from: shownPath(machine, path) }));
  });
  const own = [...fromVariables, ...fromFile];
  if (own.length > 0) return own;
  return homesOfProgram(machine, 'yarn')
    .slice(0, 1)
    .flatMap((directory) => {
      const [, url] = YARN_DEFAULT.exec(textOf(machine, join(directory, '../lib/cli.js')) ?? '') ?? [];
      return url === undefined ? [] : [{ url, from: "Yarn's own default" }];
    });
}
