/** Prints the section of a version in the changelog: `node script/release/notes.ts VERSION [CHANGELOG]`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Notes {
  /** What stands after the version in the heading, for example `2026-11-30`. */
  readonly date: string;
  /** Markdown, without the heading. */
  readonly text: string;
}

/**
 * Cuts the section of a version out of a changelog in the format of https://keepachangelog.com/en/1.1.0/.
 *
 * @returns undefined if there is no such section
 */
export function notesOf(changelog: string, version: string): Notes | undefined {
  const lines = changelog.split(/\r?\n/);
  const isText = outsideBlocks(lines);
  const start = lines.findIndex((line, at) => isText(at) && line.startsWith(`## [${version}]`));
  if (start === -1) return undefined;
  const end = lines.findIndex((line, at) => at > start && isText(at) && /^## |^\[[^\]]+\]: /.test(line));
  const [, date = ''] = /^## \[[^\]]+\] - (.*)$/.exec(lines[start] ?? '') ?? [];
  const text = lines.slice(start + 1, end === -1 ? undefined : end);
  return { date: date.trim(), text: text.join('\n').trim() };
}

/** Tells lines of text from those of fenced blocks, which may contain anything. */
function outsideBlocks(lines: readonly string[]): (at: number) => boolean {
  const fences = lines.map((line) => /^ {0,3}(```|~~~)/.test(line));
  return (at) => fences.slice(0, at + 1).filter(Boolean).length % 2 === 0;
}

if (import.meta.main) {
  const [version = '', file = join(import.meta.dirname, '..', '..', 'CHANGELOG.md')] = process.argv.slice(2);
  const notes = notesOf(readFileSync(file, 'utf8'), version);
  if (notes === undefined || notes.text === '') {
    console.error(`${file} has no section "## [${version}] - DATE" with a text. Write one for the users.`);
    process.exitCode = 1;
  } else {
    console.log(notes.text);
  }
}
