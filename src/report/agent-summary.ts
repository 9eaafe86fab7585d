import { SUMMARY_FILE_LIMIT, type WrittenFile } from '../agent/command-files.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';
import { codeBlock, escaped, spacedCode, visible } from './plain-text.ts';

/**
 * Turns what the command wrote to GITHUB_STEP_SUMMARY into Markdown that is safe in the job summary. Returns undefined if
 * the command wrote nothing.
 *
 * The agent chose this text. It may try to load an image, which would give away who reads the summary, to disguise a link,
 * or to end its section and forge another one. So nothing is passed on as it is; the text is composed anew:
 *
 * - Every line goes into one block quote, under a note from AWF.
 * - Outside of code, it is plain text; see plain-text.ts.
 * - Paragraphs, lists, bold text and code keep their format. Headings become bold text and tables become code. Links and
 *   images become code that shows where they lead.
 *
 * A full Markdown parser would keep more of the format. But it would only be as safe as its agreement with GitHub's parser,
 * and hostile text makes such parsers slow. This one runs in linear time and looks only for what is worth keeping: its
 * mistakes make a text look worse, but never give it more power.
 */
export function agentSummary(file: WrittenFile, secrets: Secrets): string | undefined {
  const text = maskCredentials(visible(file.text), secrets);
  if (text.trim() === '') return undefined;
  const notes = [
    'Written by the command, not by AWF. Do not trust it more than the command. Links, images and HTML are shown as text.',
    ...(file.isCut ? [`It is longer than ${SUMMARY_FILE_LIMIT / 1024} KiB; this is its beginning.`] : []),
  ];
  const lines = [notes.map((note) => `*${note}*`).join(' '), '', ...blocks(text.split('\n'))];
  return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}

const FENCE = /^ {0,3}(?<marks>`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}(?: (?<title>.*))?$/;
/** The text is required: an empty item would turn the line before it into a heading. */
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

/** @returns the index of the closing fence, or the number of lines if there is none */
function endOfFence(lines: readonly string[], from: number, marks: string): number {
  for (let index = from; index < lines.length; index++) {
    const line = (lines[index] ?? '').trim();
    if (line.startsWith(marks) && line === (marks[0] ?? '').repeat(line.length)) return index;
  }
  return lines.length;
}

function textLine(line: string): string[] {
  const heading = HEADING.exec(line);
  if (heading) {
    const title = heading.groups?.['title']?.trim() ?? '';
    return title === '' ? [''] : ['', `**${escaped(title)}**`, ''];
  }
  const { indent = '', mark = '', text = '' } = ITEM.exec(line)?.groups ?? {};
  // Numbers and dashes suffice: the other marks mean the same.
  if (mark !== '') return [`${indent}${/\d/.test(mark) ? mark : '-'} ${inline(text.trim())}`];
  return [inline(line.trim())];
}

/** The formats kept within a line: code and bold text. Links and images are shown as code. */
const TOKEN = /`(?<code>[^`]+)`|\*\*(?<bold>[^\s*`][^*`]*)\*\*|(?<link>!?\[[^[\]]*\]\([^()]*\))/g;

function inline(text: string): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { index, 0: whole, groups = {} } of text.matchAll(TOKEN)) {
    pieces.push(escaped(text.slice(at, index)));
    if (groups['bold'] !== undefined) pieces.push(`**${escaped(groups['bold'].trimEnd())}**`);
    else pieces.push(spacedCode(groups['code'] ?? groups['link'] ?? ''));
    at = index + whole.length;
  }
  pieces.push(escaped(text.slice(at)));
  // Two code spans that touch would join their backticks into a different mark.
  return pieces.reduce((out, piece) => out + (out.endsWith('`') && piece.startsWith('`') ? ' ' : '') + piece, '');
}
