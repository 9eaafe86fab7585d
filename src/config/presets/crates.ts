import { join } from 'node:path';
import { getDomain } from 'tldts';
import {
  bytesOf,
  homesOfProgram,
  namesIn,
  textOf,
  variableOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn } from './settings-text.ts';
import { addressesAt, entriesAt, tomlFile, valueAt, type TomlFile } from './toml.ts';

const BUILT_IN = 'sparse+https://';

/**
 * cargo's registries and what replaces the built-in one, and where their files are.
 * (doc.rust-lang.org/cargo/reference/config.html, source-replacement.html and registry-index.html)
 */
export const crates: Tool = (machine) => {
  const home = variableOf(machine, 'CARGO_HOME') ?? join(machine.home, '.cargo');
  // cargo takes the name without an extension if both are there.
  const file = ['config', 'config.toml'].flatMap((name) => tomlFile(machine, join(home, name)) ?? [])[0] ?? NO_FILE;
  if (file.gap !== undefined) return { settings: registries(file, machine), gap: file.gap };
  const replaced = replacement(file, machine);
  const indexes = [...(replaced ?? builtIn(machine)), ...registries(file, machine)];
  const settings = indexes.flatMap((index) => [index, ...filesOf(machine, home, index)]);
  if (replaced?.length === 0) {
    return { settings, gap: `${file.from} replaces cargo's registry with what has no address` };
  }
  if (settings.length > 0) return { settings };
  return { settings, gap: 'cargo is not installed, and no setting names a registry' };
};

const NO_FILE: TomlFile = { table: {}, from: '' };

/** @returns nothing for a source without an address; undefined if the built-in registry is not replaced */
function replacement({ table, from }: TomlFile, machine: Machine): Setting[] | undefined {
  let name = 'crates-io';
  // A circle is the user's mistake, and must not keep AWF busy.
  const seen = new Set<string>();
  for (let next: unknown = name; typeof next === 'string' && !seen.has(next);) {
    name = next;
    seen.add(name);
    next = valueAt(table, 'source', name, 'replace-with');
  }
  if (seen.size === 1) return undefined;
  const variable = indexVariable(name);
  const fromVariable = addressesIn(machine.environment[variable] ?? '').map((url) => ({ url, from: variable }));
  const fromFile = ['registry', 'git'].map((key) => addressesAt(table, 'source', name, key));
  const found = [...fromFile, addressesAt(table, 'registries', name, 'index')].find((urls) => urls.length > 0) ?? [];
  return fromVariable.length > 0 ? fromVariable : found.map((url) => ({ url, from }));
}

const indexVariable = (name: string): string => `CARGO_REGISTRIES_${name.toUpperCase().replaceAll('-', '_')}_INDEX`;

/** A variable counts more than the file. */
function registries({ table, from }: TomlFile, { environment }: Machine): Setting[] {
  const ofFile = entriesAt(table, 'registries')
    .filter(([name]) => (environment[indexVariable(name)] ?? '') === '')
    .flatMap(([, registry]) => addressesAt(registry, 'index'))
    .map((url) => ({ url, from }));
  const ofVariables = Object.entries(environment)
    .filter(([name]) => /^CARGO_REGISTRIES_\w+_INDEX$/.test(name))
    .flatMap(([name, value = '']) => addressesIn(value).map((url) => ({ url, from: name })));
  return [...ofFile, ...ofVariables];
}

const FROM_PROGRAM = "cargo's own default";

/** The program has the address among its constants. Searching all of it takes 50 ms, and starting it longer. */
function builtIn(machine: Machine): Setting[] {
  for (const path of programs(machine)) {
    const bytes = bytesOf(machine, path) ?? Buffer.alloc(0);
    // The scheme also stands alone.
    for (let at = bytes.indexOf(BUILT_IN); at >= 0; at = bytes.indexOf(BUILT_IN, at + 1)) {
      const [url] = /^sparse\+https:\/\/[a-z0-9-]+\.[a-z0-9.-]+\//.exec(bytes.toString('latin1', at, at + 200)) ?? [];
      if (url !== undefined) return [{ url, from: FROM_PROGRAM }];
    }
  }
  return [];
}

/** rustup's `cargo` only chooses one of its toolchains. */
function* programs(machine: Machine): Generator<string> {
  const rustup = variableOf(machine, 'RUSTUP_HOME') ?? join(machine.home, '.rustup');
  const chosen = valueAt(tomlFile(machine, join(rustup, 'settings.toml'))?.table, 'default_toolchain');
  const toolchains = [
    variableOf(machine, 'RUSTUP_TOOLCHAIN') ?? [],
    typeof chosen === 'string' ? chosen : [],
    namesIn(machine, join(rustup, 'toolchains')),
  ];
  for (const toolchain of new Set(toolchains.flat())) yield join(rustup, 'toolchains', toolchain, 'bin/cargo');
  for (const directory of homesOfProgram(machine, 'cargo')) yield join(directory, 'cargo');
}

/**
 * The hosts of a registry's files. The index names them in its `config.json`, which cargo keeps once it has asked. A cache
 * can be writable for commands of other runs, so only a host of the registry's own domain counts. Without the cache, the
 * built-in registry's files are somewhere below its domain, and another registry's are where its index is.
 */
function filesOf(machine: Machine, home: string, { url, from }: Setting): Setting[] {
  const index = URL.parse(url.replace(/^sparse\+/i, ''));
  if (index === null) return [];
  const domain = getDomain(index.hostname);
  const folder = namesIn(machine, join(home, 'registry/index')).find((name) =>
    new RegExp(`^${RegExp.escape(index.hostname)}-[0-9a-f]{16}$`).test(name),
  );
  const text = folder === undefined ? '' : (textOf(machine, join(home, 'registry/index', folder, 'config.json')) ?? '');
  const [, files = ''] = /"dl"\s*:\s*"([^"]+)"/.exec(text) ?? [];
  if (domain === null) return [];
  if (URL.canParse(files) && getDomain(new URL(files).hostname) === domain) {
    return [{ url: files, from: "the registry's index" }];
  }
  return from === FROM_PROGRAM ? [{ url: `https://${domain}/`, from: "the default's domain", isBelow: true }] : [];
}
