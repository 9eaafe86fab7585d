/**
 * The formats in which tools keep their settings: INI (npm, pip), TOML (cargo, uv) and `KEY=value` (Go). One reader is
 * enough for what presets need of them, which is strings.
 */

/** A key with the section that it is in, `source.crates-io.replace-with`, and its text. */
export interface Assignment {
  readonly key: string;
  readonly value: string;
}

const ADDRESS = /(?:sparse\+)?https?:\/\/[^\s"',;|\]}<>]+/gi;

/** The addresses in a text, in their order. */
export function addressesIn(text: string): string[] {
  return text.match(ADDRESS) ?? [];
}

/** Reads the assignments of a file. Of an inline table (TOML), each key is one. */
export function assignments(text: string): Assignment[] {
  const found: { key: string; value: string }[] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const [, header] = /^\s*\[\[?([^[\]]+)\]\]?\s*(?:[#;].*)?$/.exec(line) ?? [];
    const last = found.at(-1);
    if (/^\s*[#;]/.test(line)) continue;
    if (header !== undefined) {
      section = `${unquoted(header)}.`;
    } else if (/^\s+["']?(?:sparse\+)?https?:/i.test(line) && last !== undefined) {
      // A further line of a list. (configparser, TOML)
      last.value += ` ${line.trim()}`;
    } else {
      found.push(...assignment(section, line));
    }
  }
  return found;
}

function assignment(section: string, line: string): Assignment[] {
  const [, left = '', right = ''] = /^\s*((?:"[^"]*"|'[^']*'|[^=\s"'])+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (left === '') return [];
  const key = `${section}${unquoted(left)}`;
  const [, table] = /^\{(.*)\}/.exec(right) ?? [];
  if (table === undefined) return [{ key, value: valueOf(right) }];
  return table.split(',').flatMap((part) => assignment(`${key}.`, part));
}

function valueOf(text: string): string {
  const [, double, single] = /^(?:"([^"]*)"|'([^']*)')/.exec(text) ?? [];
  return double ?? single ?? text.replace(/\s[#;].*$/, '').trim();
}

const unquoted = (text: string): string => text.replace(/["'\s]/g, '');

/** The last value of a key: later lines win. */
export function lastOf(all: readonly Assignment[], key: string): string | undefined {
  return all.findLast((one) => one.key === key)?.value;
}
