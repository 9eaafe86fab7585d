/** The largest number of rows in a table or a list. A hostile command can ask for any number of names. */
const MAX_ROWS = 50;

/** What a reader sees: two columns. More of them do not fit on a phone. */
export type Row = readonly [string, string];

/**
 * A table in GitHub-flavoured Markdown; none without rows.
 *
 * @param isCount whether the second column has numbers
 */
export function table(head: Row, rows: readonly Row[], isCount = true): string[] {
  if (rows.length === 0) return [];
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, MAX_ROWS).map(line);
  return [[line(head), line(['---', isCount ? '--:' : '---']), ...shown].join('\n'), ...moreThan(rows)];
}

/** A list; none without items. */
export function list(items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, MAX_ROWS).map((item) => `- ${item}`);
  return [shown.join('\n'), ...moreThan(items)];
}

function moreThan({ length }: readonly unknown[]): string[] {
  return length > MAX_ROWS ? [`${length - MAX_ROWS} more are in the logs.`] : [];
}

/**
 * What a reader may open. None without blocks.
 *
 * @param title HTML, made of AWF's own words and numbers
 */
export function details(title: string, blocks: readonly string[]): string[] {
  return blocks.length === 0 ? [] : [`<details><summary>${title}</summary>`, ...blocks, '</details>'];
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

/** Characters that a cell of a narrow table has room for, in one line. */
const NARROW = 16;

/**
 * A name or a path for a cell. A code span breaks nowhere, and a long one would push the other column out of a phone's
 * screen: one of harmless characters gets places to break instead. Copying it gives the name.
 */
export function nameCell(name: string): string {
  const isHarmless = /^[A-Za-z0-9.:/ -]+$/.test(name) && !name.includes('//');
  if (name.length <= NARROW || name.length > 120 || !isHarmless) return code(name);
  return `<code>${(name.match(/[^./ -]{1,18}[./ -]?|[./ -]/g) ?? []).join('<wbr>')}</code>`;
}

/** A second, smaller line in a cell. */
export const note = (text: string): string => `<br><sub>${text}</sub>`;

function escaped(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point > 0xff ? `\\u{${point.toString(16)}}` : `\\x${point.toString(16).padStart(2, '0')}`;
}
