import { presetNames } from '../config/egress-build.ts';
import { nameIn, OPTIONS } from '../config/options.ts';
import type { Option } from '../config/option.ts';
import { UserError } from '../errors.ts';
import { quoteWord } from '../shared/shell.ts';
import { POLICY_COMMANDS } from './policy.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

/** What a shell can complete in front of `--`. */
interface Words {
  readonly subcommands: CommandContext['subcommands'];
  readonly flags: readonly Flag[];
}

interface Flag {
  readonly name: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined for a flag without a value. */
  readonly values: 'anything' | 'files' | readonly string[] | undefined;
}

/** Options whose value is a path on this machine. */
const PATHS = ['working-directory', 'mounts', 'policy', 'proxy-logs-dir', 'upstream-ca'];
/** Options whose entries may be names of presets. */
const WITH_PRESETS = ['allow-domains', 'presets'];

const SHELLS: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish };

/** `awf completion bash|zsh|fish` */
export const COMPLETION: Subcommand = {
  name: 'completion',
  syntax: Object.keys(SHELLS).join('|'),
  summary: 'prints what a shell needs to complete awf',
  run: (argv, { subcommands }): Answer => {
    const shell = argv.join(' ');
    if (['--help', '-h'].includes(shell)) return { text: HELP, exitCode: 0 };
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined) {
      const problem = shell === '' ? 'awf completion needs the name of a shell' : `"${shell}" is no shell for this`;
      throw new UserError(`${problem}.`, { hint: `Write: awf completion ${Object.keys(SHELLS).join('|')}` });
    }
    return { text: script({ subcommands, flags: OPTIONS.flatMap(flagOf) }), exitCode: 0 };
  },
};

const HELP = `Usage: awf completion bash|zsh|fish

Prints what a shell needs to complete awf:
  bash  awf completion bash > ~/.local/share/bash-completion/completions/awf
  zsh   awf completion zsh > ~/.zfunc/_awf    (~/.zfunc has to be in fpath)
  fish  awf completion fish > ~/.config/fish/completions/awf.fish
`;

function flagOf(option: Option): Flag[] {
  if (option.only === 'action') return [];
  const { kind, choices, description, short } = option;
  const name = nameIn('cli', option);
  if (kind === 'boolean') return [{ name, short, description, values: undefined }];
  const values = PATHS.includes(option.name)
    ? 'files'
    : WITH_PRESETS.includes(option.name)
      ? presetNames()
      : (choices ?? 'anything');
  return [{ name, short, description, values }];
}

function bash({ subcommands, flags }: Words): string {
  const cases = flags.flatMap(({ name, values }) => {
    if (values === undefined) return [];
    const found = values === 'files' ? 'compgen -f -- "$word"' : values === 'anything' ? ':' : choose(values);
    return [`      ${name}) mapfile -t COMPREPLY < <(${found}); return ;;`];
  });
  const all = [
    ...flags.flatMap(({ name, short }) => (short === undefined ? [name] : [`-${short}`, name])),
    '--help',
    '--',
  ];
  return `# Completes awf in bash. awf completion bash has written this.
_awf() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} first=\${COMP_WORDS[1]} at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} == -- ]]; then
      # The command and its arguments.
      _awf_command $((at + 1))
      return
    fi
  done
  # bash makes three words of --flag=value.
  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $first == -* || $first == run ]]; then
    case $before in
${cases.join('\n')}
    esac
  fi
  if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then
    mapfile -t COMPREPLY < <(${choose(subcommands.map(({ name }) => name))})
  elif [[ $first == help ]]; then
    mapfile -t COMPREPLY < <(${choose(subcommands.map(({ name }) => name))})
  elif [[ $first == completion ]]; then
    mapfile -t COMPREPLY < <(${choose(Object.keys(SHELLS))})
  elif [[ $first == policy ]]; then
    mapfile -t COMPREPLY < <(((COMP_CWORD == 2)) && ${choose(POLICY_COMMANDS)} || compgen -f -- "$word")
  elif [[ $first == -* || $first == run ]]; then
    mapfile -t COMPREPLY < <(${choose(all)})
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
_awf_command() {
  local start=$1
  if declare -F _command_offset > /dev/null; then
    _command_offset "$start"
  elif ((COMP_CWORD == start)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o default -F _awf awf
`;
}

const choose = (words: readonly string[]): string => `compgen -W ${quoteWord(words.join(' '))} -- "$word"`;

function zsh({ subcommands, flags }: Words): string {
  const bracketed = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');
  const specs = flags.flatMap(({ name, short, description, values }) => {
    const message = name.slice(2);
    const action =
      values === undefined
        ? ''
        : values === 'files'
          ? `:${message}:_files`
          : values === 'anything'
            ? `:${message}: `
            : `:${message}:(${values.join(' ')})`;
    const spec = (flag: string): string => quoteWord(`*${flag}[${bracketed(description)}]${action}`);
    return [spec(values === undefined ? name : `${name}=`), ...(short === undefined ? [] : [spec(`-${short}`)])];
  });
  const commands = subcommands.map(({ name, summary }) => quoteWord(`${name}:${summary.replaceAll(':', '\\:')}`));
  return `#compdef awf
# Completes awf in zsh. awf completion zsh has written this.
_awf() {
  local -a commands=(
    ${commands.join('\n    ')}
  )
  local at=\${words[(i)--]}
  if ((CURRENT > at)); then
    shift "$at" words
    ((CURRENT -= at))
    _normal
    return
  fi
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  case $words[2] in
    help) _describe command commands; return ;;
    completion) compadd ${Object.keys(SHELLS).join(' ')}; return ;;
    policy) if ((CURRENT == 3)); then compadd ${POLICY_COMMANDS.join(' ')}; else _files; fi; return ;;
    -* | run) ;;
    *) _files; return ;;
  esac
  _arguments -S \\
    ${specs.join(' \\\n    ')}
}
_awf "$@"
`;
}

function fish({ subcommands, flags }: Words): string {
  const isFirst = quoteWord('test (count (commandline -opc)) -eq 1');
  const isRun = quoteWord(
    "not contains -- -- (commandline -opc); and begin; test (count (commandline -opc)) -eq 1; or string match -qr -- '^(-|run$)' (commandline -opc)[2]; end",
  );
  const lines = flags.map(({ name, short, description, values }) => {
    const value =
      values === undefined
        ? ''
        : values === 'files'
          ? ' -r -F'
          : values === 'anything'
            ? ' -x'
            : ` -x -a ${quoteWord(values.join(' '))}`;
    const letter = short === undefined ? '' : ` -s ${short}`;
    return `complete -c awf -n ${isRun} -l ${name.slice(2)}${letter}${value} -d ${quoteWord(description)}`;
  });
  const commands = subcommands.map(
    ({ name, summary }) => `complete -c awf -n ${isFirst} -f -a ${name} -d ${quoteWord(summary)}`,
  );
  const below = (name: string, words: readonly string[]): string =>
    `complete -c awf -n ${quoteWord(`__fish_seen_subcommand_from ${name}`)} -f -a ${quoteWord(words.join(' '))}`;
  return `# Completes awf in fish. awf completion fish has written this.
${[...commands, ...lines, below('completion', Object.keys(SHELLS)), below('policy', ['check', 'test', 'presets'])].join('\n')}
`;
}
