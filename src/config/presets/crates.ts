import { join } from 'node:path';
import { getDomain } from 'tldts';
import {
  bytesOf,
  homesOfProgram,
  namesIn,
  shownPath,
  textOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn, assignments, lastOf, type Assignment } from './settings-text.ts';

const BUILT_IN = 'sparse+https://';

/**
 * cargo's registries and what replaces the built-in one, and where their files are.
 * (doc.rust-lang.org/cargo/reference/config.html, source-replacement.html and registry-index.html)
 */
export const crates: Tool = (machine) => {
  const home = machine.environment['CARGO_HOME'] ?? join(machine.home, '.cargo');
  const file = ['config.toml', 'config'].map((name) => join(home, name)).find((path) => textOf(machine, path));
  const all = assignments(file === undefined ? '' : (textOf(machine, file) ?? ''));
  const from = file === undefined ? '' : shownPath(machine, file);
  const replaced = replacement(all);
  const main = replaced === undefined ? builtIn(machine) : addressesIn(replaced).map((url) => ({ url, from }));
  const indexes = [...main, ...registries(all, from, machine)];
  const settings = indexes.flatMap((index) => [index, ...filesOf(machine, home, index)]);
  if (settings.length > 0) return { settings };
  if (replaced !== undefined) return { settings, gap: `${from} replaces cargo's registry with what has no address` };
  return { settings, gap: 'cargo is not installed, and no setting names a registry' };
};

/** @returns the registry's address, or an empty text for a source without one; undefined if nothing is replaced */
function replacement(all: readonly Assignment[]): string | undefined {
  let name = 'crates-io';
  // A circle is the user's mistake, and must not keep AWF busy.
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !seen.has(next);) {
    name = next;
    seen.add(name);
    next = lastOf(all, `source.${name}.replace-with`);
  }
  if (name === 'crates-io') return undefined;
  return lastOf(all, `source.${name}.registry`) ?? lastOf(all, `registries.${name}.index`) ?? '';
}

function registries(all: readonly Assignment[], from: string, { environment }: Machine): Setting[] {
  const ofFile = all
    .filter(({ key }) => /^registries\.[^.]+\.index$/.test(key))
    .flatMap(({ value }) => addressesIn(value))
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
  const { environment, home } = machine;
  const rustup = environment['RUSTUP_HOME'] ?? join(home, '.rustup');
  const chosen = lastOf(assignments(textOf(machine, join(rustup, 'settings.toml')) ?? ''), 'default_toolchain');
  const toolchains = [
    environment['RUSTUP_TOOLCHAIN'] ?? [],
    chosen ?? [],
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
  const index = new URL(url.replace(/^sparse\+/, ''));
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
