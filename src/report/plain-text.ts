/**
 * Text that others chose, as Markdown that says the same and nothing else.
 *
 * Outside of code, a backslash before every ASCII punctuation character makes it plain text (CommonMark 2.4). GitHub also
 * links some words on its own (addresses, mentions, issues) and renders mathematics; such a word becomes code, which
 * GitHub leaves alone.
 */

/** Removes what is invisible or changes how the rest looks: control, bidirectional and other format characters. */
export function visible(text: string): string {
  const lines = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replaceAll('\t', '  ');
  // The zero-width joiner stays: emoji and some scripts need it.
  return lines.replace(/(?![\n\u200d])[\p{Cc}\p{Cf}]/gu, '');
}

/**
 * Matches words that GitHub renders on its own even if they are escaped: web and mail addresses, mentions, issues,
 * formulas, alerts.
 */
const FOUND_BY_GITHUB = /[@#$]|\[!|:\/\/|www\.|mailto:|xmpp:/i;

/** Escapes text so that it stays plain text. */
export function escaped(text: string): string {
  return text.replace(/\S+/g, (word) =>
    FOUND_BY_GITHUB.test(word) ? spacedCode(word) : word.replace(/[!-/:-@[-`{-~]/g, '\\$&'),
  );
}

/** A code span. Backticks inside become apostrophes, so that only the last one can end it. */
export function spacedCode(text: string): string {
  return `\` ${text.replaceAll('`', "'")} \``;
}

/** What means something in the middle of a line; and at the start of a word, behind a digit, what would begin a list. */
const MEANT = /[!#$&*<>@[-`{-~]|(?<=\d)[.)]|^[-+=:]/g;

/**
 * A line of plain text, at most `limit` characters: like {@link escaped}, but readable in its source too, because only what
 * means something gets a backslash.
 */
export function plainText(text: string, limit = 1_000): string {
  const line = cut(visible(text).replace(/\s+/g, ' ').trim(), limit);
  return line.replace(/\S+/g, (word) => (FOUND_BY_GITHUB.test(word) ? spacedCode(word) : word.replace(MEANT, '\\$&')));
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 3).replace(/[\ud800-\udbff]$/, '')}...`;
}

/** The fence is longer than any in the code. It names no language, because GitHub renders some (mermaid, geojson, math). */
export function codeBlock(lines: readonly string[]): string[] {
  const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(runs.reduce((longest, length) => Math.max(longest, length + 1), 3));
  return [fence, ...lines, fence];
}

/** Lines, and characters of a line, that a quote has. A program may say any amount. */
const MAX_QUOTE = { lines: 40, characters: 500 };

/** What a program said, as a block quote of plain text: unlike code, it wraps on a phone. */
export function quote(text: string): string {
  const lines = visible(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const shown = lines.slice(0, MAX_QUOTE.lines).map((line) => plainText(line, MAX_QUOTE.characters));
  return [...shown, ...(lines.length > shown.length ? ['…'] : [])].map((line) => `> ${line}`).join('\\\n');
}
