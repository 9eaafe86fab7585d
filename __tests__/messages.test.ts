import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../testing/root.ts';

const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((path) => join(ROOT, folder, String(path)))
    .filter((path) => /\.(ts|c|sh|conf)$|\/entrypoint$/.test(path) && path !== import.meta.filename);

/** As one text in which a message stands as it is printed: without escapes, and joined where the source is broken. */
const joined = (folders: readonly string[]): string =>
  folders
    .flatMap(below)
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
    .replaceAll('\\', '')
    .replaceAll('’', "'")
    .replace(/['"`]\s*\+?\s*\n\s*['"`]/g, '')
    .replace(/\s+/g, ' ');

const SOURCES = joined(['src', 'containers']);
const TESTS = joined(['__tests__']);

/** What other programs print, and the page explains too. */
const OF_OTHERS = ['ERROR: ld.so: ', 'ASan runtime '];

/** The columns with AWF's own messages. */
const COLUMNS = ['message', 'warning', 'message begins with or contains'];

interface Message {
  readonly text: string;
  /** What stands between placeholders (`…`, `NAME`, numbers, what is quoted). */
  readonly parts: readonly string[];
  /** The api-proxy's codes for it, by which tests know an answer too. */
  readonly codes: readonly string[];
}

/** A part that is shorter says little. */
const SHORTEST = 9;

const message = (text: string, codes: readonly string[]): Message => ({
  text,
  codes,
  parts: text
    .replace(/^(--)?[\w.~/-]+(, line N)?(, column M)?: /, '')
    .split(/…|"[^"]*"|[~.]*\/[\w./-]+|\b[A-Z][A-Z_-]*\b|\d+/)
    .map((part) => part.replace(/^[^\p{L}]+|[^\p{L}.]+$/gu, ''))
    .filter((part) => part.length >= SHORTEST),
});

/** The shortest runs of a part's whole words that have at least `length` characters. */
function runsOf(part: string, length: number): string[] {
  const words = part.split(' ');
  return words.flatMap((_, start) => {
    const end = words.findIndex((__, at) => at >= start && words.slice(start, at + 1).join(' ').length >= length);
    return end < 0 ? [] : [words.slice(start, end + 1).join(' ')];
  });
}

/** Whether a text quotes a part, or so many characters of it in a row: messages are put together from pieces. */
const quotes = (text: string, part: string, length: number): boolean =>
  text.includes(part) || runsOf(part, length).some((run) => text.includes(run));

/** The messages that the page explains: code in the tables' column of messages, and code in bold that begins a paragraph. */
function messages(): Message[] {
  const blocks = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .split('\n\n');
  const code = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, inside = '']) => inside);
  return blocks
    .flatMap((block) => {
      const [head = '', , ...rows] = block.split('\n');
      const column = head.split('|').findIndex((cell) => COLUMNS.includes(cell.trim()));
      if (block.startsWith('**`'))
        return code(/^\*\*(.*?)\*\*/s.exec(block)?.[1] ?? '').map((text) => message(text.replace(/\s+/g, ' '), []));
      if (column < 0) return [];
      return rows.flatMap((row) => {
        const cells = row.split(/(?<!\\)\|/);
        const codes = column === 1 ? [] : code(cells[1] ?? '');
        return code(cells[column] ?? '').map((text) => message(text, codes));
      });
    })
    .filter(({ text, parts }) => parts.length > 0 && !OF_OTHERS.some((start) => text.startsWith(start)));
}

const MESSAGES = messages();

describe('docs/troubleshooting.md', () => {
  test('has the messages', () => {
    expect(MESSAGES.length).toBeGreaterThan(100);
  });

  test('explains what AWF says', () => {
    const lost = MESSAGES.filter(({ parts }) => !parts.every((part) => quotes(SOURCES, part, 14)));
    expect(lost.map(({ text }) => text)).toEqual([]);
  });

  test('explains what a test has seen', () => {
    const untested = MESSAGES.filter(
      ({ parts, codes }) =>
        !parts.some((part) => quotes(TESTS, part, 14)) && !codes.some((code) => TESTS.includes(`'${code}'`)),
    );
    expect(untested.map(({ text }) => text)).toEqual([]);
  });
});
