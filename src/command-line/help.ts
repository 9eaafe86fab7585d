import { UserError } from '../errors.ts';
import { runHelp } from './args.ts';
import { notASubcommand } from './not-a-subcommand.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

/** `awf help [SUBCOMMAND]` */
export const HELP: Subcommand = {
  name: 'help',
  syntax: '[COMMAND]',
  summary: 'shows this, or the help for one command',
  run: ([name, ...more], context): Answer | number | Promise<Answer | number> => {
    if (more.length === 0 && isGeneral(name)) return { text: help(context), exitCode: 0 };
    const subcommand = context.subcommands.find((one) => one.name === name);
    if (subcommand === undefined) throw notASubcommand([name ?? ''], context.subcommands);
    const words = [subcommand.name, ...more];
    if (more.length > 1 || !more.every((word) => subcommand.commands?.includes(word))) {
      throw new UserError(`There is no help for "${words.join(' ')}".`, { hint: `See awf help ${subcommand.name}.` });
    }
    return subcommand.run([...more, '--help'], context);
  },
};

const isGeneral = (name: string | undefined): boolean => [undefined, 'help', '--help', '-h'].includes(name);

/** The text of `awf --help`: the subcommands, then the options of a run. */
export function help({ subcommands }: Pick<CommandContext, 'subcommands'>): string {
  return runHelp(subcommands.map(({ name, syntax, summary }) => [`${name} ${syntax}`.trim(), summary]));
}
