import { parse } from 'smol-toml';
import { shownPath, textOf, type Machine } from './machine.ts';
import { isObject, isRecord } from '../../shared/json.ts';
import { addressesIn } from './settings-text.ts';

/** The settings of cargo, uv and Bun. */
export interface TomlFile {
  readonly table: unknown;
  /** The file, for the log. */
  readonly from: string;
  /** A sentence without its dot, if the file is broken. Then it has no settings, and its tool does not run either. */
  readonly gap?: string;
}

/** Reads a TOML file; undefined if there is none. */
export function tomlFile(machine: Machine, path: string): TomlFile | undefined {
  const text = textOf(machine, path);
  if (text === undefined) return undefined;
  const from = shownPath(machine, path);
  try {
    return { table: parse(text), from };
  } catch {
    return { table: {}, from, gap: `${from} is not valid TOML` };
  }
}

/** What a path of keys leads to. */
export function valueAt(table: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    table,
  );
}

/** The keys of a table, with their values; of a list of tables, the numbers. */
export const entriesAt = (table: unknown, ...keys: readonly string[]): [string, unknown][] => {
  const value = valueAt(table, ...keys);
  return isObject(value) ? Object.entries(value) : [];
};

/** The addresses in a string, or in a list of strings. */
export const addressesAt = (table: unknown, ...keys: readonly string[]): string[] =>
  [valueAt(table, ...keys)].flat().flatMap((value) => (typeof value === 'string' ? addressesIn(value) : []));
