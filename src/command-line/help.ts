import { runHelp } from './args.ts';
import { notASubcommand } from './not-a-subcommand.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

/** `awf help [SUBCOMMAND]` */
export const HELP: Subcommand = {
  name: 'help',
  syntax: '[COMMAND]',
  summary: 'shows this, or the help for one command',
  run: ([name], context): Answer | number | Promise<Answer | number> => {
    if (name === undefined || name === 'help') return { text: help(context), exitCode: 0 };
    const subcommand = context.subcommands.find((one) => one.name === name);
    if (subcommand === undefined) throw notASubcommand([name], context.subcommands);
    return subcommand.run(['--help'], context);
  },
};

/** The text of `awf --help`: the subcommands, then the options of a run. */
export function help({ subcommands }: Pick<CommandContext, 'subcommands'>): string {
  return runHelp(subcommands.map(({ name, syntax, summary }) => [`${name} ${syntax}`.trim(), summary]));
}
