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
  // Not split at every `##`: a fenced block may contain one.
  const lines = changelog.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith(`## [${version}]`));
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  let isFenced = false;
  const end = rest.findIndex((line) => {
    if (/^ {0,3}(```|~~~)/.test(line)) isFenced = !isFenced;
    return !isFenced && (line.startsWith('## ') || /^\[[^\]]+\]: /.test(line));
  });
  const [, date = ''] = /^## \[[^\]]+\] - (.*)$/.exec(lines[start] ?? '') ?? [];
  return { date: date.trim(), text: (end === -1 ? rest : rest.slice(0, end)).join('\n').trim() };
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
