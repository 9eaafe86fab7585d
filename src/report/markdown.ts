/** The largest number of rows in a table. A hostile command can ask for any number of names. */
const MAX_ROWS = 50;

/** A table in GitHub-flavoured Markdown, or `empty` if there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, MAX_ROWS).map(line);
  const rest = rows.length - shown.length;
  return [
    line(head),
    line(head.map(() => '---')),
    ...shown,
    ...(rest > 0 ? [`\n${rest} more are in the logs.`] : []),
  ].join('\n');
}

/**
 * Shows text that the agent chose as inert code: it can neither end the span nor add a cell or a line. What it must not
 * contain, and all that is not ASCII, is escaped.
 */
export function code(text: string): string {
  const inert = text.replace(/[^\x20-\x7e]|[`|<>]/gu, escaped);
  // Two backticks with nothing between them do not make a code span.
  return `\`${(inert.length > 120 ? `${inert.slice(0, 117)}...` : inert) || ' '}\``;
}

function escaped(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point > 0xff ? `\\u{${point.toString(16)}}` : `\\x${point.toString(16).padStart(2, '0')}`;
}
