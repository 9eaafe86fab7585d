/** One setting of a git configuration. Text has one character for each byte. */
export interface ConfigEntry {
  /** Lower case. */
  readonly section: string;
  readonly subsection: string | undefined;
  /** Lower case. */
  readonly key: string;
  /** Undefined for a key without `=`, which git reads as true. */
  readonly value: string | undefined;
}

/** A setting and the lines that it takes: from `start` to `end` of the text with plain line ends. */
export interface PlacedEntry extends ConfigEntry {
  readonly start: number;
  readonly end: number;
}

/** The name of a setting, `section.subsection.key`, as `git config --list` prints it. */
export function nameOf({ section, subsection, key }: ConfigEntry): string {
  return [section, ...(subsection === undefined ? [] : [subsection]), key].join('.');
}

/**
 * Reads a git configuration by the rules of git-config(1), "Syntax", like git's own config.c. It refuses what git
 * refuses, and also what only some versions of git accept: a file must not mean something else to git than to us.
 *
 * @param text the file, with one character for each byte
 * @throws SyntaxError naming the line
 */
export function parseGitConfig(text: string): PlacedEntry[] {
  return new Parser(plainLines(text)).entries();
}

/** The value that git takes of a setting without a subsection. @returns undefined also for a text that is no configuration */
export function valueIn(text: string, section: string, key: string): string | undefined {
  try {
    return parseGitConfig(text).findLast(
      (entry) => entry.section === section && entry.subsection === undefined && entry.key === key,
    )?.value;
  } catch {
    return undefined;
  }
}

/** A configuration as git reads it: without a byte order mark, and with LF where it has CR LF. */
export function plainLines(text: string): string {
  return (text.startsWith(UTF8_BOM) ? text.slice(UTF8_BOM.length) : text).replaceAll('\r\n', '\n');
}

const UTF8_BOM = '\xef\xbb\xbf';
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', '\\': '\\', '"': '"' };

class Parser {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  entries(): PlacedEntry[] {
    if (this.#text.includes('\0')) throw this.#error('a NUL character');
    const found: PlacedEntry[] = [];
    let base: { section: string; subsection: string | undefined } | undefined;
    for (;;) {
      const character = this.#next();
      if (character === '') return found;
      if (isSpace(character)) continue;
      if (character === '#' || character === ';') this.#skipLine();
      else if (character === '[') base = this.#header();
      else if (!/[A-Za-z]/.test(character)) throw this.#error('neither a section nor a key');
      else if (base === undefined) throw this.#error('a key before the first section');
      else {
        const start = this.#at - 1;
        found.push({ ...base, ...this.#setting(character), start, end: this.#at });
      }
    }
  }

  /** Reads the rest of `[section]`, `[section "subsection"]` or the older `[section.subsection]`. */
  #header(): { section: string; subsection: string | undefined } {
    let name = '';
    for (;;) {
      const character = this.#next();
      if (character === ']' && name === '') throw this.#error('a section without a name');
      if (character === ']') return split(name, undefined);
      if (isSpace(character)) return split(name, this.#subsection(character));
      if (!/[A-Za-z0-9.-]/.test(character))
        throw this.#error('a section name with characters other than letters, digits, - and .');
      name += character.toLowerCase();
    }
  }

  #subsection(before: string): string {
    let character = before;
    while (isSpace(character) && character !== '\n') character = this.#next();
    if (character !== '"') throw this.#error('a section name that is not followed by a subsection in quotes');
    let name = '';
    for (;;) {
      character = this.#next();
      if (character === '"') break;
      if (character === '\\') character = this.#next();
      if (character === '\n' || character === '') throw this.#error('a subsection without a closing quote');
      name += character;
    }
    if (this.#next() !== ']') throw this.#error('a section without a closing bracket');
    return name;
  }

  #setting(first: string): { key: string; value: string | undefined } {
    let key = first.toLowerCase();
    let character = this.#next();
    for (; /[A-Za-z0-9-]/.test(character); character = this.#next()) key += character.toLowerCase();
    while (character === ' ' || character === '\t') character = this.#next();
    if (character === '\n' || character === '') return { key, value: undefined };
    if (character !== '=') throw this.#error('a key that is not followed by =');
    return { key, value: this.#value() };
  }

  #value(): string {
    let value = '';
    /** White space is held back until more follows: at the end it is not part of the value. */
    let space = '';
    let quoted = false;
    for (;;) {
      let character = this.#next();
      if (character === '\n' || character === '') {
        if (quoted) throw this.#error('a quoted value without a closing quote');
        return value;
      }
      if (!quoted && isSpace(character)) {
        if (value !== '') space += character;
        continue;
      }
      if (!quoted && (character === '#' || character === ';')) {
        this.#skipLine();
        return value;
      }
      value += space;
      space = '';
      if (character === '"') {
        quoted = !quoted;
        continue;
      }
      if (character === '\\') {
        character = this.#next();
        if (character === '\n' || character === '') continue;
        const escaped = ESCAPES[character];
        if (escaped === undefined) throw this.#error('an escape sequence that git does not know');
        character = escaped;
      }
      value += character;
    }
  }

  #skipLine(): void {
    let character = this.#next();
    while (character !== '\n' && character !== '') character = this.#next();
  }

  /** Reads one character. @returns an empty string at the end */
  #next(): string {
    const character = this.#text.charAt(this.#at++);
    if (character === '\n') this.#line += 1;
    return character;
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`line ${this.#line}: ${what}`);
  }
}

/** Splits a full name: its first dot ends the section. */
function split(name: string, quoted: string | undefined): { section: string; subsection: string | undefined } {
  const dot = name.indexOf('.');
  if (dot < 0) return { section: name, subsection: quoted };
  const rest = name.slice(dot + 1);
  return { section: name.slice(0, dot), subsection: quoted === undefined ? rest : `${rest}.${quoted}` };
}

/** True for white space, as git's own table of characters defines it. */
function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

/** Writes a configuration: every value in quotes, and one header for successive entries of the same section. */
export function formatGitConfig(entries: readonly ConfigEntry[]): string {
  let last: string | undefined;
  return entries
    .map((entry) => {
      const header =
        entry.subsection === undefined
          ? `[${entry.section}]\n`
          : `[${entry.section} "${entry.subsection.replace(/[\\"]/g, '\\$&')}"]\n`;
      const line = `\t${entry.key}${entry.value === undefined ? '' : ` = ${quote(entry.value)}`}\n`;
      const text = header === last ? line : header + line;
      last = header;
      return text;
    })
    .join('');
}

function quote(value: string): string {
  const escaped = value.replace(/[\\"\n\t\b]/g, (character) => {
    const letter = Object.keys(ESCAPES).find((name) => ESCAPES[name] === character) ?? character;
    return `\\${letter}`;
  });
  return `"${escaped}"`;
}
