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

/** Shows text that the agent chose as inert code: it can neither end the span nor add a cell or a line. */
export function code(text: string): string {
  // Two backticks with nothing between them do not make a code span.
  const inert = text.replace(/[^\x20-\x7e]/g, '?').replace(/[`|<>\\]/g, '?') || ' ';
  return `\`${inert.length > 120 ? `${inert.slice(0, 117)}...` : inert}\``;
}
