import { Command as Program, CommanderError, Option as Flag } from 'commander';
import { buildConfig, type Built } from '../config/build.ts';
import { UserError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';
import { helpRow, helpWidth, withRows } from './columns.ts';
import { addFlags, flagsFrontEnd, usageError, type FlagTexts } from './flags.ts';
import { notASubcommand } from './not-a-subcommand.ts';

/** The command line as it was understood, or the text to print instead of running anything. */
export type CliRequest = Built | { readonly text: string };

const SYNTAX = '[options] -- COMMAND [ARG...]';

const DESCRIPTION = 'Runs COMMAND in a sandbox that reaches the allowed domains only and holds no LLM credential.';

/** The answer to `awf` alone. */
export function usage(): string {
  return `Usage: awf ${SYNTAX}\n\n${DESCRIPTION}\nawf --help lists the options and the other commands.\n`;
}

/** The help about a run. @param list stands in front of the options: terms with what they do */
export function runHelp(list: readonly (readonly [term: string, description: string])[]): string {
  const { program } = runProgram();
  const longest = Math.max(...list.map(([term]) => term.length));
  const rows = list.map(([term, description]) => helpRow(term, longest, description, helpWidth(program)));
  return program.description([`${DESCRIPTION}\n`, 'Commands:', ...rows].join('\n')).helpInformation();
}

/**
 * Reads `awf [options] -- COMMAND [ARG...]`. Credentials come from the environment.
 *
 * @param argv without the interpreter and the script
 * @throws UserError naming the flags and the remedies
 */
export function loadCliArgs(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  workspace = process.cwd(),
): CliRequest {
  const { own, command } = splitAtCommand(argv);
  const parsed = parseFlags(own);
  if ('text' in parsed) return parsed;
  const [word] = parsed.words;
  if (word !== undefined) throw misplaced(word, parsed.words, own, command);
  if (command === undefined || command.length === 0) {
    throw new UserError('There is no command to run.', { hint: `Write it after --: awf ${SYNTAX}. See awf --help.` });
  }
  const flags = flagsFrontEnd(parsed.texts, environment);
  const policy = loadPolicy(flags, environment, workspace);
  return buildConfig(flags, { argv: command, environment, workspace, policy });
}

/** What follows the first `--` is the command's, whatever it looks like; undefined without one. */
function splitAtCommand(argv: readonly string[]): { own: readonly string[]; command: readonly string[] | undefined } {
  const at = argv.indexOf('--');
  return at === -1 ? { own: argv, command: undefined } : { own: argv.slice(0, at), command: argv.slice(at + 1) };
}

/** Texts by option; words are what is no flag, and everything behind the first one. */
interface Parsed {
  readonly texts: FlagTexts;
  readonly words: readonly string[];
}

function runProgram(): { readonly program: Program; readonly texts: () => FlagTexts } {
  const program = withRows(new Program('awf'))
    .usage(SYNTAX)
    .description(DESCRIPTION)
    .argument('[command...]', 'the command and its arguments, after --')
    .helpOption('-h, --help', 'shows this')
    // An option of a command that has no -- in front is not one of awf's.
    .passThroughOptions()
    // `-it`, as for Docker. Standard input is passed on anyway.
    .addOption(new Flag('-i').hideHelp())
    .combineFlagAndOptionalValue(false)
    .exitOverride();
  return { program, texts: addFlags(program) };
}

function parseFlags(argv: readonly string[]): Parsed | { readonly text: string } {
  let text = '';
  const { program, texts } = runProgram();
  program.configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw usageError(error);
  }
  return { texts: texts(), words: program.args };
}

/** A word among the options: the command without its `--`, or a value that has no option. */
function misplaced(
  word: string,
  words: readonly string[],
  own: readonly string[],
  command: readonly string[] | undefined,
): UserError {
  if (command === undefined) return notASubcommand(words, [], own.length > words.length ? '[options] ' : '');
  return new UserError(`"${word}" is in front of --, where only options are.`, {
    hint: `Write: awf ${SYNTAX}. See awf --help.`,
  });
}
