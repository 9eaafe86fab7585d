import type { Command as Program, Help } from 'commander';

/** Columns that a description needs to stand beside its term. */
const LEAST_BESIDE = 40;
/** Columns below which the terminal breaks the lines itself. */
const LEAST = 20;
/** In front of a description that stands below its term. */
const BELOW = ' '.repeat(6);

/**
 * A row of a help: a term, and its description beside it. In a narrow terminal, the description stands below.
 *
 * @param termWidth columns of the longest term
 * @param width columns of the terminal
 */
export function helpRow(term: string, termWidth: number, description: string, width: number): string {
  const beside = width - termWidth - 4;
  if (beside < LEAST_BESIDE) {
    return [`  ${term}`, ...wrapped(description, width - BELOW.length).map((line) => BELOW + line)].join('\n');
  }
  return `  ${term.padEnd(termWidth)}  ${wrapped(description, beside).join(`\n${' '.repeat(termWidth + 4)}`)}`;
}

/** Breaks a text between words. A word that is too long has a line of its own. */
function wrapped(text: string, width: number): string[] {
  if (width < LEAST) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The columns of the terminal that a help is for; 80 if it is none. */
export const helpWidth = (program: Program): number => program.configureOutput().getOutHelpWidth?.() ?? 80;

/** Gives the help of a program the rows of {@link helpRow}. */
export function withRows(program: Program): Program {
  return program.configureHelp({
    formatItem: (term: string, termWidth: number, description: string, { helpWidth: width = 80 }: Help) =>
      helpRow(term, termWidth, description, width),
  });
}
