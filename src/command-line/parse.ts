import { Command as Program, CommanderError } from 'commander';
import { withRows } from './columns.ts';
import { usageError } from './flags.ts';
import type { Answer } from './subcommand.ts';

/**
 * Parses what follows a subcommand.
 *
 * @param name of the subcommand, for messages
 * @param define adds arguments, options and the action
 * @returns the help, if it was asked for
 * @throws UserError for a command line that was not understood
 */
export async function parse(
  name: string,
  argv: readonly string[],
  define: (program: Program) => unknown,
): Promise<Answer | undefined> {
  let text = '';
  const output = { writeOut: (out: string) => (text += out), writeErr: () => undefined };
  const program = withRows(new Program(`awf ${name}`))
    .helpOption('-h, --help', 'shows this')
    .exitOverride()
    .configureOutput(output)
    .helpCommand(false);
  define(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text, exitCode: 0 };
    throw usageError(error, `awf ${name} --help`);
  }
}
