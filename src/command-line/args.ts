import { Command as Program, CommanderError } from 'commander';
import { buildConfig, type Built } from '../config/build.ts';
import { UserError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';
import { addFlags, flagsFrontEnd, type FlagTexts } from './flags.ts';

/** The command line as it was understood, or the text to print instead of running anything. */
export type CliRequest = Built | { readonly text: string };

const SYNTAX = '[options] -- COMMAND [ARG...]';

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
  if (word !== undefined) throw notASubcommand(word, parsed.words, command);
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

function parseFlags(argv: readonly string[]): Parsed | { readonly text: string } {
  let text = '';
  const program = new Program('awf')
    .usage(SYNTAX)
    .description(
      'Runs COMMAND in a sandbox that reaches the allowed domains only and holds no LLM credential. `awf policy` checks a policy file.',
    )
    .argument('[command...]', 'the command and its arguments, after --')
    // An option of a command that has no -- in front is not one of awf's.
    .passThroughOptions()
    .exitOverride()
    .configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined });
  const texts = addFlags(program);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw new UserError(error.message.replace(/^error: /, ''), { hint: 'See awf --help.' });
  }
  return { texts: texts(), words: program.args };
}

/** Names the first word only: the others may hold a secret. */
function notASubcommand(word: string, words: readonly string[], command: readonly string[] | undefined): UserError {
  const rest = words.length > 1 ? ' ...' : '';
  const hint =
    command === undefined
      ? `Put -- before the command: awf [options] -- ${word}${rest}`
      : `Only options come before --: awf ${SYNTAX}. See awf --help.`;
  return new UserError(`"${word}" is not a subcommand of awf.`, { hint });
}
