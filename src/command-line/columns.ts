import { Help, type Command as Program } from 'commander';

/** Columns that a description needs to stand beside its term. */
const LEAST_BESIDE = 40;
/** Columns below which the terminal breaks the lines itself. */
const LEAST = 20;
const WRAPPER = Object.assign(new Help(), { minWidthToWrap: LEAST });
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
    return `  ${term}\n${indented(description, width - BELOW.length, BELOW)}`;
  }
  return `  ${term.padEnd(termWidth)}  ${indented(description, beside, ' '.repeat(termWidth + 4)).trimStart()}`;
}

const indented = (text: string, width: number, indent: string): string =>
  WRAPPER.boxWrap(text, width).replace(/^/gm, indent);

/** The columns of the terminal that a help is for; 80 if it is none. */
export const helpWidth = (program: Program): number => program.configureOutput().getOutHelpWidth?.() ?? 80;

/** Gives the help of a program the rows of {@link helpRow}. */
export function withRows(program: Program): Program {
  return program.configureHelp({
    formatItem: (term: string, termWidth: number, description: string, { helpWidth: width = 80 }: Help) =>
      helpRow(term, termWidth, description, width),
  });
}
