/** Quotes any text as one word of a POSIX shell. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command as it can be pasted into bash. It is one line, whatever the words are. */
export function commandLine(words: readonly string[]): string {
  return words.map(displayedWord).join(' ');
}

function displayedWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(word)) return quoteWord(word);
  const escaped = word.replace(/['\\]/g, '\\$&').replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `$'${escaped}'`;
}
