import { isAbsolute, join } from 'node:path';
import { bun } from './bun.ts';
import {
  configHome,
  homesOfProgram,
  shownPath,
  textOf,
  variableOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn, assignments, lastOf, type Assignment } from './settings-text.ts';
import { yarn } from './yarn.ts';

/** Of npm 7 and later, and of npm 6: a text with the default of the option `registry`. */
const DEFAULTS = ['node_modules/@npmcli/config/lib/definitions/definitions.js', 'lib/config/defaults.js'];
const DEFAULT =
  /registry: new Definition\('registry', \{\s*default: [`'"](https?:[^`'"]+)|^\s*registry: ['"](https?:[^'"]+)/m;

/** npm's and pnpm's own, a scope's (`npm_config_@team:registry`), and Corepack's, which fetches pnpm and Yarn. */
const VARIABLES = {
  registry: /^p?npm_config_registry$/i,
  others: /^(?:npm_config_@[^:]+:registry|COREPACK_NPM_REGISTRY)$/i,
};

/** The registry of npm, pnpm, Bun and Yarn, and those of scopes. (npm: docs/config; pnpm and Bun read npm's settings) */
export const npm: Tool = (machine) => {
  const files = [...settingsFiles(machine)];
  const own = ownRegistry(machine, files);
  const ofBun = bun(machine);
  const settings = [
    ...(own ?? builtInRegistry(machine)),
    ...ofVariables(machine, VARIABLES.others),
    ...files.flatMap(({ all, from }) => of(all, /^@[^:]+:registry$/, from, machine)),
    ...ofPnpm(machine),
    ...yarn(machine, own === undefined),
    ...ofBun.settings,
  ];
  const gap = settings.length > 0 ? ofBun.gap : 'npm is not installed, and no setting names a registry';
  return gap === undefined ? { settings } : { settings, gap };
};

interface SettingsFile {
  readonly all: readonly Assignment[];
  readonly from: string;
}

/** The strongest one first. The user's file can say where the machine's is. (npm: configuring-npm/npmrc) */
function* settingsFiles(machine: Machine): Generator<SettingsFile> {
  const user = pathVariable(machine, 'userconfig') ?? join(machine.home, '.npmrc');
  const text = textOf(machine, user);
  const ofUser = assignments(text ?? '');
  if (text !== undefined) yield { all: ofUser, from: shownPath(machine, user) };
  const named = (name: string): string | undefined => pathVariable(machine, name) ?? pathIn(ofUser, name, machine);
  const prefix = named('prefix') ?? variableOf(machine, 'PREFIX');
  const paths = [
    named('globalconfig') ?? [],
    prefix === undefined ? [] : join(prefix, 'etc/npmrc'),
    '/etc/npmrc',
    homesOfProgram(machine, 'node').map((directory) => join(directory, '../etc/npmrc')),
    npmDirectories(machine).flatMap((npmHome) => [join(npmHome, '../../../etc/npmrc'), join(npmHome, 'npmrc')]),
    join(configHome(machine), 'pnpm/auth.ini'),
    join(configHome(machine), 'pnpm/rc'),
  ].flat();
  for (const path of new Set(paths)) {
    const other = textOf(machine, path);
    if (other !== undefined) yield { all: assignments(other), from: shownPath(machine, path) };
  }
}

function pathVariable(machine: Machine, name: string): string | undefined {
  const variable = Object.keys(machine.environment).find((key) => key.toLowerCase() === `npm_config_${name}`);
  return absolute(variableOf(machine, variable ?? '') ?? '', machine);
}

const pathIn = (all: readonly Assignment[], name: string, machine: Machine): string | undefined =>
  absolute(expanded(lastOf(all, name) ?? '', machine), machine);

function absolute(path: string, { home }: Machine): string | undefined {
  const whole = path.replace(/^~(?=\/)/, home);
  return isAbsolute(whole) ? whole : undefined;
}

/** `${NAME}` and `${NAME?}` (npm), `${NAME-fallback}` and `${NAME:-fallback}` (pnpm). The first stays if it is not set. */
const expanded = (text: string, machine: Machine): string =>
  text.replace(/\$\{(\w+)(\?|:?-[^}]*)?\}/g, (whole, name: string, fallback?: string) => {
    const without = fallback === undefined ? whole : fallback.replace(/^(?:\?|:?-)/, '');
    return variableOf(machine, name) ?? without;
  });

/** @returns undefined if nothing sets it */
function ownRegistry(machine: Machine, files: readonly SettingsFile[]): Setting[] | undefined {
  const fromFiles = files.map(({ all, from }) => of(all, /^registry$/, from, machine).slice(-1));
  return [ofVariables(machine, VARIABLES.registry), ...fromFiles].find((found) => found.length > 0);
}

const ofVariables = ({ environment }: Machine, names: RegExp): Setting[] =>
  Object.entries(environment).flatMap(([key, value = '']) =>
    names.test(key) ? addressesIn(value).map((url) => ({ url, from: key })) : [],
  );

const of = (all: readonly Assignment[], key: RegExp, from: string, machine: Machine): Setting[] =>
  all
    .filter((one) => key.test(one.key))
    .flatMap(({ value }) => addressesIn(expanded(value, machine)))
    .map((url) => ({ url, from }));

/** pnpm 11 and later have settings of their own. */
function ofPnpm(machine: Machine): Setting[] {
  const path = join(configHome(machine), 'pnpm/config.yaml');
  const blocks = (textOf(machine, path) ?? '').match(/^(?:registry|registries|namedRegistries):.*(?:\n[ \t].*)*/gm);
  const text = expanded((blocks ?? []).join('\n').replace(/^\s*#.*$/gm, ''), machine);
  return addressesIn(text).map((url) => ({ url, from: shownPath(machine, path) }));
}

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
