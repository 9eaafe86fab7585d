import { Option as Flag, type Command as Program, type CommanderError } from 'commander';
import type { Option } from '../config/option.ts';
import { nameIn, OPTIONS } from '../config/options.ts';
import type { FrontEnd } from '../config/read.ts';
import { UserError } from '../errors.ts';

/** What was written on the command line, by the name of the option. */
export type FlagTexts = ReadonlyMap<string, readonly string[]>;

/**
 * Adds the flags of all options to a program.
 *
 * @returns reads what was given, once the program has parsed its arguments
 */
export function addFlags(program: Program): () => FlagTexts {
  const flags = OPTIONS.filter(({ only }) => only !== 'action').map((option) => ({ option, flag: flagFor(option) }));
  for (const { option, flag } of flags) {
    program.addOption(flag);
    if (isSwitch(option)) program.addOption(new Flag(`--no-${nameIn('cli', option).slice(2)}`).hideHelp());
  }
  return () => {
    const found = program.opts<Record<string, boolean | string[] | undefined>>();
    const texts = flags.map(({ option, flag }): [string, string[]] => {
      const value = found[flag.attributeName()] ?? [];
      return [option.name, typeof value === 'boolean' ? [String(value)] : value];
    });
    return new Map(texts);
  };
}

/** What may be on without its flag needs a way to be switched off: `--transparent=false` or `--no-transparent`. */
const isSwitch = ({ kind, default: preset }: Option): boolean => kind === 'boolean' && preset !== 'false';

/** Every flag that takes a value may be repeated; the option's row says what that means. */
function flagFor(option: Option): Flag {
  const { kind, description, choices, default: preset, short } = option;
  const long = nameIn('cli', option);
  const name = short === undefined ? long : `-${short}, ${long}`;
  if (kind === 'boolean') {
    if (!isSwitch(option)) return new Flag(name, description);
    const values = preset === undefined ? 'true or false' : `true or false; default: ${preset}`;
    return new Flag(`${name} [value]`, `${description} (${values})`).argParser((value: string | undefined) => {
      // Commander reads `-ti` as two flags, and passes nothing for the first.
      if (value === undefined) return ['true'];
      if (/^(true|false)$/i.test(value)) return [value];
      const hint = `Write ${long}=true or ${long}=false. A command stands behind --: awf [options] -- COMMAND.`;
      throw new UserError(`${long}: "${value}" is neither true nor false.`, { hint });
    });
  }
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(preset === undefined ? [] : [`default: ${preset.replaceAll('\n', ', ')}`]),
  ];
  const suffix = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return new Flag(`${name} <value>`, description + suffix).argParser((value: string, before: string[] | undefined) => {
    // The separator in front of the command, or of the words of a subcommand, is a forgotten value.
    if (value === '--') throw withoutValue(long);
    return [...(before ?? []), value];
  });
}

const withoutValue = (name: string, help = 'awf --help'): UserError =>
  new UserError(`${name} needs a value.`, { hint: `Write it behind the flag: ${name} VALUE. See ${help}.` });

/** The value behind an unknown flag is not repeated: it may be a key. */
function unknownOption(message: string, help: string): UserError {
  const [, name = ''] = /^error: unknown option '([^'=]*)/.exec(message) ?? [];
  const [meant = ''] = /\n\(Did you mean [^)]*\?\)$/.exec(message) ?? [];
  const known = OPTIONS.find((option) => name === nameIn('cli', option));
  if (known?.kind === 'boolean' && known.only !== 'action') {
    return new UserError(`${name} takes no value.`, { hint: 'Write it alone to switch it on, or leave it out.' });
  }
  const input = known?.only === 'action' ? known : undefined;
  const remedy =
    input === undefined
      ? ''
      : input.variable === undefined
        ? 'Only the action has this option. '
        : `Other users can read arguments: set the variable ${input.variable}. `;
  return new UserError(`unknown option '${name}'${meant}`, { hint: `${remedy}See ${help}.` });
}

/** What commander complains about, as an error for people. */
export function usageError(error: CommanderError, help = 'awf --help'): UserError {
  const [, name] = /^error: option '(?:-\w, )?(--\S+) <.*argument missing$/.exec(error.message) ?? [];
  if (error.code === 'commander.optionMissingArgument' && name !== undefined) return withoutValue(name, help);
  if (error.code === 'commander.unknownOption') return unknownOption(error.message, help);
  return new UserError(error.message.replace(/^error: /, ''), { hint: `See ${help}.` });
}

/** The command line as a front end. Credentials come from the environment. */
export function flagsFrontEnd(texts: FlagTexts, environment: NodeJS.ProcessEnv): FrontEnd {
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
