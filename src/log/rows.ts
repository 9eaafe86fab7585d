/** A fact with its name. */
export type Row = readonly [label: string, value: string];

/** Characters of a line, beside the runner's own column of times. */
const WIDTH = 120;

/** Lines with the labels in one column. A long value goes on below itself; it is broken at spaces only. */
export function rowLines(rows: readonly Row[]): string[] {
  const column = Math.max(0, ...rows.map(([label]) => label.length)) + 2;
  return rows.flatMap(([label, value]) =>
    wrapped(value, WIDTH - column).map((line, index) => (index === 0 ? label : '').padEnd(column) + line),
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
