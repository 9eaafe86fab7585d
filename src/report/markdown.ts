/** Rows of a table at most; a hostile command can ask for any number of names. */
const MAX_ROWS = 50;

/** A table of GitHub-flavoured Markdown, or `empty` when it has no rows. */
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

/** Text that the agent chose, as inert code: it cannot end the span, add a cell or a line. */
export function code(text: string): string {
  // Two backticks with nothing between them are no code span.
  const inert = text.replace(/[^\x20-\x7e]/g, '?').replace(/[`|<>\\]/g, '?') || ' ';
  return `\`${inert.length > 120 ? `${inert.slice(0, 117)}...` : inert}\``;
}
