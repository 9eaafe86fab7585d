import { join } from 'node:path';
import { configDirectories, configHome, variableOf, type Machine, type Setting } from './machine.ts';
import { ofVariable, type Indexes } from './pip.ts';
import { addressesAt, entriesAt, tomlFile, valueAt, type TomlFile } from './toml.ts';

/** The settings of uv. (docs.astral.sh/uv: concepts/configuration-files, concepts/indexes, reference/environment) */
export function uv(machine: Machine): Indexes {
  const files = settingsFiles(machine);
  const fromVariables = (...names: readonly string[]): Setting[] => names.flatMap((name) => ofVariable(machine, name));
  const candidates = [
    fromVariables('UV_DEFAULT_INDEX', 'UV_INDEX_URL'),
    ...files.map((file) => settings(file, [...ofKey(file, 'index-url'), ...tables(file, true)])),
  ];
  const gap = files.find((file) => file.gap !== undefined)?.gap;
  return {
    index: candidates.find((found) => found.length > 0) ?? [],
    others: [
      ...fromVariables('UV_INDEX', 'UV_EXTRA_INDEX_URL', 'UV_FIND_LINKS'),
      ...files.flatMap((file) =>
        settings(file, [...tables(file, false), ...ofKey(file, 'extra-index-url'), ...ofKey(file, 'find-links')]),
      ),
    ],
    isAsked: true,
    ...(gap === undefined ? {} : { gap }),
  };
}

const settings = ({ from }: TomlFile, urls: readonly string[]): Setting[] => urls.map((url) => ({ url, from }));

const ofKey = ({ table }: TomlFile, key: string): string[] => [
  ...addressesAt(table, key),
  ...addressesAt(table, 'pip', key),
];

/** The addresses of `[[index]]`. Only one with `default = true` stands in for the default. */
const tables = ({ table }: TomlFile, isDefault: boolean): string[] =>
  entriesAt(table, 'index')
    .filter(([, index]) => (valueAt(index, 'default') === true) === isDefault)
    .flatMap(([, index]) => addressesAt(index, 'url'));

/** The strongest one first. Of the machine's files, uv reads one. */
function settingsFiles(machine: Machine): TomlFile[] {
  const named = variableOf(machine, 'UV_CONFIG_FILE');
  if (named !== undefined) return [tomlFile(machine, named) ?? []].flat();
  if (/^(?:1|true|yes|on|y|t)$/i.test(variableOf(machine, 'UV_NO_CONFIG') ?? '')) return [];
  const directories = [...configDirectories(machine), '/etc'];
  const ofMachine = directories.flatMap((directory) => tomlFile(machine, join(directory, 'uv/uv.toml')) ?? []);
  return [tomlFile(machine, join(configHome(machine), 'uv/uv.toml')) ?? [], ofMachine.slice(0, 1)].flat();
}
