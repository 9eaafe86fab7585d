import { SUMMARY_FILE_LIMIT, type WrittenFile } from '../agent/command-files.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';

/**
 * What the command wrote to GITHUB_STEP_SUMMARY, as Markdown that is safe to put into the job summary. Undefined when it
 * wrote nothing.
 *
 * It is the agent's: it may want to load an image (whoever reads the summary would be seen), to disguise a link, to end our
 * section and forge another. Nothing of it is passed on as it is; it is composed anew:
 *
 * - Every line stands in one block quote, under a sentence of ours.
 * - Outside of code every ASCII punctuation character has a backslash before it, which makes it text (CommonMark 2.4). A
 *   word that GitHub would link by itself (an address, a mention, an issue) or take for mathematics becomes code, which it
 *   leaves alone.
 * - What remains of the format: paragraphs, lists, bold, code. Headings become bold, tables code, links and images code that
 *   shows where they lead.
 *
 * A parser for the whole of Markdown would keep more of the format, but the result would be as safe as its agreement with
 * GitHub's, and hostile text makes such parsers slow. This one only has to find what is nice to keep, in linear time: where it
 * errs, a text looks worse, and never becomes more.
 */
export function agentSummary(file: WrittenFile, secrets: Secrets): string | undefined {
  const text = maskCredentials(visible(file.text), secrets);
  if (text.trim() === '') return undefined;
  const notes = [
    'Written by the command, not by the firewall. Links, images and HTML are shown as text.',
    ...(file.isCut ? [`It is longer than ${SUMMARY_FILE_LIMIT / 1024} KiB; this is its beginning.`] : []),
  ];
  const lines = [notes.map((note) => `*${note}*`).join(' '), '', ...blocks(text.split('\n'))];
  return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}

/** Without what is not seen or changes how the rest is seen: control, bidirectional and other format characters. */
function visible(text: string): string {
  const lines = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replaceAll('\t', '  ');
  // The joiner of emoji and of some scripts stays.
  return lines.replace(/(?![\n\u200d])[\p{Cc}\p{Cf}]/gu, '');
}

const FENCE = /^ {0,3}(?<marks>`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}(?: (?<title>.*))?$/;
/** With text in it: an empty one would make a heading of the line before. */
const ITEM = /^(?<indent> {0,12})(?<mark>[-*+]|\d{1,9}[.)]) +(?<text>\S.*)$/;
const TABLE_ROW = /^ {0,3}\|/;

function blocks(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const marks = FENCE.exec(line)?.groups?.['marks'];
    if (marks !== undefined) {
      const end = endOfFence(lines, index + 1, marks);
      out.push(...codeBlock(lines.slice(index + 1, end)));
      index = end;
    } else if (TABLE_ROW.test(line)) {
      const start = index;
      while (TABLE_ROW.test(lines[index + 1] ?? '')) index++;
      out.push(...codeBlock(lines.slice(start, index + 1)));
    } else {
      out.push(...textLine(line));
    }
  }
  return out;
}

/** @returns the index of the closing fence, or behind the last line */
function endOfFence(lines: readonly string[], from: number, marks: string): number {
  for (let index = from; index < lines.length; index++) {
    const line = (lines[index] ?? '').trim();
    if (line.startsWith(marks) && line === (marks[0] ?? '').repeat(line.length)) return index;
  }
  return lines.length;
}

/** Its fence is longer than anything in it, and it names no language: some are rendered (mermaid, geojson, math). */
function codeBlock(lines: readonly string[]): string[] {
  const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(runs.reduce((longest, length) => Math.max(longest, length + 1), 3));
  return [fence, ...lines, fence];
}

function textLine(line: string): string[] {
  const heading = HEADING.exec(line);
  if (heading) {
    const title = heading.groups?.['title']?.trim() ?? '';
    return title === '' ? [''] : ['', `**${escaped(title)}**`, ''];
  }
  const { indent = '', mark = '', text = '' } = ITEM.exec(line)?.groups ?? {};
  // Numbers and dashes only: the other marks of an item mean the same.
  if (mark !== '') return [`${indent}${/\d/.test(mark) ? mark : '-'} ${inline(text.trim())}`];
  return [inline(line.trim())];
}

/** What is kept within a line: code, bold; links and images, to be shown as code. */
const TOKEN = /`(?<code>[^`]+)`|\*\*(?<bold>[^\s*`][^*`]*)\*\*|(?<link>!?\[[^[\]]*\]\([^()]*\))/g;

function inline(text: string): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { index, 0: whole, groups = {} } of text.matchAll(TOKEN)) {
    pieces.push(escaped(text.slice(at, index)));
    if (groups['bold'] !== undefined) pieces.push(`**${escaped(groups['bold'].trimEnd())}**`);
    else pieces.push(code(groups['code'] ?? groups['link'] ?? ''));
    at = index + whole.length;
  }
  pieces.push(escaped(text.slice(at)));
  // Backticks of two code spans that touched would be one mark, and open or close something else.
  return pieces.reduce((out, piece) => out + (out.endsWith('`') && piece.startsWith('`') ? ' ' : '') + piece, '');
}

/**
 * A word in which GitHub finds something by itself, after Markdown's own rules and whatever is escaped: an address of the
 * web or of mail, a mention, an issue, a formula, an alert.
 */
const FOUND_BY_GITHUB = /[@#$]|\[!|:\/\/|www\.|mailto:|xmpp:/i;

/** Text that is text. */
function escaped(text: string): string {
  return text.replace(/\S+/g, (word) =>
    FOUND_BY_GITHUB.test(word) ? code(word) : word.replace(/[!-/:-@[-`{-~]/g, '\\$&'),
  );
}

/** A code span. Backticks in it become apostrophes, so that there is no question which of them ends it. */
function code(text: string): string {
  return `\` ${text.replaceAll('`', "'")} \``;
}
