/**
 * The line formats in which tools keep their settings: INI (npm, pip) and `KEY=value` (Go). One reader is enough for what
 * presets need of them, which is strings.
 */

/** A key with the section that it is in, `global.index-url`, and its text. */
export interface Assignment {
  readonly key: string;
  readonly value: string;
}

/** A password may have the characters that separate addresses. */
const ADDRESS = /(?:sparse\+)?https?:\/\/(?:[^\s"'/@<>]*@)?(?:\[[0-9a-f:.%]*\])?[^\s"',;|\]}<>]*/gi;

/**
 * The addresses in a text, in their order. Not all need be valid: a mirror's address with a mistake must not open the default
 * instead.
 */
export function addressesIn(text: string): string[] {
  return text.match(ADDRESS) ?? [];
}

/**
 * Reads the assignments of a file.
 *
 * @param delimiters what may stand between a key and its value, as a class of a regular expression: `=`, or `=:`
 */
export function assignments(text: string, delimiters: '=' | '=:' = '='): Assignment[] {
  const pattern = new RegExp(`^\\s*((?:"[^"]*"|'[^']*'|[^${delimiters}\\s"'])+)\\s*[${delimiters}]\\s*(.*)$`);
  const found: { key: string; value: string }[] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const [, header] = /^\s*\[([^[\]]+)\]\s*(?:[#;].*)?$/.exec(line) ?? [];
    const last = found.at(-1);
    if (/^\s*[#;]/.test(line)) continue;
    if (header !== undefined) {
      section = `${unquoted(header)}.`;
    } else if (/^\s+https?:/i.test(line) && last !== undefined) {
      // A further line of a list. (configparser)
      last.value += ` ${line.trim()}`;
    } else {
      const [, key, value = ''] = pattern.exec(line) ?? [];
      if (key !== undefined) found.push({ key: `${section}${unquoted(key)}`, value: valueOf(value) });
    }
  }
  return found;
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
