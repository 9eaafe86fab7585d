import { resolve } from 'node:path';

/** A script of a composite action. */
export interface ActionScript {
  readonly text: string;
  /** Where it starts: absolute. */
  readonly directory: string;
}

/** What may stand before a program: words of the shell, programs that start others, and variables. */
const BEFORE =
  /^(?:if|then|else|elif|while|until|do|!|\{|time|exec|eval|sudo|env|command|nohup|xargs|timeout|nice|\w+=.*)$/;
/** Programs that run the file that is named after them. */
const INTERPRETER =
  /^(?:\S*\/)?(?:(?:ba|da|k|z)?sh|source|\.|node|deno|bun|tsx|ts-node|python[\d.]*|ruby|perl|php|pwsh|Rscript|lua|go|npx|bunx|uv|poetry|pipenv|bundle)$/;
/** What may stand between such a program and the file. */
const BETWEEN = /^(?:-\S*|run|exec|x|dlx)$/;
/** A word of a command, with its quotes. */
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'<>])+/g;
/** More than a script of an action has: whoever writes one must not be able to keep the run from its start. */
const [MAX_DIRECTORIES, MAX_PROGRAMS] = [20, 2_000];
const CHANGE_DIRECTORY = /^(?:cd|pushd)$/;

/**
 * Finds what a script may start: words where a shell expects a program, or the file that an interpreter runs. It need not
 * exist, and the script may have changed to any directory that it names.
 *
 * @returns absolute paths
 */
export function programsIn({ text, directory }: ActionScript): string[] {
  const directories = new Set([directory]);
  const programs: string[] = [];
  for (const command of text.replaceAll('\\\n', ' ').split(/[\n;&|()`]+/)) {
    const words = [...command.matchAll(WORD)].map(([word]) => word.replaceAll(/["']/g, ''));
    // `bash -c "./x --to y"`
    for (const word of words) if (/\s/.test(word)) programs.push(...programsIn({ text: word, directory }));
    const [program = '', ...rest] = words.slice(placeOfProgram(words));
    if (CHANGE_DIRECTORY.test(program)) {
      const further = Array.from(directories, (one) => resolve(one, rest[0] ?? '.'));
      for (const one of further) if (directories.size < MAX_DIRECTORIES) directories.add(one);
    }
    // Only by a path does a shell find what is not in PATH.
    if (/[./]/.test(program)) programs.push(program);
    if (!INTERPRETER.test(program)) continue;
    const file = rest.find((word) => !BETWEEN.test(word) && !INTERPRETER.test(word));
    if (file !== undefined) programs.push(file);
  }
  return [...new Set(programs)]
    .slice(0, MAX_PROGRAMS)
    .flatMap((program) => Array.from(directories, (one) => resolve(one, program)));
}

/** The index of the first word that neither may stand before a program, nor is an option or a number of one that does. */
function placeOfProgram(words: readonly string[]): number {
  const at = words.findIndex((word, index) => !BEFORE.test(word) && (index === 0 || !/^(?:-\S*|\d+\w?)$/.test(word)));
  return at === -1 ? words.length : at;
}
