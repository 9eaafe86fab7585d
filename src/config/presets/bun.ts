import { join } from 'node:path';
import { configHome, type Tool } from './machine.ts';
import { addressesIn } from './settings-text.ts';
import { addressesAt, entriesAt, tomlFile } from './toml.ts';

/** The registries of Bun's own settings. (bun.com/docs/runtime/bunfig: `install.registry` and `install.scopes`) */
export const bun: Tool = (machine) => {
  const from = 'BUN_CONFIG_REGISTRY';
  const fromVariable = addressesIn(machine.environment[from] ?? '').map((url) => ({ url, from }));
  const files = [machine.home, configHome(machine)].flatMap(
    (path) => tomlFile(machine, join(path, '.bunfig.toml')) ?? [],
  );
  const fromFiles = files.flatMap((file) => {
    const scopes = entriesAt(file.table, 'install', 'scopes').map(([, value]) => value);
    const registries = [entriesAt(file.table, 'install').find(([key]) => key === 'registry')?.[1], ...scopes];
    const urls = registries.flatMap((one) => [...addressesAt(one), ...addressesAt(one, 'url')]);
    return urls.map((url) => ({ url, from: file.from }));
  });
  const gap = files.find((file) => file.gap !== undefined)?.gap;
  const settings = [...fromVariable, ...fromFiles];
  return gap === undefined ? { settings } : { settings, gap };
};
