import { Command as Program, CommanderError, Option as Flag } from 'commander';
import { buildConfig, type Built } from '../config/build.ts';
import type { Option } from '../config/option.ts';
import { nameIn, OPTIONS } from '../config/options.ts';
import type { FrontEnd } from '../config/read.ts';
import { UserError } from '../errors.ts';

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
  return buildConfig(flagsOf(parsed.texts, environment), { argv: command, environment, workspace });
}

/** What follows the first `--` is the command's, whatever it looks like; undefined without one. */
function splitAtCommand(argv: readonly string[]): { own: readonly string[]; command: readonly string[] | undefined } {
  const at = argv.indexOf('--');
  return at === -1 ? { own: argv, command: undefined } : { own: argv.slice(0, at), command: argv.slice(at + 1) };
}

/** Texts by option; words are what is no flag, and everything behind the first one. */
interface Parsed {
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
}

function parseFlags(argv: readonly string[]): Parsed | { readonly text: string } {
  let text = '';
  const program = new Program('awf')
    .usage(SYNTAX)
    .description('Runs COMMAND in a sandbox that reaches the allowed domains only and holds no LLM credential.')
    .argument('[command...]', 'the command and its arguments, after --')
    // An option of a command that has no -- in front is not one of awf's.
    .passThroughOptions()
    .exitOverride()
    .configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined });
  const flags = OPTIONS.filter(({ only }) => only !== 'action').map((option) => ({ option, flag: flagFor(option) }));
  for (const { flag } of flags) program.addOption(flag);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw new UserError(error.message.replace(/^error: /, ''), { hint: 'See awf --help.' });
  }
  const found = program.opts<Record<string, true | string[] | undefined>>();
  const texts = flags.map(({ option, flag }): [string, string[]] => {
    const value = found[flag.attributeName()] ?? [];
    return [option.name, value === true ? ['true'] : value];
  });
  return { texts: new Map(texts), words: program.args };
}

/** Every flag that takes a value may be repeated; the option's row says what that means. */
function flagFor(option: Option): Flag {
  const { kind, description, choices, default: preset } = option;
  const name = nameIn('cli', option);
  if (kind === 'boolean') {
    // What is on by default needs a value to be switched off: `--transparent=false`.
    return preset === 'true'
      ? new Flag(`${name} [value]`, `${description} (true or false; default: true)`).argParser((value: string) => [
          value,
        ])
      : new Flag(name, description);
  }
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(preset === undefined ? [] : [`default: ${preset.replaceAll('\n', ', ')}`]),
  ];
  const suffix = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return new Flag(`${name} <value>`, description + suffix).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
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

function flagsOf(texts: Parsed['texts'], environment: NodeJS.ProcessEnv): FrontEnd {
  return {
    kind: 'cli',
    given: (option) => {
      if (option.kind === 'secret' || option.kind === 'secret-lines') {
        const { variable } = option;
        return [{ text: environment[variable] ?? '', source: { kind: 'variable', name: variable } }];
      }
      const given = texts.get(option.name) ?? [];
      const source = { kind: 'flag', name: nameIn('cli', option) } as const;
      return given.map((text, index) => ({
        text,
        source: given.length === 1 ? source : { ...source, repetition: index + 1 },
      }));
    },
  };
}
