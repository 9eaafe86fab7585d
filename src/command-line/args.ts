import { Command as Program, CommanderError, Option as Flag } from 'commander';
import { UserError } from '../errors.ts';
import { SERVER_URL_VARIABLE } from '../shared/copilot-host.ts';
import { CREDENTIALS } from '../shared/providers.ts';
import { buildConfig, optionNamed, type RawOptions } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import { OPTIONS, type Option } from '../config/options.ts';
import type { Secrets } from '../config/secrets.ts';

/** The command line as it was understood, or the text to print instead of running anything. */
export type CliRequest = { readonly config: Config; readonly secrets: Secrets } | { readonly text: string };

/**
 * Reads `awf [options] -- COMMAND [ARG...]`. Credentials come from the environment.
 *
 * @param argv without the interpreter and the script
 * @throws UserError naming the flag and the remedy
 */
export function loadCliArgs(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  workspace = process.cwd(),
): CliRequest {
  let text = '';
  const program = new Program('awf')
    .usage('[options] -- COMMAND [ARG...]')
    .description('Runs COMMAND in a sandbox that reaches the allowed domains only and holds no LLM credential.')
    .argument('<command...>', 'the command and its arguments')
    .allowExcessArguments(true)
    .exitOverride()
    .configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined });
  for (const option of OPTIONS) if (option.only !== 'action') program.addOption(flagFor(option));

  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw new UserError(error.message.replace(/^error: /, ''), { hint: 'See awf --help.' });
  }

  const flags = program.opts<Record<string, string | boolean | string[] | undefined>>();
  const raw: RawOptions = (name) => {
    // `mounts` of the action is the repeatable --mount here.
    const option = optionNamed(name === 'mounts' ? 'mount' : name);
    if (option.only === 'action') return option.default ?? '';
    const value = flags[camelCase(option.name)];
    if (value !== undefined) return Array.isArray(value) ? joined(name, value) : String(value);
    return (option.variable === undefined ? undefined : environment[option.variable]?.trim()) ?? option.default ?? '';
  };
  return buildConfig(raw, {
    command: { kind: 'argv', argv: program.args },
    credentials: new Map(CREDENTIALS.map(({ variable }) => [variable, environment[variable]])),
    apiProxy: raw('enable-api-proxy') === 'true',
    serverUrl: environment[SERVER_URL_VARIABLE],
    workspace,
  });
}

/** As an input has it, one entry a line. @throws UserError for a variable that would become several */
function joined(name: string, values: readonly string[]): string {
  const broken = name === 'env' ? values.find((value) => value.includes('\n')) : undefined;
  if (broken === undefined) return values.join('\n');
  const [variable = ''] = broken.split(/[=\n]/);
  throw new UserError(`--env ${variable}: the value has a line break.`, {
    hint: `Set ${variable} in the environment of awf, and write --env ${variable}.`,
  });
}

function flagFor(option: Option): Flag {
  const { name, description } = option;
  if (option.kind === 'boolean') return new Flag(`--${name}`, description);
  const suffix = option.default === undefined ? '' : ` (default: ${option.default.replaceAll('\n', ', ')})`;
  const flag = new Flag(`--${name} <value>`, description + suffix);
  if (option.kind === 'lines' || option.kind === 'commas') {
    return flag.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return flag;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
