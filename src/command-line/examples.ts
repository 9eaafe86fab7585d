import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { parse } from './parse.ts';
import type { Answer, Subcommand } from './subcommand.ts';

/** `awf examples [NAME]`: lists the workflows that come with AWF, or prints one. */
export const EXAMPLES: Subcommand = {
  name: 'examples',
  syntax: '[NAME]',
  summary: 'lists example workflows, or prints one',
  run: async (argv, { root }) => {
    let answer: Answer | undefined;
    const help = await parse('examples', argv, (program) =>
      program
        .description(
          'Lists the example workflows, or prints one: awf examples pr-review > .github/workflows/review.yml',
        )
        .argument('[name]', 'an example, with or without .yml')
        .action((name: string | undefined) => {
          answer = { text: name === undefined ? listOf(root) : exampleNamed(name, root), exitCode: 0 };
        }),
    );
    return help ?? answer ?? 0;
  },
};

const directoryOf = (root: string): string => join(root, 'examples');

function namesIn(root: string): string[] {
  const directory = directoryOf(root);
  const files = existsSync(directory) ? readdirSync(directory) : [];
  return files.flatMap((file) => /^([\w-]+)\.yml$/.exec(file)?.[1] ?? []).sort();
}

function listOf(root: string): string {
  const names = namesIn(root);
  if (names.length === 0) throw new UserError('This installation has no examples.', { hint: 'See docs/reference.md.' });
  const width = Math.max(...names.map(({ length }) => length));
  const lines = names.map((name) => `${name.padEnd(width)}  ${titleOf(textOf(name, root))}`.trimEnd());
  return [...lines, '', 'To use one: awf examples NAME > .github/workflows/NAME.yml', ''].join('\n');
}

const textOf = (name: string, root: string): string => readFileSync(join(directoryOf(root), `${name}.yml`), 'utf8');

/** The first line: `# Title: Claude Code reviews a pull request`. */
const titleOf = (text: string): string => /^#\s*(?:Title:\s*)?(.*)/.exec(text)?.[1] ?? '';

function exampleNamed(text: string, root: string): string {
  const wanted = text.replace(/\.ya?ml$/, '');
  const names = namesIn(root);
  // A name is never a path.
  if (names.includes(wanted)) return textOf(wanted, root);
  const near = names.filter((name) => name.includes(wanted) || wanted.includes(name)).slice(0, 3);
  throw new UserError(`"${text}" is not an example.`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'awf examples lists them.',
  });
}
