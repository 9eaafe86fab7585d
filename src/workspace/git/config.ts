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

/*
 * Parts of a subsection's name, and of a value. White space is what git's own table of characters says.
 */
const IN_NAME = /[^"\\\n]+|\\[^\n]/y;
const QUOTED = /[^"\\\n]+|\\[^]?|["\n]/y;
const PLAIN = /[^ \t\r\n"\\#;]+|\\[^]?|["\n]|[#;][^\n]*\n?/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  entries(): PlacedEntry[] {
    if (this.#text.includes('\0')) throw this.#error('a NUL character');
    const found: PlacedEntry[] = [];
    let base: { section: string; subsection: string | undefined } | undefined;
    for (;;) {
      this.#take(/(?:[ \t\r\n]+|[#;][^\n]*)+/y);
      const start = this.#at;
      const key = this.#take(/[A-Za-z][A-Za-z0-9-]*/y)?.toLowerCase();
      if (key === undefined && this.#take(/$/y) !== undefined) return found;
      if (key === undefined) base = this.#header();
      else if (base === undefined) throw this.#error('a key before the first section');
      else found.push({ ...base, key, value: this.#value(), start, end: this.#at });
    }
  }

  /** Reads `[section]`, `[section "subsection"]` or the older `[section.subsection]`. */
  #header(): { section: string; subsection: string | undefined } {
    const name = this.#take(/\[[A-Za-z0-9.-]*/y)
      ?.slice(1)
      .toLowerCase();
    if (name === undefined) throw this.#error('neither a section nor a key');
    let subsection: string | undefined;
    if (this.#take(/[ \t\r]+"/y) !== undefined) {
      subsection = '';
      for (let part = this.#take(IN_NAME); part !== undefined; part = this.#take(IN_NAME)) {
        subsection += part.startsWith('\\') ? part.slice(1) : part;
      }
      if (this.#take(/"/y) === undefined) throw this.#error('a subsection without a closing quote');
    }
    if (this.#take(/\]/y) === undefined) throw this.#error('a section name that git would not understand');
    if (name === '' && subsection === undefined) throw this.#error('a section without a name');
    return split(name, subsection);
  }

  #value(): string | undefined {
    this.#take(/[ \t]+/y);
    if (this.#take(/\n|$/y) !== undefined) return undefined;
    if (this.#take(/=/y) === undefined) throw this.#error('a key that is not followed by =');
    let value = '';
    /** White space is held back until more follows: at the end it is not part of the value. */
    let space = '';
    let quoted = false;
    for (;;) {
      const blank = quoted ? undefined : this.#take(/[ \t\r]+/y);
      if (value !== '') space += blank ?? '';
      const token = this.#take(quoted ? QUOTED : PLAIN);
      if (token === undefined || token === '\n') {
        if (quoted) throw this.#error('a quoted value without a closing quote');
        return value;
      }
      if (!quoted && /^[#;]/.test(token)) return value;
      value += space;
      space = '';
      if (token === '"') quoted = !quoted;
      else value += token.startsWith('\\') ? this.#escaped(token.slice(1)) : token;
    }
  }

  #escaped(character: string): string {
    if (character === '\n' || character === '') return '';
    const escaped = ESCAPES[character];
    if (escaped === undefined) throw this.#error('an escape sequence that git does not know');
    return escaped;
  }

  /** @returns what matches at this place. Undefined if nothing does */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`line ${this.#text.slice(0, this.#at).split('\n').length}: ${what}`);
  }
}

/** Splits a full name: its first dot ends the section. */
function split(name: string, quoted: string | undefined): { section: string; subsection: string | undefined } {
  const dot = name.indexOf('.');
  if (dot < 0) return { section: name, subsection: quoted };
  const rest = name.slice(dot + 1);
  return { section: name.slice(0, dot), subsection: quoted === undefined ? rest : `${rest}.${quoted}` };
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
