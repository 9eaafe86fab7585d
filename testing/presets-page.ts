/** The tables of docs/presets.md, from the presets themselves. */

import { HOST_PRESETS, SOURCES } from '../src/config/presets/data.ts';
import { TOOL_PRESETS } from '../src/config/presets/names.ts';

type Row = readonly string[];

/** The page with new tables: each stands between two comments that name it. */
export function presetsPage(text: string): string {
  return Object.entries({ tools: toolTable(), hosts: hostTable(), sources: sourceList() }).reduce(
    (page, [name, table]) =>
      page.replace(
        new RegExp(`(<!-- ${name}: .*? -->\n).*?(\n<!-- end of ${name} -->)`, 's'),
        (_, start: string, end: string) => `${start}\n${table}${end}`,
      ),
    text,
  );
}

const words = (name: string, aliases: readonly string[] = []): string =>
  [name, ...aliases].map((word) => `\`${word}\``).join(', ');

const toolTable = (): string =>
  table([
    ['preset', 'for', 'read from'],
    ...TOOL_PRESETS.map(({ name, aliases, about, reads }) => [words(name, aliases), about, reads]),
  ]);

const hostTable = (): string =>
  table([
    ['preset', 'for', 'hosts, over HTTPS', 'sources'],
    ...HOST_PRESETS.map(({ name, aliases, about, hosts, includes = [], sources, warning }) => [
      words(name, aliases),
      warning === undefined ? about : `${about}. **Can be written to**`,
      [...hosts.map((host) => `\`${host}\``), ...includes.map((other) => `all of \`${other}\``)].join(', '),
      sources.map((source) => sourceText(source)).join(', '),
    ]),
  ]);

const sourceList = (): string =>
  Object.entries(SOURCES)
    .map(([name, url]) => `- **${name}**: <${url}>\n`)
    .join('');

function sourceText(source: string): string {
  const [shared] = Object.entries(SOURCES).find(([, url]) => url === source) ?? [];
  return shared ?? `[${new URL(source).hostname}](${source})`;
}

/** In Prettier's form: columns of equal width. */
function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: Row): string => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |\n`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('');
}
