import { join } from 'node:path';
import { homesOfProgram, shownPath, textOf, type Machine, type Setting } from './machine.ts';
import { addressesIn } from './settings-text.ts';

/** Of Yarn 1 for everybody and for the user, and of Yarn 2 and later. */
const FILES = ['/etc/yarnrc', '/usr/local/etc/yarnrc', '~/.config/yarn', '~/.yarnrc', '~/.yarnrc.yml'];

const LINE = /^\s*["']?(?:(?:@[^:\s"']+:)?registry|npmRegistryServer)["']?[\s:].*$/gm;

/** Yarn 1 has a default of its own. */
const DEFAULT = /YARN_REGISTRY = ['"](https?:[^'"]+)/;

/**
 * The registries of Yarn's own settings.
 *
 * @param isDefault true if nothing sets npm's registry. Yarn 1 follows what does, and otherwise asks its own default,
 *   whatever npm's is.
 */
export function yarn(machine: Machine, isDefault: boolean): Setting[] {
  const { environment, home } = machine;
  const fromVariables = ['YARN_REGISTRY', 'YARN_NPM_REGISTRY_SERVER'].flatMap((from) =>
    addressesIn(environment[from] ?? '').map((url) => ({ url, from })),
  );
  const fromFiles = FILES.flatMap((file) => {
    const path = file.replace(/^~/, home);
    const lines = (textOf(machine, path) ?? '').match(LINE) ?? [];
    return addressesIn(lines.join('\n')).map((url) => ({ url, from: shownPath(machine, path) }));
  });
  const own = [...fromVariables, ...fromFiles];
  return own.length > 0 || !isDefault ? own : builtIn(machine);
}

const builtIn = (machine: Machine): Setting[] =>
  homesOfProgram(machine, 'yarn')
    .slice(0, 1)
    .flatMap((directory) => {
      const [, url] = DEFAULT.exec(textOf(machine, join(directory, '../lib/cli.js')) ?? '') ?? [];
      return url === undefined ? [] : [{ url, from: "Yarn's own default" }];
    });
